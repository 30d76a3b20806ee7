"""Writes golden.npz: what torchvision computes where runtime/lib/detect must agree. Run by hand where torch and torchvision are installed:

    python test/runtime/detect/golden.py

Arrays are named `case/array`; what a case was computed with beyond its arrays stands here and in detect_golden_test.py."""

import pathlib

import numpy as np
import torch
import torchvision
from torchvision.models.detection import roi_heads
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes
from torchvision.ops.poolers import LevelMapper

random = np.random.default_rng(5)
arrays = {}


def case(name, **values):
    for key, value in values.items():
        if isinstance(value, torch.Tensor):
            value = value.numpy()
        value = np.asarray(value)
        arrays[f"{name}/{key}"] = value.astype(np.int32) if value.dtype == np.int64 else value


def tensor(array):
    return torch.from_numpy(np.array(array))


def coarse(shape, scale=1.0):
    """Random f32 of few digits, which compress."""
    return (np.round(random.standard_normal(shape) * scale * 64) / 64).astype(np.float32)


def boxes(n, extent, largest):
    corner = random.integers(-largest // 4, extent, (n, 2)) / 2
    return np.concatenate([corner, corner + random.integers(1, 2 * largest, (n, 2)) / 2], 1).astype(np.float32)


def suppression():
    given = boxes(300, 200, 60)
    scores = random.permutation(300).astype(np.float32)
    groups = random.integers(0, 4, 300).astype(np.int32)
    case("nms", boxes=given, scores=scores, groups=groups)
    for percent in (0, 30, 50, 70):
        case(f"nms{percent}", kept=torchvision.ops.nms(tensor(given), tensor(scores), percent / 100),
             within=torchvision.ops.boxes._batched_nms_vanilla(tensor(given), tensor(scores), tensor(groups), percent / 100))  # fmt: skip


def arithmetic():
    given, deltas = boxes(40, 100, 50), coarse((40, 12), 3)
    case("boxes", boxes=given, deltas=deltas)
    for name, weights in (("rpn", (1, 1, 1, 1)), ("heads", (10, 10, 5, 5))):
        case(f"decode_{name}", weights=weights, decoded=BoxCoder(weights).decode_single(tensor(deltas), tensor(given)))
    case("clip", clipped=torchvision.ops.clip_boxes_to_image(tensor(given), (60, 70)))
    case("small", kept=torchvision.ops.remove_small_boxes(tensor(given), 10))
    case("resize", resized=resize_boxes(tensor(given), (480, 640), (801, 1067)))
    sides = np.concatenate([2.0 ** np.arange(0, 12), 224 * 2.0 ** np.arange(-3, 4), 224 * 2.0 ** np.arange(-3, 4) - 0.01, [0, 5000]])
    squares = np.stack([0 * sides, 0 * sides, sides, sides], 1).astype(np.float32)
    case("levels", boxes=squares, levels=LevelMapper(2, 5)([tensor(squares)]))


class Given(torch.nn.Module):
    def __init__(self, objectness, deltas):
        super().__init__()
        self.result = [tensor(o)[None] for o in objectness], [tensor(d)[None] for d in deltas]

    def forward(self, features):
        return self.result


def proposals():
    sizes, ratios, canvas, size = ((16,), (32,), (64,)), ((0.5, 1.0, 2.0),) * 3, (96, 128), (90, 117)
    maps = [(canvas[0] // stride, canvas[1] // stride) for stride in (4, 8, 16)]
    objectness, deltas = [coarse((3, *m), 2) for m in maps], [coarse((12, *m), 0.25) for m in maps]
    # Distinct logits, since torch leaves the order of equal ones open.
    values = random.permutation(sum(o.size for o in objectness)) / 256 - 3
    for o in objectness:
        o.flat, values = values[: o.size].astype(np.float32), values[o.size :]
    anchors = AnchorGenerator(sizes, ratios)
    features = {str(i): torch.zeros(1, 1, *m) for i, m in enumerate(maps)}
    picture = ImageList(torch.zeros(1, 3, *canvas), [size])
    case("anchors", boxes=anchors(picture, list(features.values()))[0])
    case("proposals", **{f"objectness{i}": o for i, o in enumerate(objectness)}, **{f"deltas{i}": d for i, d in enumerate(deltas)})
    for pre, post, least in ((100, 60, 0.0), (2000, 1000, 0.3)):
        counts = {"training": pre, "testing": pre}, {"training": post, "testing": post}
        rpn = RegionProposalNetwork(anchors, Given(objectness, deltas), 0.7, 0.3, 256, 0.5, *counts, 0.7, least).eval()
        case(f"proposals{pre}", boxes=rpn(picture, features)[0][0])


def detections():
    heads = roi_heads.RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, None, 0.05, 0.5, 100)
    logits, deltas, regions = coarse((80, 6), 2), coarse((80, 24), 1), boxes(80, 60, 120)
    (found,), (scores,), (labels,) = heads.postprocess_detections(tensor(logits), tensor(deltas), [tensor(regions)], [(150, 180)])
    case("detections", probabilities=torch.softmax(tensor(logits), -1), deltas=deltas, regions=regions, boxes=found, scores=scores, labels=labels)


def regions():
    features, regions = coarse((20, 13, 17)), boxes(12, 240, 120)
    regions[:3] = [[10, 10, 10, 10], [-900, -900, 900, 900], [40, 30, 20, 10]]
    case("regions", map=features, boxes=regions)
    for aligned in (0, 1):
        for ratio in (0, 2):
            pooled = torchvision.ops.roi_align(tensor(features)[None], [tensor(regions)], (3, 2), 0.0625, ratio, bool(aligned))
            case(f"roi_align{ratio}{aligned}", pooled=pooled)
    case("roi_pool", pooled=torchvision.ops.roi_pool(tensor(features)[None], [tensor(regions)], (3, 2), 0.0625))


def pictures():
    for height, width, least, most in ((9, 13, 12, 40), (23, 31, 17, 20), (40, 10, 12, 24), (12, 12, 12, 12)):
        pixels = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
        transform = GeneralizedRCNNTransform(least, most, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], size_divisible=16).eval()
        images, _ = transform([tensor(pixels).permute(2, 0, 1).float() / 255])
        case(f"image{height}x{width}", pixels=pixels, sides=[least, most], canvas=images.tensors[0], size=images.image_sizes[0])
    pixels = random.integers(0, 256, (20, 30, 3)).astype(np.uint8)
    case("warp", pixels=pixels, boxes=[[5, 4, 21, 15], [-8, -3, 9, 10], [22, 12, 40, 19], [7, 7, 7, 7]])
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normalised = ((tensor(pixels).double() / 255 - mean) / std).permute(2, 0, 1)
    for padding in (0, 3):
        results = []
        for x0, y0, x1, y1 in arrays["warp/boxes"].astype(np.float64):
            side = 12
            centres = (np.arange(side) + 0.5 - side / 2) / (side - 2 * padding)
            xs, ys = (x0 + x1) / 2 + centres * (x1 - x0), (y0 + y1) / 2 + centres * (y1 - y0)
            grid = np.stack(np.meshgrid(2 * xs / 30 - 1, 2 * ys / 20 - 1), -1)
            sampled = torch.nn.functional.grid_sample(normalised[None], tensor(grid)[None], padding_mode="zeros", align_corners=False)
            results.append(sampled[0].float())
        case(f"warp{padding}", warped=torch.stack(results))


def masks():
    logits, labels = coarse((5, 3, 8, 8), 2), np.array([1, 2, 0, 1, 2])
    probabilities = roi_heads.maskrcnn_inference(tensor(logits), [tensor(labels)])[0]
    places = np.array([[3, 4, 25, 20], [-6.5, -7, 14, 9.5], [20, 10, 50, 60], [5, 5, 5, 5], [10.5, 3.25, 17.75, 11.5]], np.float32)
    pasted = roi_heads.paste_masks_in_image(probabilities, tensor(places), (24, 32))
    case("masks", logits=logits, labels=labels, probabilities=probabilities[:, 0], boxes=places, pasted=pasted[:, 0])


if __name__ == "__main__":
    for part in (suppression, arithmetic, proposals, detections, regions, pictures, masks):
        part()
    np.savez_compressed(pathlib.Path(__file__).with_name("golden.npz"), **arrays)
