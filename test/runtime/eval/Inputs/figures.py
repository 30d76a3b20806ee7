"""Prints figures of `cnnc eval --format=json` from standard input: figures.py METRIC... (or nothing for a classifier's accuracy)."""
import json
import sys

report = json.load(sys.stdin)
if "metrics" not in report:
    print(report["network"], report["images"], round(report["top1"], 3), round(report["top5"], 3))
for metric in sys.argv[1:]:
    figures = report["metrics"][metric]
    mean = figures["statistics"]["AP"] if "statistics" in figures else figures["mean"]
    classes = {name: round(row["AP"], 3) for name, row in figures["classes"].items() if row["AP"] is not None}
    print(report["network"], metric, report["images"], report["detections"], round(mean, 3), classes)
