"""Every C and C++ file of the tree is compiled by the build; prints those that no CMakeLists.txt names."""
import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Compiled to bitcode, or while a test or the demo runs; so are the files of every folder Inputs.
ELSEWHERE = {"lowering/kernels/tile_products.c", "models/efficientnet_lite/demo.c", "models/faster_rcnn/detect.c", "test/compiler/emit/kernels.c", "test/compiler/emit/two_networks.c", "test/compiler/emit/two_networks.cpp"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev", help="a configured build folder; without one nothing is checked")
    database = parser.parse_args().build / "compile_commands.json"
    if not database.exists():
        print(f"{database} is missing: nothing was checked")
        return
    compiled = {str(pathlib.Path(entry["directory"], entry["file"]).resolve()) for entry in json.loads(database.read_text())}
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "*.c", "*.cpp"], capture_output=True, text=True, check=True).stdout.split()
    missing = [name for name in tracked if (ROOT / name).exists() and "/Inputs/" not in name and name not in ELSEWHERE and str(ROOT / name) not in compiled]
    for name in missing:
        print(f"{name}: is compiled by no target; add it to the CMakeLists.txt of its layer or delete it")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
