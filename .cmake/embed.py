"""Writes a file as a C array: embed.py INPUT OUTPUT NAME."""

import sys


def main(source, destination, name):
    with open(source, "rb") as file:
        data = file.read()
    lines = [",".join(str(byte) for byte in data[i : i + 32]) for i in range(0, len(data), 32)]
    with open(destination, "w", encoding="ascii") as file:
        file.write("#include <stddef.h>\n")
        file.write(f"const unsigned char {name}[] __attribute__((aligned(16))) = {{\n")
        file.write(",\n".join(lines))
        file.write(f"\n}};\nconst size_t {name}_size = {len(data)};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
