#!/usr/bin/env python3
"""Times a compiled library against other runtimes on the same network, after checking that they agree.

Contestants take turns in blocks of about 0.1 s, at least ten each; a block starts with unrecorded runs after a pause that lets the
threads of the one before fall asleep. Ratios are of medians: above 1, the library is faster. A peer that computes
something else, or refuses the network, is left out while another agrees.
"""

import argparse
import json
import sys
import time

import arrays
import candidates
import library
import machine
import peers
import timing


def check_agreement(ours, peer):
    """Largest error against a peer's outputs; raises ValueError when it passes the bound."""
    ours()
    peer()
    worst = 0.0
    missing = [name for name in ours.outputs if name not in peer.outputs]
    if missing:
        raise ValueError(f"{peer.name} has no output '{missing[0]}'; was the ONNX file exported from the same network?")
    rows, swaps = candidates.compare_outputs(ours.outputs, peer.outputs)
    if swaps:
        print(f"bench: {peer.name}: {candidates.text(swaps)}", file=sys.stderr)
    for row in rows:
        if not row.agrees:
            raise ValueError(f"output {row.layer} differs from {peer.name}: {row.note or f'max|err| {row.max_err:.3g} > {row.bound:.3g}'}; run `cnnc verify --per-layer`")
        worst = max(worst, row.max_err)
    return worst


def agreeing(ours, classes, model, inputs, threads):
    """(peers whose outputs agree with ours, {name: largest error}, {name: why another is left out}). Raises ValueError when all are."""
    rivals, errors, left_out = [], {}, {}
    for peer in classes:
        try:
            rival = peer(model, inputs, threads)
            errors[peer.name] = check_agreement(ours, rival)
            rivals.append(rival)
        except (ValueError, peers.PeerError) as error:
            left_out[peer.name] = str(error)
    if left_out and not rivals:
        raise ValueError("; ".join(left_out.values()))
    return rivals, errors, left_out


def profile(ours, seconds):
    """Where our time goes: a row a launch, in order, from runs for about `seconds`."""
    end = time.perf_counter() + seconds
    with ours.model.profiling():
        runs = 0
        while runs < timing.MIN_RUNS or time.perf_counter() < end:
            ours()
            runs += 1
    entries = ours.model.profile()
    whole = max(1, sum(entry.total_ns for entry in entries))
    return [{"layer": entry.layer, "kernel": entry.kernel, "min_ms": entry.min_ns / 1e6, "share": entry.total_ns / whole,
             "gflops": 2 * entry.macs / max(1, entry.min_ns)} for entry in entries]


def report(ours, rivals, samples, errors, left_out, threads):
    own = timing.summary(samples[ours.name])
    metadata = ours.model.metadata
    launches = metadata.get("launches", [])
    result = {
        "network": ours.model.name,
        "threads": threads,
        "batch": ours.batch,
        "target": ours.model.target,
        "cpu": machine.cpu(),
        "versions": {"ours": f"cnnc {ours.model.compiler}", **{name: peers.PEERS[name].version() for name in (*errors, *left_out)}},
        "left_out": left_out,
        "parameters": metadata.get("parameters"),
        "macs": ours.model.macs,
        "launches": len(launches),
        "kernels": len({launch["symbol"] for launch in launches}),
        "ours": own,
        "peers": {peer.name: timing.summary(samples[peer.name]) for peer in rivals},
        "max_err": errors,
    }
    result["ratio"] = {name: peer["median_ms"] / own["median_ms"] for name, peer in result["peers"].items()}
    result["gflops"] = 2e-6 * ours.model.macs * ours.batch / own["median_ms"]
    return result


def as_text(result):
    lines = [f"{result['network']}, batch {result['batch']}, {result['threads']} threads, {result['cpu']}",
             f"{'':<10}{'min ms':>10}{'median ms':>11}{'p90 ms':>10}{'runs':>7}{'ratio':>8}"]
    for name, row in {"ours": result["ours"], **result["peers"]}.items():
        ratio = f"{result['ratio'][name]:.2f}" if name in result["ratio"] else ""
        lines.append(f"{name:<10}{row['min_ms']:>10.3f}{row['median_ms']:>11.3f}{row['p90_ms']:>10.3f}{row['runs']:>7}{ratio:>8}".rstrip())
    if result["rows"]:
        lines.append(library.rows_text(result["rows"]))
    lines += [f"{name:<10} is left out: {what}" for name, what in result["left_out"].items()]
    lines.append(", ".join(result["versions"].values()) + f"; ours runs at {result['gflops']:.1f} GFLOP/s")
    if "layers" in result:
        names = [max(len(row[key]) for row in ({key: key}, *result["layers"])) for key in ("layer", "kernel")]
        lines.append(f"{'layer':<{names[0]}}  {'kernel':<{names[1]}}  {'min ms':>8}  {'share':>6}  GFLOP/s")
        for row in result["layers"]:
            lines.append(f"{row['layer']:<{names[0]}}  {row['kernel']:<{names[1]}}  {row['min_ms']:>8.3f}  {row['share']:>6.1%}  {row['gflops']:>7.1f}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True, help="the .so that cnnc compiled")
    parser.add_argument("--onnx", help="the same network as .onnx; needed when there are peers")
    parser.add_argument("--peers", default="ort", help="comma-separated: ort, openvino; empty: none")
    parser.add_argument("--threads", type=int, default=0, help="0: all CPUs that the process may use")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--budget", default="20s", help="about how long to measure: 20s, 500ms, 2m")
    parser.add_argument("--per-layer", action="store_true", help="also profile ours, launch by launch")
    parser.add_argument("--seed", type=int, default=1, help="of the random inputs")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    threads = machine.threads(options.threads)
    try:
        budget = timing.parse_duration(options.budget)
        ours = library.Bound(options.library, threads, options.batch)
        inputs = arrays.inputs_for(ours.signature, options.seed)
        ours.bind(inputs)
        if options.peers and not options.onnx:
            raise ValueError("peers need the network as ONNX: pass --onnx, or --peers= for none")
        rivals, errors, left_out = agreeing(ours, peers.named(options.peers), options.onnx, inputs, threads)
        found = library.rows_found(ours.model, options.library, inputs, threads)
        launches = profile(ours, min(1.0, budget)) if options.per_layer else None
        samples = timing.interleave({contestant.name: contestant for contestant in (ours, *rivals)}, budget)
    except (ValueError, OSError, peers.PeerError, library.CnncError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    result = report(ours, rivals, samples, errors, left_out, threads)
    result["rows"] = found
    if launches is not None:
        result["layers"] = launches
    print(json.dumps(result) if options.format == "json" else as_text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
