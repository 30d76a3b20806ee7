"""Damages each file of a folder in another way; `swap` exchanges two files. damage.py FOLDER [swap]"""
import random
import sys
from pathlib import Path

files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file())
assert len(files) > 5, files
random.seed(1)
if sys.argv[2:] == ["swap"]:
    first, second = files[0].read_bytes(), files[1].read_bytes()
    files[0].write_bytes(second)
    files[1].write_bytes(first)
else:
    ways = [lambda d: d[:len(d) // 2], lambda d: b"", lambda d: d[:len(d) // 2] + bytes([d[len(d) // 2] ^ 64]) + d[len(d) // 2 + 1:], lambda d: random.randbytes(len(d)), lambda d: d + b"junk", lambda d: bytes([d[0] ^ 1]) + d[1:]]
    for number, path in enumerate(files):
        path.write_bytes(ways[number % len(ways)](path.read_bytes()))
