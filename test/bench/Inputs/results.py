"""Checks the JSON of `cnnc bench --zoo` and prints its networks: results.py FILE PEERS [EARLIER FILE, kept as it was]."""
import json
import math
import sys

document = json.load(open(sys.argv[1]))
names = sys.argv[2].split(",")
assert list(document["versions"]) == ["ours", *names] and document["threads"] >= 1 and document["cpu"], document
assert document["date"] and document["peak"]["gflops"] > 0 and document["peak"]["levels"], document
best = []
for row in document["networks"]:
    for times in (row["ours"], *row["peers"].values()):
        assert 0 < times["min_ms"] <= times["median_ms"] <= times["p90_ms"] and times["runs"] >= 30, times
    assert list(row["peers"]) == names and set(row["max_err"]) == set(names)
    for peer in names:
        assert row["ratio"][peer] == row["peers"][peer]["median_ms"] / row["ours"]["median_ms"]
    assert row["ratio"]["best"] == min(row["ratio"][peer] for peer in names)
    assert row["compile_s"] > 0 and row["launches"] >= row["kernels"] >= 1 and row["gflops"] > 0
    shares = row["roofline"]
    assert math.isclose(shares["share"], shares["limit_ms"] / row["ours"]["median_ms"]) and shares["nominal_limit_ms"] >= shares["limit_ms"] * (1 - 1e-9) > 0
    best.append(row["ratio"]["best"])
    print(row["network"], row["parameters"], row["macs"], *filter(None, [row["rows"]]), *(f"{key}={value}" for key, value in row["settings"].items()))
assert math.isclose(document["geometric_mean"]["best"], math.prod(best) ** (1 / len(best)))
if len(sys.argv) > 3:
    earlier = json.load(open(sys.argv[3]))["networks"]
    assert document["networks"][: len(earlier)] == earlier
    print("kept", len(earlier))
