"""The committed JSON Schema is what ODS gives, every model meets it, and it refuses what the importer refuses."""
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

source, build = map(pathlib.Path, sys.argv[1:])
committed = source / "docs/schema/model.schema.json"
generated = build / "frontend/model.schema.json"
if committed.read_text() != generated.read_text():
    sys.exit(f"{committed} is out of date: copy {generated} over it")
schema = json.loads(committed.read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

models = sorted(source.glob("models/**/*.cnn"))
assert len(models) >= 10
with tempfile.TemporaryDirectory() as folder:
    for path in models:
        subprocess.run(["cnnc", "convert", path, "-o", f"{folder}/model.json"], check=True)
        for error in validator.iter_errors(json.loads(pathlib.Path(folder, "model.json").read_text())):
            sys.exit(f"{path}: {error.json_path}: {error.message}")


def spec(layer):
    return {"name": "n", "inputs": [{"name": "x", "shape": ["N", 3, 8, 8]}], "layers": [layer]}


conv = {"op": "conv2d", "out_channels": 4, "kernel": 3}
assert validator.is_valid(spec(conv))
assert validator.is_valid(spec({**conv, "pad": "same", "stride": "=1 + 1"}))
assert validator.is_valid(spec({"op": "max_pool", "kernel": [2, 2]}))
for right in ({"doc": "A remark."}, {"let": "f", "value": "=6 * 4"}, {"let": "f", "value": [["a", 1], 2]}, {"alias": "x", "as": "y{1}"}, {"block": "=table[0][0]", "values": [64, "=w"], "width": 3}, {"require": "=size % 32 == 0", "message": "size {size}"}):
    assert validator.is_valid(spec(right)), right
for wrong in ({"op": "con2d"}, {"op": "conv2d", "kernel": 3}, {**conv, "kernal": 3}, {**conv, "pad": "smae"}, {**conv, "kernel": [3, 3, 3]},
              {**conv, "bias": 1}, {"op": "relu", "block": "b"}, {"name": "r"}, {"repeat": -1, "layers": []}, {"if": True},
              {}, {"doc": "d", "name": "n"}, {"let": "f"}, {"let": "", "value": 1}, {"let": "f", "value": 1, "in": "x"}, {"alias": "x"}, {"alias": "x", "as": ["y"]}, {"require": 1}, {"block": "b", "values": 3}):
    assert not validator.is_valid(spec(wrong)), wrong

blocks = {"blocks": {"b": {"parameters": {"table": {"type": "[[any]]"}, "kind": {"type": "block"}}, "layers": [{"op": "relu"}]}}}
model = {**spec(conv), "presets": {"small": {"doc": "The small one.", "width": 8}}, "imports": ["../blocks/b.cnn", "c.json"]}
for right in (blocks, {**blocks, "imports": ["b.json"]}, {"doc": "d", "imports": []}, model):
    assert validator.is_valid(right), right
for wrong in ({}, {"doc": "d"}, {**blocks, "name": "n"}, {**model, "imports": "b.json"}, {**model, "imports": ["b.txt"]}, {**model, "imports": ["/b.json"]}, {**model, "presets": {"small": {"doc": 1}}},
              {**model, "parameters": {"p": {"type": "[integer]"}}}):
    assert not validator.is_valid(wrong), wrong
print(f"{len(models)} models are valid")
