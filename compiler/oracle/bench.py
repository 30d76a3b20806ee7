#!/usr/bin/env python3
"""Times a compiled library against other runtimes on the same network, after checking that they agree.

Contestants take turns in blocks of about 0.1 s, at least ten each; a block starts with unrecorded runs after a pause that lets the
threads of the one before fall asleep. Ratios are of medians: above 1, the library is faster. A peer that computes
something else, or refuses the network, is left out while another agrees.
"""

import argparse
import json
import sys

import arrays
import candidates
import commands
import library
import machine
import peers
import roofline
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


def against_the_machine(options, ours, inputs, threads, budget):
    """What the machine's peak and a profile say, for the result and, with --per-layer, as text below it."""
    timing.note("measuring the machine's peak and our launches")
    peak = roofline.read(options.peak) if options.peak else roofline.measure(options.cnnc, threads, ours.model.target)
    seconds = min(1.0, budget) if options.per_layer else 0.001
    with roofline.Profiler(options.cnnc, options.library, inputs, threads, peak) as profiler:
        document = profiler.document(seconds)
        table = profiler.table(seconds) if options.per_layer and options.format == "text" else None
    return document, table


def as_text(result):
    lines = [f"{result['network']}, batch {result['batch']}, {result['threads']} threads, {result['cpu']}",
             f"{'':<10}{'min ms':>10}{'median ms':>11}{'p90 ms':>10}{'runs':>7}{'ratio':>8}"]
    for name, row in {"ours": result["ours"], **result["peers"]}.items():
        ratio = f"{result['ratio'][name]:.2f}" if name in result["ratio"] else ""
        lines.append(f"{name:<10}{row['min_ms']:>10.3f}{row['median_ms']:>11.3f}{row['p90_ms']:>10.3f}{row['runs']:>7} {ratio:>7}".rstrip())
    if result["rows"]:
        lines.append(library.rows_text(result["rows"]))
    lines += [f"{name:<10} is left out: {what}" for name, what in result["left_out"].items()]
    lines.append(", ".join(result["versions"].values()) + f"; ours runs at {result['gflops']:.1f} GFLOP/s")
    if "roofline" in result:
        lines.append(roofline.shares_text(result["roofline"]) + "; " + roofline.text(result["peak"]))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True, help="the .so that cnnc compiled")
    parser.add_argument("--onnx", help="the same network as .onnx; needed when there are peers")
    parser.add_argument("--peers", default="ort", help=f"comma-separated: {', '.join(peers.PEERS)}; empty: none")
    parser.add_argument("--cnnc", help="the compiler, which measures the machine's peak and the library against it; without it neither is said")
    parser.add_argument("--peak", help="what `cnnc doctor --peak --format=json` printed, instead of measuring it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--budget", default="20s", help="about how long to measure: 20s, 500ms, 2m")
    parser.add_argument("--per-layer", action="store_true", help="also profile ours, launch by launch, with --cnnc")
    parser.add_argument("--seed", type=int, default=1, help="of the random inputs")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    threads = options.threads
    try:
        budget = timing.parse_duration(options.budget)
        ours = library.Bound(options.library, threads, options.batch)
        inputs = arrays.inputs_for(ours.signature, options.seed)
        ours.bind(inputs)
        if options.per_layer and not options.cnnc:
            raise ValueError("--per-layer needs the compiler: pass --cnnc")
        if options.peers and not options.onnx:
            raise ValueError("peers need the network as ONNX: pass --onnx, or --peers= for none")
        rivals, errors, left_out = agreeing(ours, peers.named(options.peers), options.onnx, inputs, threads)
        found = library.rows_found(ours.model, options.library, inputs, threads)
        profile, table = against_the_machine(options, ours, inputs, threads, budget) if options.cnnc else (None, None)
        samples = timing.interleave({contestant.name: contestant for contestant in (ours, *rivals)}, budget)
    except (ValueError, OSError, commands.Failed, peers.PeerError, library.CnncError) as error:
        timing.note("")
        print(f"bench: {error}", file=sys.stderr)
        return 1
    result = report(ours, rivals, samples, errors, left_out, threads)
    result["rows"] = found
    if profile:
        result["roofline"] = roofline.shares(profile, result["ours"]["median_ms"])
        result["peak"] = profile["peak"]
        if options.per_layer:
            result["layers"] = profile["launches"]
    print(json.dumps(result) if options.format == "json" else as_text(result))
    if table:
        print("\n" + table, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
