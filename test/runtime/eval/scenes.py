"""Small data sets for the tests: pictures of rectangles, with their ground truth in COCO's and VOC's forms.

As a program: scenes.py FOLDER writes coco.json, images/ and voc/ (needs Pillow). Class 1 is red, 2 green, 3 blue; x2 and y2 lie outside
the last pixel.
"""
import json
import pathlib
import sys

import numpy as np

HEIGHT, WIDTH = 48, 64
NAMES = {1: "aeroplane", 2: "bicycle", 3: "bird"}
# Per picture (height, width) and its objects: class, box, difficult.
SCENES = [
    ((48, 64), [(1, (4, 6, 24, 26), False), (2, (30, 10, 60, 40), False)]),
    ((48, 64), [(3, (10, 4, 50, 44), False)]),
    ((48, 64), []),
    ((96, 128), [(1, (20, 20, 60, 60), False), (3, (80, 10, 110, 80), True)]),
]


def picture(size, objects):
    array = np.zeros((*size, 3), np.uint8)
    for label, (x1, y1, x2, y2), _ in objects:
        array[y1:y2, x1:x2, label - 1] = 255
    return array


def coco():
    document = {"images": [], "annotations": [], "categories": [{"id": number, "name": name} for number, name in NAMES.items()]}
    for index, ((height, width), objects) in enumerate(SCENES):
        document["images"].append({"id": 10 + index, "file_name": f"scene{index}.png", "height": height, "width": width})
        for label, (x1, y1, x2, y2), difficult in objects:
            annotation = {"id": len(document["annotations"]) + 1, "image_id": 10 + index, "category_id": label, "bbox": [x1, y1, x2 - x1, y2 - y1],
                          "area": (x2 - x1) * (y2 - y1), "iscrowd": 0, "segmentation": [[x1, y1, x2, y1, x2, y2, x1, y2]]}
            document["annotations"].append(annotation)
    return document


def xml(size, objects):
    rows = "".join(f"<object><name>{NAMES[label]}</name><difficult>{int(difficult)}</difficult><bndbox><xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin>"
                   f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>" for label, (x1, y1, x2, y2), difficult in objects)
    return f"<annotation><size><width>{size[1]}</width><height>{size[0]}</height><depth>3</depth></size>{rows}</annotation>"


def results(masks=None):
    """Detections of every object in COCO's results form, those of class 2 half a box to the right; masks: a function from pixels to a code."""
    rows = []
    for index, (size, objects) in enumerate(SCENES):
        for label, (x1, y1, x2, y2), _ in objects:
            shift = (x2 - x1) / 2 if label == 2 else 0
            row = {"image_id": 10 + index, "category_id": label, "bbox": [x1 + shift, y1, x2 - x1, y2 - y1], "score": 0.5 + 0.1 * label}
            if masks:
                pixels = np.zeros(size, bool)
                pixels[y1:y2, x1:x2] = True
                row["segmentation"] = masks(pixels)
            rows.append(row)
    return rows


def write(folder):
    folder = pathlib.Path(folder)
    for path in ("images", "voc/Annotations", "voc/JPEGImages", "voc/ImageSets/Main"):
        (folder / path).mkdir(parents=True, exist_ok=True)
    (folder / "coco.json").write_text(json.dumps(coco()))
    (folder / "voc/ImageSets/Main/test.txt").write_text("".join(f"scene{index}\n" for index in range(len(SCENES))))
    (folder / "voc/ImageSets/Main/first.txt").write_text("scene0 1\n")
    for index, (size, objects) in enumerate(SCENES):
        (folder / f"voc/Annotations/scene{index}.xml").write_text(xml(size, objects))
    return folder


def write_pictures(folder):
    from PIL import Image

    for index, scene in enumerate(SCENES):
        for path in (f"images/scene{index}.png", f"voc/JPEGImages/scene{index}.png"):
            Image.fromarray(picture(*scene)).save(folder / path)


if __name__ == "__main__":
    write_pictures(write(sys.argv[1]))
