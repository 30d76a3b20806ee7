#!/usr/bin/env python3
"""Compares a compiled library with ONNX Runtime on one network: outputs, or every layer that the library computes.

Exit status: 0 they agree, 4 they do not, 1 an error. Bound: |err| <= 1e-4 * max|expected| + 1e-5 in each layer; integers are equal.
Candidates of a detector are compared as candidates.py says; which of them stand in another order is reported. Inputs without --input
are random: standard normal for f32, uniform for u8 and i32, from --seed (see arrays.random_input).
"""

import argparse
import json
import sys

import arrays
import candidates
import compare
import library
import ort

MISMATCH = 4


def rows_of(options, inputs):
    """The compared layers in order of execution, then the outputs; the outputs of both; which rows of ours changed places."""
    if options.per_layer:
        layers, got = library.run_layers(options.library, inputs, options.threads)
        expected_layers, expected = ort.run_layers(options.onnx, inputs, options.threads)
    else:
        layers, expected_layers = {}, {}
        with library.cnnc.load(options.library, threads=options.threads) as model:
            got = library.run(model, inputs)
        expected = ort.run(ort.open_session(options.onnx, options.threads), inputs)
    missing = [name for name in got if name not in expected]
    if missing:
        raise ValueError(f"the ONNX model has no output {', '.join(missing)}; was it exported from the same network?")
    rows, swaps = candidates.compare_outputs(got, expected)
    return candidates.compare_layers(layers, expected_layers) + rows, got, expected, swaps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True, help="the .so that cnnc compiled")
    parser.add_argument("--onnx", required=True, help="the same network as .onnx")
    parser.add_argument("--per-layer", action="store_true", help="find the first layer that is off")
    parser.add_argument("--input", action="append", metavar="NAME=@FILE.npy", help="an input instead of a random one; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as the library takes by itself")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    try:
        given = arrays.read_inputs(options.input)
        with library.cnnc.load(options.library, threads=1) as model:
            batch = library.batch_of(model, given) or options.batch
            name, inputs = model.name, arrays.inputs_for(library.signature(model, batch), options.seed, given)
        rows, got, expected, swaps = rows_of(options, inputs)
    except (ValueError, OSError, ort.OracleError, library.CnncError) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 1
    rowwise = candidates.named(expected)
    top1 = {output: None if output in rowwise else compare.top1_agrees(array, expected[output]) for output, array in got.items()}
    agree = all(row.agrees for row in rows) and False not in top1.values()
    if options.format == "json":
        first = compare.first_mismatch(rows)
        print(json.dumps({"network": name, "against": "ort", "seed": options.seed, "agrees": agree, "swapped_rows": swaps, "first_mismatch": None if first is None else rows[first].layer,
                          "top1": {output: value for output, value in top1.items() if value is not None}, "layers": compare.to_json(rows)}))
    else:
        print(compare.table(rows))
        if swaps:
            print(candidates.text(swaps))
        for output, same in top1.items():
            if same is False:
                print(f"{output}: the best class differs")
        print(f"{name}: {'agrees with' if agree else 'differs from'} onnxruntime")
    return 0 if agree else MISMATCH


if __name__ == "__main__":
    sys.exit(main())
