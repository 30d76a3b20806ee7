"""The command line of `cnnc eval`."""

import argparse
import json
import os
import sys

import numpy as np

import cnnc

from . import classify, coco, detect
from ._error import EvalError
from .data import category_of, read_data
from .report import json_value, table

DESCRIPTION = """Evaluates a compiled network on data with ground truth.

  cnnc eval out/libfaster_rcnn.so --data=coco:instances_val2017.json:val2017 --limit=500
  cnnc eval out/libfaster_rcnn.so --data=voc:VOC2007:test --metric=voc07 --inclusive
  cnnc eval out/libresnet50.so --data=folder:imagenet/val
  cnnc eval --results=results.json --data=coco:instances_val2017.json:val2017"""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="cnnc eval", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", nargs="?", help="the .so that cnnc compiled")
    parser.add_argument("--data", required=True, help="coco:ANNOTATIONS.json:IMAGES, voc:FOLDER[:SPLIT], or folder:PATH for classifiers")
    parser.add_argument("--metric", default="", help="comma-separated: bbox, segm (COCO's), voc07 (11 points), voc10 (area); default: what fits the data")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="the first N pictures only")
    parser.add_argument("--labels", metavar="FILE", help="one label a line, that of label 0 first; matched with the names of the data's classes")
    parser.add_argument("--inclusive", action="store_true", help="VOC's metrics: x2 and y2 are the last pixels inside, a side is x2 - x1 + 1 long")
    parser.add_argument("--results", metavar="FILE", help="evaluate detections in COCO's results form, run no library")
    parser.add_argument("--save", metavar="FILE", help="write the detections in COCO's results form")
    parser.add_argument("--threads", type=int, default=0, help="0: one for each core that the process may use")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args(arguments)
    options.metric = [metric for metric in options.metric.split(",") if metric]
    if unknown := [metric for metric in options.metric if metric not in detect.METRICS]:
        parser.error(f"--metric takes {', '.join(detect.METRICS)}, got '{unknown[0]}'")
    if options.limit < 0:
        parser.error(f"--limit takes a count, got {options.limit}")
    if (options.library is None) == (options.results is None):
        parser.error("name a library, or detections with --results=FILE")
    return options


def read_labels(path):
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return [line.strip() for line in file]
    except (OSError, ValueError) as reason:
        raise EvalError(f"--labels={path} cannot be read: {reason}") from None


def write(path, rows):
    """Writes results whole or not at all."""
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(rows, file)
        os.replace(partial, path)
    except OSError as reason:
        raise EvalError(f"--save={path} cannot be written: {reason}") from None
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def detector_report(options, data, labels):
    """The document of a detector's evaluation."""
    data, metrics = data.limited(options.limit), options.metric
    if options.results:
        name, rows = options.results, detect.read_results(options.results)
        has_masks = bool(rows) and all("segmentation" in row for row in rows)
    else:
        model = cnnc.load(options.library, threads=options.threads)
        name, detector = model.name, detect.Detector(model)
        has_masks = any(info.name in ("masks", "pasted") for info in model.outputs)
    if not metrics:
        metrics = ["voc07", "voc10"] if data.kind == "voc" else ["bbox"] + ["segm"] * (has_masks and data.has_masks)
    if set(metrics) & {"bbox", "segm"}:
        coco.require()
    if not options.results:
        rows = detect.run(detector, data, lambda found: category_of(found, data.categories, labels), masks="segm" in metrics)
        model.close()
    if options.save:
        write(options.save, rows)
    objects = {category: sum(int(np.count_nonzero((item.categories == category) & ~item.ignored)) for item in data.items) for category in data.categories}
    found = detect.figures(data, rows, metrics, options.inclusive)
    for figures in found.values():
        figures["classes"] = {data.categories[category]: row for category, row in figures["classes"].items()}
    return {"network": name, "data": options.data, "images": len(data.items), "detections": len(rows), "objects": sum(objects.values()),
            "classes": {data.categories[category]: {"category": category, "objects": count} for category, count in objects.items()},
            "metrics": found}


def print_detector(report):
    metrics = report["metrics"]
    columns = [(metric, figure) for metric in metrics for figure in (("AP", "AP50") if metric in ("bbox", "segm") else ("AP",))]
    rows = []
    for name, row in report["classes"].items():
        if row["objects"]:
            rows.append([name, row["objects"], *(metrics[metric]["classes"][name][figure] for metric, figure in columns)])
    means = [metrics[metric]["statistics"][figure] if "statistics" in metrics[metric] else metrics[metric]["mean"] for metric, figure in columns]
    print(table(["class", "objects", *(f"{metric} {figure}" for metric, figure in columns)], rows + [["mean", report["objects"], *means]]))
    statistics = {metric: figures["statistics"] for metric, figures in metrics.items() if "statistics" in figures}
    if statistics:
        print()
        print(table(["metric", *coco.STATISTICS], [[metric, *(row[name] for name in coco.STATISTICS)] for metric, row in statistics.items()]))
    print(f"\n{report['network']}: {report['images']} pictures, {report['detections']} detections")


def classifier_report(options, samples, folders, labels):
    """The document of a classifier's evaluation."""
    if options.results or options.save or options.metric:
        raise EvalError("--results, --save and --metric go with coco: and voc: data")
    with cnnc.load(options.library, threads=options.threads) as model:
        classifier = classify.Classifier(model)
        numbers = classify.class_numbers(folders, classifier.classes, labels)
        return {"network": model.name, "data": options.data, **classify.accuracy(classifier, samples[: options.limit or None], numbers)}


def main(arguments=None):
    """Runs the command; returns its exit status: 0, or 1 after an error, which is printed."""
    options = parse(arguments)
    try:
        labels = read_labels(options.labels)
        kind, data = read_data(options.data)
        if kind == "folder":
            report = classifier_report(options, *data, labels)
        else:
            report = detector_report(options, data, labels)
    except (EvalError, cnnc.CnncError) as error:
        print(f"eval: {error}", file=sys.stderr)
        return 1
    if options.format == "json":
        print(json.dumps(json_value(report)))
    elif kind == "folder":
        print(table(["network", "pictures", "top-1", "top-5"], [[report["network"], report["images"], report["top1"], report["top5"]]]))
    else:
        print_detector(report)
    return 0
