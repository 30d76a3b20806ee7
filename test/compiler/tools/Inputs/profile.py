"""Checks what `cnnc profile` printed as JSON, and what it recorded: profile.py PROFILE [TRACE RUNS]. Figures are judged against each other only."""
import json
import math
import sys

profile = json.load(open(sys.argv[1]))
launches, kernels = profile["launches"], profile["kernels"]


def close(a, b):
    assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12), (a, b)


calls = profile["batch"]  # of each launch in a run
assert profile["runs"] >= 3 and 0 < profile["min_ms"] <= profile["median_ms"] and profile["peak"]["gflops"] > 0
for row in (*launches, *kernels):
    assert 0 < row["min_ms"] <= row["median_ms"] and row["bytes"] > 0 and 0 < row["limit_ms"] and 0 <= row["done_gflops"], row
    close(row["limit_share"], row["limit_ms"] / row["min_ms"])
    close(row["gb_s"], row["bytes"] / row["min_ms"] / 1e6)
close(sum(row["share"] for row in launches), 1)
close(sum(row["share"] for row in kernels), 1)
for key in ("min_ms", "median_ms", "bytes", "limit_ms"):
    close(sum(row[key] for row in launches) * calls, sum(row[key] for row in kernels))
close(sum(row["limit_ms"] for row in launches) * calls, profile["limit_ms"])
assert profile["nominal_limit_ms"] >= profile["limit_ms"] * (1 - 1e-9)
assert sum(row["launches"] for row in kernels) == len(launches)
assert [row["median_ms"] for row in kernels] == sorted((row["median_ms"] for row in kernels), reverse=True)
bounds = {"compute"} | {level["name"] for level in profile["peak"]["levels"]}
assert {row["bound"] for row in launches} <= bounds and profile["weights_from"] in bounds - {"compute"}
filtered = sorted({row["schedule"] for row in launches if row["done_gflops"] < row["gflops"]})
print(profile["network"], f"batch {profile['batch']}, {profile['threads']} threads:", *(row["layer"] for row in launches), "filtered:", *filtered)
if len(sys.argv) > 2:
    trace = json.load(open(sys.argv[2]))
    named = [event for event in trace["traceEvents"] if event["ph"] == "M"]
    spans = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    runs = [event for event in spans if event["cat"] == "run"]
    assert len(named) + len(spans) == len(trace["traceEvents"]) and {event["name"] for event in named} == {"process_name", "thread_name"}
    assert len(runs) == int(sys.argv[3])
    inside = [event for event in spans if event["cat"] != "run"]
    assert [event["name"] for event in inside] == [row["layer"] for row in launches] * calls * len(runs)
    for before, after in zip(inside, inside[1:]):
        assert before["ts"] + before["dur"] <= after["ts"] + 1e-6, (before, after)
    for event in inside:
        assert event["dur"] > 0 and event["args"]["shape"] and event["args"]["bound"] in bounds
        assert any(run["ts"] <= event["ts"] and event["ts"] + event["dur"] <= run["ts"] + run["dur"] + 1e-6 for run in runs)
    print("traced", len(runs), "runs,", [event["args"]["name"] for event in named])
