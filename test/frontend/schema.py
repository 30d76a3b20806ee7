"""The committed JSON Schema is what ODS gives, every model meets it, and it refuses what the importer refuses."""
import json
import pathlib
import sys

import jsonschema

source, build = map(pathlib.Path, sys.argv[1:])
committed = source / "docs/schema/model.schema.json"
generated = build / "frontend/model.schema.json"
if committed.read_text() != generated.read_text():
    sys.exit(f"{committed} is out of date: copy {generated} over it")
schema = json.loads(committed.read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

models = sorted(source.glob("models/*/model.json"))
assert len(models) >= 3
for path in models:
    for error in validator.iter_errors(json.loads(path.read_text())):
        sys.exit(f"{path}: {error.json_path}: {error.message}")


def spec(layer):
    return {"name": "n", "inputs": [{"name": "x", "shape": ["N", 3, 8, 8]}], "layers": [layer]}


conv = {"op": "conv2d", "out_channels": 4, "kernel": 3}
assert validator.is_valid(spec(conv))
assert validator.is_valid(spec({**conv, "pad": "same", "stride": "=1 + 1"}))
assert validator.is_valid(spec({"op": "max_pool", "kernel": [2, 2]}))
for wrong in ({"op": "con2d"}, {"op": "conv2d", "kernel": 3}, {**conv, "kernal": 3}, {**conv, "pad": "smae"}, {**conv, "kernel": [3, 3, 3]},
              {**conv, "bias": 1}, {"op": "relu", "block": "b"}, {"name": "r"}, {"repeat": -1, "layers": []}, {"if": True}):
    assert not validator.is_valid(spec(wrong)), wrong
print(f"{len(models)} models are valid")
