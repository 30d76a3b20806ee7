"""Runs lit over test/ and closes with one line that counts: "N passed, N failed"."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PASSING = {"PASS", "XFAIL", "FLAKYPASS"}
SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}


def main():
    parser = argparse.ArgumentParser(description="Run the tests of a build.")
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder, e.g. build/dev")
    parser.add_argument("filter", nargs="*", help="run only tests whose path contains one of these words")
    options = parser.parse_args()
    build = options.build.resolve()
    lit = pathlib.Path("/usr/lib/llvm-22/bin/lit")
    with tempfile.TemporaryDirectory() as folder:
        results = pathlib.Path(folder) / "results.json"
        command = [sys.executable if not lit.exists() else "/usr/bin/python3", str(lit), str(build / "test"), "-v", "--order=smart", "-j2", f"--output={results}"]
        if options.filter:
            command.append("--filter=" + "|".join(options.filter))
        if not sys.stderr.isatty():
            command.append("--no-progress-bar")
        status = subprocess.run(command, env={**os.environ, "LC_ALL": "C.UTF-8"}).returncode
        if not results.exists():
            sys.exit(status or 1)
        codes = [test["code"] for test in json.loads(results.read_text())["tests"]]
    passed = sum(code in PASSING for code in codes)
    skipped = sum(code in SKIPPED for code in codes)
    failed = len(codes) - passed - skipped
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not passed else status)


if __name__ == "__main__":
    main()
