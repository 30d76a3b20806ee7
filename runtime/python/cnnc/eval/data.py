"""Data sets with ground truth: COCO's json, VOC's folders, folders of classes."""

import json
import os
from dataclasses import dataclass, field
from xml.etree import ElementTree

import numpy as np

from ._error import EvalError

VOC_CLASSES = ("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike",
               "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor")
# COCO's words for VOC's classes, where they differ.
SYNONYMS = {"airplane": "aeroplane", "motorcycle": "motorbike", "dining table": "diningtable", "potted plant": "pottedplant", "couch": "sofa", "tv": "tvmonitor"}
LARGEST_XML = 16 << 20  # bytes
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


@dataclass(frozen=True)
class Item:
    """A picture and its objects.

    id: its number in COCO's sense; boxes: f64 [n, 4], x1, y1, x2, y2, the right and lower edge outside the last pixel; categories: i64 [n];
    ignored: bool [n], difficult (VOC) or a crowd (COCO).
    """

    id: int
    path: str
    boxes: np.ndarray
    categories: np.ndarray
    ignored: np.ndarray


@dataclass
class Data:
    """A data set of detection: its items, {category id: name}, and its document in COCO's form."""

    items: list
    categories: dict
    document: dict = field(repr=False)
    kind: str = "coco"

    def limited(self, count):
        """The first `count` items; all for 0."""
        return self if not count else Data(self.items[:count], self.categories, self.document, self.kind)

    @property
    def has_masks(self):
        """Whether every object has a mask."""
        annotations = self.document["annotations"]
        return bool(annotations) and all("segmentation" in annotation for annotation in annotations)


def category_of(labels, categories, names=None):
    """{label: category id}: the same number, or, with `names` (of label 0, 1, ...), the category of that name, or of VOC's word for it."""
    if names is None:
        return {label: label for label in labels if label in categories}
    by_name = {name: number for number, name in categories.items()}
    found = {label: by_name.get(name, by_name.get(SYNONYMS.get(name))) for label, name in enumerate(names)}
    return {label: found[label] for label in labels if found.get(label) is not None}


def inside(folder, name, source):
    """The path of a file of `folder`; raises EvalError when the name leads out of it."""
    path = os.path.normpath(os.path.join(folder, name))
    if os.path.isabs(name) or os.path.relpath(path, folder).split(os.sep)[0] == os.pardir:
        raise EvalError(f"{source}: file name '{name}' leads out of {folder}")
    return path


def _boxes(rows):
    return np.array(rows, np.float64).reshape(-1, 4)


def read_coco(annotations, images):
    """Data from COCO's json: images, annotations with bbox (x, y, width, height) and category_id, categories. Raises EvalError."""
    try:
        with open(annotations, encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError, RecursionError) as reason:
        raise EvalError(f"{annotations} cannot be read as COCO's json: {reason}") from None
    if not isinstance(document, dict) or not all(isinstance(document.get(key), list) for key in ("images", "annotations", "categories")):
        raise EvalError(f"{annotations} is no annotation file of COCO's form: it needs the lists images, annotations and categories")
    try:
        categories = {int(row["id"]): str(row["name"]) for row in document["categories"]}
        objects = {int(row["id"]): [] for row in document["images"]}
        if len(objects) != len(document["images"]):
            raise EvalError(f"{annotations}: two images have the same id")
        for number, row in enumerate(document["annotations"]):
            box = [float(value) for value in row["bbox"]]
            if len(box) != 4 or not np.isfinite(box).all() or int(row["category_id"]) not in categories or row["image_id"] not in objects:
                raise EvalError(f"{annotations}: annotation {number} has no bbox of four numbers, or an unknown category_id or image_id")
            row.setdefault("id", number + 1)
            row.setdefault("iscrowd", 0)
            row.setdefault("area", box[2] * box[3])
            objects[row["image_id"]].append(([box[0], box[1], box[0] + box[2], box[1] + box[3]], int(row["category_id"]), bool(row["iscrowd"])))
        items = []
        for row in document["images"]:
            boxes, numbers, crowds = zip(*objects[row["id"]]) if objects[row["id"]] else ((), (), ())
            path = inside(images, str(row["file_name"]), annotations)
            items.append(Item(int(row["id"]), path, _boxes(boxes), np.array(numbers, np.int64), np.array(crowds, bool)))
    except (KeyError, TypeError, ValueError, OverflowError) as reason:
        raise EvalError(f"{annotations}: an entry lacks or misuses the key {reason}") from None
    return Data(items, categories, document)


def _voc_objects(path):
    """((height, width), [(name, box, difficult)]) of one annotation file; the box continuous, from 0."""
    try:
        if os.path.getsize(path) > LARGEST_XML:
            raise EvalError(f"{path} is larger than 16 MiB")
        with open(path, "rb") as file:
            text = file.read()
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise EvalError(f"{path} declares a document type, which VOC's annotations do not")
        root = ElementTree.fromstring(text)
        size = tuple(int(root.findtext(f"size/{key}", "0")) for key in ("height", "width"))
        objects = []
        for found in root.iter("object"):
            x1, y1, x2, y2 = (float(found.findtext(f"bndbox/{key}", "nan")) for key in ("xmin", "ymin", "xmax", "ymax"))
            if not np.isfinite([x1, y1, x2, y2]).all() or not found.findtext("name"):
                raise EvalError(f"{path}: an object lacks its name or a side of its bndbox")
            objects.append((found.findtext("name").strip(), [x1 - 1, y1 - 1, x2, y2], found.findtext("difficult", "0").strip() == "1"))
        return size, objects
    except (OSError, ElementTree.ParseError, ValueError) as reason:
        raise EvalError(f"{path} cannot be read as VOC's annotation: {reason}") from None


def read_voc(folder, split=""):
    """Data from VOC's folders: Annotations/*.xml, JPEGImages, ImageSets/Main/<split>.txt (all annotations without a split). Raises EvalError.

    Category ids are 1 to 20 in VOC's order if all names are VOC's, else 1, 2, ... in alphabetical order.
    """
    annotations = os.path.join(folder, "Annotations")
    try:
        if split:
            with open(inside(os.path.join(folder, "ImageSets", "Main"), f"{split}.txt", "--data"), encoding="utf-8") as file:
                stems = [line.split()[0] for line in file if line.strip()]
        else:
            stems = sorted(name[:-4] for name in os.listdir(annotations) if name.endswith(".xml"))
    except (OSError, ValueError) as reason:
        raise EvalError(f"{folder} has not the folders of VOC (Annotations, JPEGImages, ImageSets/Main/<split>.txt): {reason}") from None
    read = [_voc_objects(inside(annotations, f"{stem}.xml", split)) for stem in stems]
    names = {name for _, objects in read for name, _, _ in objects}
    order = VOC_CLASSES if names <= set(VOC_CLASSES) else sorted(names)
    number = {name: position + 1 for position, name in enumerate(order)}
    pictures = os.path.join(folder, "JPEGImages")
    items, document = [], {"images": [], "annotations": [], "categories": [{"id": number[name], "name": name} for name in order]}
    for position, (stem, ((height, width), objects)) in enumerate(zip(stems, read)):
        path = next((path for path in (inside(pictures, stem + ending, split) for ending in PICTURES) if os.path.exists(path)), inside(pictures, f"{stem}.jpg", split))
        boxes, categories = _boxes([box for _, box, _ in objects]), [number[name] for name, _, _ in objects]
        items.append(Item(position + 1, path, boxes, np.array(categories, np.int64), np.array([difficult for _, _, difficult in objects], bool)))
        document["images"].append({"id": position + 1, "file_name": os.path.basename(path), "height": height, "width": width})
        for (name, (x1, y1, x2, y2), difficult) in objects:
            document["annotations"].append({"id": len(document["annotations"]) + 1, "image_id": position + 1, "category_id": number[name],
                                            "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": int(difficult)})
    return Data(items, {number[name]: name for name in order}, document, "voc")


def read_folder(folder):
    """([(path, class)], [class name]) of a folder with one folder a class, in alphabetical order. Raises EvalError."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith("."))
        samples = [(os.path.join(folder, name, file), position) for position, name in enumerate(names)
                   for file in sorted(os.listdir(os.path.join(folder, name))) if file.lower().endswith(PICTURES)]
    except OSError as reason:
        raise EvalError(f"{folder} cannot be read: {reason}") from None
    if not samples:
        raise EvalError(f"{folder} has no pictures ({', '.join(PICTURES)}) in folders of classes")
    return samples, names


def read_data(text):
    """(kind, what the reader gives) for coco:ANNOTATIONS:IMAGES, voc:FOLDER[:SPLIT] or folder:PATH. Raises EvalError."""
    kind, _, rest = text.partition(":")
    parts = rest.split(":")
    if kind == "coco" and len(parts) == 2 and all(parts):
        return kind, read_coco(*parts)
    if kind == "voc" and len(parts) <= 2 and parts[0]:
        return kind, read_voc(*parts)
    if kind == "folder" and rest:
        return kind, read_folder(rest)
    raise EvalError(f"--data takes coco:ANNOTATIONS.json:IMAGES, voc:FOLDER[:SPLIT] or folder:PATH, got '{text}'")
