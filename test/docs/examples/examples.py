"""Runs the fenced blocks of one Markdown page, in order, in a temporary folder, and checks that its relative links lead somewhere.

    ```sh                 lines after `$ ` are commands (continued by a backslash), the lines below them the expected output; each
                          command must succeed. `...` stands for any text in a line, a line `...` for any lines. A command without
                          expected output is only run. A block that repeats the whole output of a file is written as `$ cat FILE`.
    ```json file=net.json any language: the block is written to that file
    ```json               must be JSON
    ```mlir               must pass cnnc-opt
    ```c, ```cpp          must compile against cnnc.h and the headers that earlier commands wrote into out/
    ```python             is run
    ```sh no-run=REASON   any language: is not run, and the words after the sign say why

Blocks without a language are text. Exit status 1, with the block's line and the difference, when a block fails.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
FENCE = re.compile(r"^( *)```+([^`\n]*)\n(.*?)^\1```+ *$", re.M | re.S)
COMPILED = {"c": (["-x", "c", "-std=c99"], "clang"), "cpp": (["-x", "c++", "-std=c++17"], "clang++")}


class Failure(Exception):
    pass


def blocks(text):
    """(line, language, options, body) of each fenced block; options: {"file": ..., "no-run": ...}."""
    for match in FENCE.finditer(text):
        indent, info, body = match.groups()
        language, _, rest = info.strip().partition(" ")
        options = {}
        for option in re.findall(r"(file=\S+|no-run=.*)", rest):
            key, _, value = option.partition("=")
            options[key] = value.strip()
        body = "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
        yield text.count("\n", 0, match.start()) + 1, language, options, body


def sessions(body):
    """(command, expected lines) pairs of a shell block."""
    found, continued = [], False
    for line in body.splitlines():
        if continued:
            found[-1][0] += "\n" + line
        elif line.startswith("$ "):
            found.append([line[2:], []])
        elif found:
            found[-1][1].append(line)
        else:
            raise Failure(f"'{line}' stands before the first command; commands begin with '$ '")
        continued = (continued or line.startswith("$ ")) and line.endswith("\\")
    return found


def pattern_of(expected):
    lines = []
    for line in expected:
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(r"[ \t]*" + r"\s+".join(".*?".join(re.escape(part) for part in word.split("...")) for word in line.split()) + r"[ \t]*\n")
    return "".join(lines)


def run_command(command, expected, folder):
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failure(f"`{command}` ends with exit status {done.returncode}:\n{done.stdout}")
    while expected and not expected[-1].strip():
        expected.pop()
    output = done.stdout.rstrip("\n") + "\n"
    if expected and not re.fullmatch(pattern_of(expected), output):
        raise Failure(f"`{command}` should print\n" + "\n".join(expected) + f"\nand prints\n{output}")


def run_block(language, body, folder, options):
    if language == "sh":
        for command, expected in sessions(body):
            run_command(command, expected, folder)
    elif language == "json":
        try:
            json.loads(body)
        except json.JSONDecodeError as error:
            raise Failure(f"is not JSON: {error}") from None
    elif language == "cnn":
        (folder / "snippet.cnn").write_text(body)
        run_command("cnnc check snippet.cnn", [], folder)
    elif language == "ebnf":  # test/frontend/dsl/documents.test reads the grammar
        pass
    elif language == "mlir":
        run_program([options.bin / "cnnc-opt", "--verify-roundtrip", "-o", os.devnull], body, folder)
    elif language == "python":
        run_program([sys.executable, "-"], body, folder)
    elif language in COMPILED:
        flags, compiler = COMPILED[language]
        command = [options.llvm_bin / compiler, *flags, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", ROOT / "runtime", "-I", folder / "out", "-"]
        run_program(command, body, folder)
    elif language:
        raise Failure(f"there is no way to test the language '{language}'; leave it away or say no-run=REASON")


def check_links(page, text):
    prose = FENCE.sub("", text)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose):
        if "://" not in target and not (page.parent / target).exists():
            raise Failure(f"links to {target}, which does not exist")


def run_program(command, body, folder):
    done = subprocess.run([str(word) for word in command], input=body, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failure(f"{pathlib.Path(command[0]).name} ends with exit status {done.returncode}:\n{done.stdout}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder with cnnc and cnnc-opt")
    parser.add_argument("--llvm-bin", type=pathlib.Path, required=True, help="the folder with clang")
    parser.add_argument("page", type=pathlib.Path)
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    # The pages say `cc`, as every system but a bare one has it.
    tools = tempfile.TemporaryDirectory()
    if not shutil.which("cc"):
        for name, compiler in {"cc": "clang", "c++": "clang++"}.items():
            os.symlink(options.llvm_bin / compiler, pathlib.Path(tools.name) / name)
        os.environ["PATH"] += os.pathsep + tools.name
    ran, text = 0, options.page.read_text()
    try:
        check_links(options.page, text)
    except Failure as failure:
        sys.exit(f"{options.page}: {failure}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        for line, language, marks, body in blocks(text):
            try:
                if "no-run" in marks:
                    if not marks["no-run"]:
                        raise Failure("no-run needs a reason: no-run=REASON")
                    continue
                if "file" in marks:
                    (folder / marks["file"]).write_text(body)
                else:
                    run_block(language, body, folder, options)
                ran += bool(language)
            except Failure as failure:
                sys.exit(f"{options.page}:{line}: {failure}")
    print(f"{options.page}: {ran} blocks")


if __name__ == "__main__":
    main()
