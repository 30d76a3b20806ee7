"""Networks, layers and tensors named like C functions, keywords and worse: compiled, run, their headers compiled. names.py FOLDER CLANG"""
import json
import subprocess
import sys
from pathlib import Path

import cnnc
import numpy as np

folder, clang = Path(sys.argv[1]), sys.argv[2]
NAMES = ["free", "main", "exp", "int", "", "a b", "1x", "\u0441\u0435\u0442\u044c", "memcpy", "cnnc_query", "halide_malloc", "../up", "x" * 300, 'q"uote$HOME;', "model", "NULL", "errno", "math", "c"]
# Calls what the libraries are named after; all of it must still be the C library's.
HOST = r"""
#include "HEADER"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  char *text = malloc(8);
  errno = 0;
  if (!text || exp(0.0) != 1.0 || errno != 0)
    return 1;
  free(text);
  return printf("%s\n", NET_cnnc_query(CNNC_ABI_VERSION)->info->target) < 0;
}
"""


def call(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        sys.exit(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def spec(name):
    return {
        "name": name, "inputs": [{"name": name, "shape": [1, 2, 3, 3]}, {"name": name + "_", "shape": [1, 2, 3, 3]}],
        "layers": [{"op": "relu", "name": "layer " + name, "in": name}, {"op": "add", "name": "sum", "in": ["layer " + name, name + "_"]}], "outputs": {name: "sum"},
    }


for number, name in enumerate(NAMES):
    source, out = folder / f"{number}.json", folder / f"out{number}"
    source.write_text(json.dumps(spec(name)))
    call("cnnc", "compile", source, "--quiet", "-o", out)
    library, = out.glob("lib*.so")
    with cnnc.load(library) as model:
        assert model.name == name, (model.name, name)
        ones = np.ones((1, 2, 3, 3), np.float32)
        assert (model(-ones, 2 * ones) == 2).all() and (model(**{name: ones, name + "_": ones}) == 2).all()
    net = library.stem[3:]
    host = folder / f"host{number}"
    source.with_suffix(".c").write_text(HOST.replace("HEADER", f"{net}.h").replace("NET", net))
    call(clang, "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fuse-ld=lld", f"-I{out}", source.with_suffix(".c"), f"-L{out}", f"-l{net}", "-lm", f"-Wl,-rpath,{out}", "-o", host)
    assert call(host).startswith("x86-64"), name
    if name in ("int", "model", "errno"):
        call(clang + "++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", f"-I{out}", "-include", f"{net}.hpp", "-x", "c++", "/dev/null")
    samples = sorted(path.name for path in out.glob("*.npy"))
    assert len(samples) == 3, samples
print(f"{len(NAMES)} names")
