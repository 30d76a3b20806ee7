#!/usr/bin/env python3
"""Runs an ONNX model with ONNX Runtime: .npz in, .npz out, keyed by output name; with --all-layers by layer name too.

Where a layer and an output share a name but not a value, the name means the output.
"""

import argparse
import sys

import arrays
import ort


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the .onnx file")
    parser.add_argument("--inputs", required=True, help=".npz with one array per graph input")
    parser.add_argument("--outputs", required=True, help=".npz to write")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are CPUs")
    parser.add_argument("--all-layers", action="store_true", help="write every layer's result, not only the outputs")
    options = parser.parse_args()
    try:
        inputs = arrays.load_npz(options.inputs)
        if options.all_layers:
            layers, outputs = ort.run_layers(options.model, inputs, options.threads)
            results = {**layers, **outputs}
        else:
            results = ort.run(ort.open_session(options.model, options.threads), inputs)
        arrays.save_npz(options.outputs, results)
    except (ort.OracleError, ValueError, OSError) as error:
        print(f"run_ort: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
