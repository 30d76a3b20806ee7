"""Times networks of the zoo against ONNX Runtime, interleaved, and prints one table.

Each network is compiled with seeded weights for this machine; times are those of `cnnc bench`: medians, and the ratio
peer / ours of one run in turns. A table of ratios says more than one of times: the machine is the same for both.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

NETWORKS = ["resnet50"]
ZOO = ["resnet18", "resnet34", "resnet50", "resnet101", "mobilenet_v2", "efficientnet_lite0"]
COLUMNS = ["network", "ours ms", "ours min", "ORT ms", "ORT min", "ratio", "GFLOP/s", "compile s"]


def measure(cnnc, network, folder, options):
    begin = time.monotonic()
    subprocess.run([cnnc, "compile", network, "--weights=random:1", "-o", folder, "--quiet", "--cache=none"], check=True)
    seconds = time.monotonic() - begin
    command = [cnnc, "bench", f"{folder}/lib{network}.so", "--against=ort", f"--threads={options.threads}", f"--budget={options.budget}", "--format=json"]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {**result, "compile_s": seconds}


def row(result):
    ours, ort = result["ours"], result["peers"]["ort"]
    return [result["network"], f"{ours['median_ms']:.2f}", f"{ours['min_ms']:.2f}", f"{ort['median_ms']:.2f}", f"{ort['min_ms']:.2f}", f"{result['ratio']['ort']:.2f}",
            f"{result['gflops']:.0f}", f"{result['compile_s']:.1f}"]


def table(rows):
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(zip(line, widths))) for line in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder with cnnc")
    parser.add_argument("--zoo", action="store_true", help=f"all of {', '.join(ZOO)}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--budget", default="20s", help="time of each network's turns")
    parser.add_argument("--json", type=pathlib.Path, help="write the results here, too")
    parser.add_argument("networks", nargs="*", help=f"names or presets of the zoo (default: {' '.join(NETWORKS)})")
    options = parser.parse_args()
    networks = options.networks or (ZOO if options.zoo else NETWORKS)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for number, network in enumerate(networks):
            if sys.stderr.isatty():
                print(f"bench: {network} ({number + 1}/{len(networks)})", file=sys.stderr)
            try:
                results.append(measure(str(options.bin.resolve() / "cnnc"), network, folder, options))
            except subprocess.CalledProcessError as error:
                sys.exit(f"bench: {network}: {' '.join(map(str, error.cmd[:2]))} ended with {error.returncode}")
    print(f"{results[0]['cpu']}, {options.threads} threads, batch 1, f32; {', '.join(results[0]['versions'].values())}")
    print(table([COLUMNS, *map(row, results)]))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
