"""`cnnc --help` names every command; `cnnc COMMAND --help` ends well and shows an example; misuse ends with status 2."""
import re
import subprocess
import sys


def run(*words):
    return subprocess.run(["cnnc", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def expect(condition, what):
    if not condition:
        sys.exit(what)


overview = run("--help")
expect(overview.returncode == 0 and overview.stderr == "", "cnnc --help")
commands = re.findall(r"^  (\w+) +- ", overview.stdout.split("SUBCOMMANDS:")[1], re.M)
expect("compile" in commands, f"commands: {commands}")
for command in commands:
    help_ = run(command, "--help")
    expect(help_.returncode == 0 and help_.stderr == "" and f"SUBCOMMAND '{command}'" in help_.stdout, f"{command} --help")
    own = help_.stdout.split(f"SUBCOMMAND '{command}'")[1]
    expect(re.search(rf"^  cnnc {command}\b", own, re.M), f"{command} shows no example:\n{own}")
    odd = run(command, "--nosuch")
    expect(odd.returncode == 2 and "--nosuch" in odd.stderr and odd.stdout == "", f"{command} --nosuch: {odd}")
for words in ([], ["nosuch"], ["compile"], ["run"], ["convert", "resnet18"]):
    wrong = run(*words)
    expect(wrong.returncode == 2 and wrong.stderr, f"cnnc {words}: {wrong}")
version = run("--version")
expect(version.returncode == 0, f"--version: {version}")
print(len(commands), "commands explain themselves")
