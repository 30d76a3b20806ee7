"""Every constraint C<n> that an op's description numbers is enforced in code and broken by a test: one number joins the three."""
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    tablegen = pathlib.Path(shutil.which("llvm-tblgen")).resolve()
    command = [tablegen, "--dump-json", f"-I{ROOT}", f"-I{tablegen.parents[1] / 'include'}", ROOT / "dialects/cnn/CnnOps.td"]
    records = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    code = "\n".join(path.read_text() for path in (ROOT / "dialects/cnn").rglob("*.cpp"))
    tests = "\n".join(path.read_text() for path in (ROOT / "test/dialects/cnn").glob("invalid*.mlir"))
    declared, missing = set(), []
    for name in records["!instanceof"]["Cnn_Op"] + records["!instanceof"]["Cnn_RoutineOp"]:
        mnemonic, text = records[name]["opName"], records[name]["description"] or ""
        numbers = [int(number) for number in re.findall(r"^ *- C(\d+):", text, re.M)]
        if numbers != list(range(1, len(numbers) + 1)):
            missing.append(f"{mnemonic}: constraints are numbered {numbers}")
        declared |= {f"{mnemonic} C{number}" for number in numbers}
    for constraint in sorted(declared):
        mnemonic, number = constraint.split()
        # A helper that several ops share is given the mnemonic and appends the number.
        shared = f'"{mnemonic}"' in code and f'mnemonic + " {number}"' in code
        if f'"{constraint}"' not in code and not shared:
            missing.append(f"{constraint}: no code reports it")
        if f"expected-error @+1 {{{{{constraint}: " not in tests:
            missing.append(f"{constraint}: no test breaks it")
    stray = set(re.findall(r"@\+1 \{\{(\w+ C[1-9]\d*):", tests)) - declared
    missing += [f"{constraint}: tested but not described" for constraint in sorted(stray)]
    print("\n".join(missing) or f"{len(declared)} constraints")
    sys.exit(1 if missing or not declared else 0)


main()
