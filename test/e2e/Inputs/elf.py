"""What an ELF file promises its loader, by readelf: elf.py LIBRARY NETWORK. Exits with the list of what is wrong."""
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

library, network = sys.argv[1:]
PAGE = 4096
wrong = []


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, library], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout


def expect(condition, what):
    if not condition:
        wrong.append(what)


dynamic = readelf("-d")
needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
expect("libc.so.6" in needed, "does not need libc")
expect(needed <= {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2"}, f"needs {sorted(needed)}")
expect(f"[lib{network}.so]" in dynamic, "has another soname")
expect("BIND_NOW" in dynamic, "binds lazily")
for tag in ("RPATH", "RUNPATH", "TEXTREL", "INIT_ARRAY", "FINI_ARRAY", "(INIT)", "(FINI)"):
    expect(tag not in dynamic, f"has {tag}")

segments = [(kind, *(int(number, 16) for number in numbers), flag.replace(" ", ""))
            for kind, *numbers, flag in re.findall(r"^  ([A-Z_]+) +0x(\w+) 0x(\w+) 0x\w+ 0x(\w+) 0x(\w+) ([RWE ]{3})", readelf("-l"), re.M)]
flags = {segment[0]: segment[-1] for segment in segments}
expect(flags.get("GNU_STACK") == "RW", "has an executable stack")
expect("GNU_RELRO" in flags, "has no RELRO")
files = [(offset, size, flag) for kind, offset, _, size, _, flag in segments if kind == "LOAD"]
expect(all("W" not in flag or "E" not in flag for _, _, flag in files), "has a segment that is writable and executable")

symbols = [line.split() for line in readelf("--dyn-syms").splitlines() if re.match(r" *\d+:", line)]
exported = {fields[7].split("@")[0] for fields in symbols if fields[6] != "UND" and len(fields) > 7}
expect(exported == {"cnnc_query", f"{network}_cnnc_query"}, f"exports {sorted(exported)}")

sections = re.findall(r"^ +\[ *\d+\] (\S+) +\S+ +(\w+) \w+ (\w+) \w\w +(\S*) ", readelf("-S"), re.M)
expect(len(sections) > 5, "has sections that this script cannot read")
relro = [(address, address + size) for kind, _, address, _, size, _ in segments if kind == "GNU_RELRO"]
for name, address, size, flag in ((name, int(address, 16), int(size, 16), flag) for name, address, size, flag in sections):
    if "W" in flag and "A" in flag and size:
        expect(any(begin <= address and address + size <= end for begin, end in relro), f"keeps {name} writable after relocation")

# The weights begin on a page of read-only data: nothing but their digest says where they lie.
info = json.loads(subprocess.run(["cnnc", "inspect", library, "--json"], capture_output=True, check=True).stdout)["weights"]
data = Path(library).read_bytes()
pages = (offset for offset, size, flag in files if flag == "R" for offset in range(offset, offset + size, PAGE))
expect(any(hashlib.sha256(data[page:page + info["bytes"]]).hexdigest() == info["digest"] for page in pages), "has no page-aligned, read-only weights")
print(f"{network}: {len(wrong)} problems", *wrong, sep="\n")
sys.exit(bool(wrong))
