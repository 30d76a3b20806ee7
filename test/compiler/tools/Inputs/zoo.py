"""Prints what `cnnc zoo --format=json` says of each network: zoo.py FILE FOLDER-OF-THE-SPECS."""
import json
import os
import sys

for row in json.load(open(sys.argv[1]))["networks"]:
    image, = row["inputs"]
    assert image["shape"][0] == "N" and image["dtype"] == "f32" and row["outputs"][0]["shape"][0] == "N"
    assert os.path.samefile(row["file"], os.path.join(sys.argv[2], row["model"], "model.json")), row["file"]
    assert row["doc"] == "Two layers." and row["paper"].startswith("Doe, Roe, Poe: ") and row["layers"] == 3
    width, twice = row["spec_parameters"]
    assert (width["type"], width["doc"], twice["doc"]) == ("int", "Channels.", "")
    print(row["name"], row["preset"], image["shape"][1:], row["year"], row["arxiv"], "parameters", row["parameters"], "width", width["default"], "twice", twice["default"])
