"""Writes golden.npz: what torchvision computes where the references of the detector's ops must agree. Run by hand where torch and torchvision are
installed:

    python test/dialects/cnn/detection/golden.py

A case is an op, its attributes and its tolerance (`cases`, JSON), its operands `case/in<n>` and torchvision's results `case/out<n>`. Rows past a count
hold NaN, which an op must not read. Where torchvision leaves the order of equal scores open there are none."""
import json
import math
import pathlib

import numpy as np
import torch
import torchvision
from torchvision.models.detection import _utils, roi_heads
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes
from torchvision.ops import poolers

random = np.random.default_rng(11)
cases, arrays = {}, {}
# Small sets of boxes are shifted apart by torchvision, which rounds them; groups are apart by number here.
torchvision.ops.boxes.batched_nms = torchvision.ops.boxes._batched_nms_vanilla


def attribute(value):
    if isinstance(value, (list, tuple)):
        return f"array<{'f64' if isinstance(value[0], float) else 'i64'}: {', '.join(map(str, value))}>"
    return str(value).lower() if isinstance(value, bool) else f"{value} : {'f64' if isinstance(value, float) else 'i64'}"


def case(name, op, operands, results, tolerance=0.0, **attributes):
    cases[name] = {"op": op, "attributes": ", ".join(f"{key} = {attribute(value)}" for key, value in attributes.items()), "tolerance": tolerance}
    for prefix, values in (("in", operands), ("out", results)):
        for number, value in enumerate(values):
            value = np.asarray(value)
            arrays[f"{name}/{prefix}{number}"] = value.astype({np.dtype(np.int64): np.int32, np.dtype(bool): np.uint8}.get(value.dtype, value.dtype))


def tensor(array):
    return torch.from_numpy(np.array(array))


def count(n):
    return np.array([n], np.int32)


def past(array, rows=2):
    """The array with rows past the count: NaN, or an absurd number."""
    array = np.asarray(array)
    return np.concatenate([array, np.full((rows, *array.shape[1:]), np.nan if array.dtype == np.float32 else -12345, array.dtype)])


def padded(array, rows):
    """The array with rows of zeros up to `rows`."""
    array = np.asarray(array)[:rows]
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])


def coarse(shape, scale=1.0):
    """Random f32 of few digits, which compress."""
    return (np.round(random.standard_normal(shape) * scale * 32) / 32).astype(np.float32)


def boxes(n, height, width, largest):
    """Boxes on quarters of pixels, a quarter of them partly outside."""
    corner = np.stack([random.integers(-largest, 4 * width, n), random.integers(-largest, 4 * height, n)], 1) / 4
    return np.concatenate([corner, corner + random.integers(1, 4 * largest, (n, 2)) / 4], 1).astype(np.float32)


ODD = np.array([[0, 0, 0, 0], [5, 5, 5, 9], [9, 9, 3, 2], [-50, -50, -40, -40], [500, 500, 600, 600], [-1, -1, 68, 52], [0, 0, 68, 52],
                [-2, -2, 2, 2], [67, 51, 70, 54], [0.1, 0.2, 0.3, 0.4], [-1000, -1000, 1000, 1000], [3000, 3000, 4000, 4000]], np.float32)


def regions():
    features = coarse((1, 3, 13, 17))
    given = np.concatenate([boxes(16, 52, 68, 30), ODD])
    rois = tensor(np.concatenate([np.zeros((len(given), 1), np.float32), given], 1))
    for name, size, scale, ratio, aligned in (("plain", (3, 2), 0.25, 2, False), ("adaptive", (2, 2), 0.25, 0, False), ("aligned", (2, 3), 0.25, 0, True),
                                              ("scale", (2, 2), 0.3, 1, False)):
        result = torchvision.ops.roi_align(tensor(features), rois, size, scale, ratio, aligned)
        case(f"roi_align_{name}", "roi_align", [past(given), count(len(given)), features], [padded(result, len(given) + 2)], 1e-5,
             size=size, scale=float(scale), sampling_ratio=ratio, aligned=aligned)
    for scale in (0.25, 0.5, 0.3):
        result = torchvision.ops.roi_pool(tensor(features), rois, (3, 2), scale)
        case(f"roi_pool_{int(scale * 100)}", "roi_pool", [past(given), count(len(given)), features], [padded(result, len(given) + 2)], size=(3, 2), scale=float(scale))
    pyramid = {str(level): tensor(coarse((1, 2, math.ceil(52 / 2**level), math.ceil(68 / 2**level)))) for level in (2, 3, 4)}
    sides = np.array([[0, 0, 15.99, 16], [0, 0, 16, 16], [1, 1, 17, 33], [0, 0, 32, 32], [0, 0, 31.99, 32], [3, 3, 60, 50]], np.float32)
    given = np.concatenate([given, sides])
    pool = poolers.MultiScaleRoIAlign(list(pyramid), (2, 2), 2, canonical_scale=16, canonical_level=3)
    result = pool(pyramid, [tensor(given)], [(52, 68)])
    # torchvision leaves out regions without a level: those with a negative area.
    whole = (given[:, 2] - given[:, 0]) * (given[:, 3] - given[:, 1]) >= 0
    given, result = given[whole], result.numpy()[whole]
    case("multiscale", "multiscale_roi_align", [past(given), count(len(given)), *pyramid.values()], [padded(result, len(given) + 2)], 1e-5,
         size=(2, 2), image_size=(52, 68), canonical_size=16, canonical_level=3)
    sides = np.concatenate([2.0 ** np.arange(0, 12), 224 * 2.0 ** np.arange(-3, 4), 224 * 2.0 ** np.arange(-3, 4) - 0.01, [0, 5000]])
    given = np.concatenate([np.stack([0 * sides, 0 * sides, sides, sides], 1).astype(np.float32), boxes(40, 600, 600, 300)])
    case("levels", "assign_levels", [given], [poolers.LevelMapper(2, 5)([tensor(given)])], min_level=2, max_level=5)


def arithmetic():
    given, deltas = boxes(20, 100, 100, 50), coarse((20, 12), 3)
    deltas[3], deltas[4] = 1000, -1000
    for weights in ((10.0, 10.0, 5.0, 5.0), (1.0, 1.0, 1.0, 1.0)):
        decoded = _utils.BoxCoder(weights).decode_single(tensor(deltas), tensor(given)).reshape(-1, 3, 4)
        case(f"decode_{int(weights[0])}", "decode_boxes", [given, deltas], [decoded], 2e-5, weights=weights)
    geometry = np.array([60, 70, 480, 643], np.int32)
    case("clip", "clip_boxes", [given, geometry], [torchvision.ops.clip_boxes_to_image(tensor(given), (60, 70))])
    case("rescale", "rescale_boxes", [given, geometry], [resize_boxes(tensor(given), (60, 70), (480, 643))], 1e-6)
    scores = random.permutation(20).astype(np.float32)
    kept = torchvision.ops.remove_small_boxes(tensor(given), 20.25)
    case("remove_small", "remove_small", [past(given), past(scores), count(20)], [padded(given[kept], 22), padded(scores[kept], 22), count(len(kept))], min_size=20.25)


def anchors():
    for name, shape, image, sizes, ratios in (("odd", (3, 5), (50, 87), (7.0, 32.0), (0.5, 1.0, 2.0)), ("thin", (1, 4), (16, 64), (33.0,), (0.1, 3.0))):
        generator = AnchorGenerator((sizes,), (ratios,))
        features = np.zeros((1, 1, *shape), np.float32)
        (result,) = generator(ImageList(torch.zeros(1, 3, *image), [image]), [tensor(features)])
        case(f"anchors_{name}", "anchors", [features], [result], sizes=sizes, aspect_ratios=ratios, image_size=image)


def order():
    scores = random.permutation(300).astype(np.float32)
    values, indices = torch.topk(tensor(scores), 100)
    case("top_k", "top_k", [past(scores), count(300)], [values, indices, count(100)], k=100)
    scores = random.integers(0, 9, 300).astype(np.float32)
    values, indices = torch.sort(tensor(scores), descending=True, stable=True)
    case("top_k_ties", "top_k", [past(scores), count(300)], [values[:100], indices[:100], count(100)], k=100)


def suppression():
    given, scores, groups = boxes(200, 100, 100, 40), random.permutation(200).astype(np.float32), random.integers(0, 4, 200).astype(np.int32)
    given = np.concatenate([given, given[:10], ODD])
    scores = np.concatenate([scores, scores[:10] + 0.5, np.arange(len(ODD), dtype=np.float32) + 0.25]).astype(np.float32)
    groups = np.concatenate([groups, groups[:10], np.arange(len(ODD), dtype=np.int32) % 4])

    def one(name, given, scores, groups, threshold, kept):
        case(name, "nms", [past(given), past(scores), past(groups), count(len(given))], [padded(kept, 256), count(len(kept))], iou_threshold=threshold, cap=256)

    zero = np.zeros(len(given), np.int32)
    for threshold in (0.0, 0.3, 0.5, 0.7):
        one(f"nms_{int(threshold * 10)}", given, scores, zero, threshold, torchvision.ops.nms(tensor(given), tensor(scores), threshold))
        one(f"groups_{int(threshold * 10)}", given, scores, groups, threshold, torchvision.ops.batched_nms(tensor(given), tensor(scores), tensor(groups), threshold))
    # Few scores, and boxes whose IoU are quotients of small numbers: often exactly the threshold. The order among equals is stable on the CPU.
    corner = random.integers(0, 6, (150, 2))
    given = np.concatenate([corner, corner + random.integers(1, 6, (150, 2))], 1).astype(np.float32)
    scores = random.integers(0, 4, 150).astype(np.float32)
    for number, threshold in enumerate((0.1, 0.2, 0.25, 1 / 3, 0.5, 0.6, 2 / 3)):
        one(f"nms_exact_{number}", given, scores, zero[:150], threshold, torchvision.ops.nms(tensor(given), tensor(scores), threshold))


class Given(torch.nn.Module):
    def __init__(self, *results):
        super().__init__()
        self.results = results

    def forward(self, features):
        return self.results


def proposals():
    canvas, size, levels = (52, 68), (50, 61), ((13, 17), (7, 9))
    sizes, ratios = ((8.0,), (16.0,)), ((0.5, 1.0, 2.0),) * 2
    numbers = random.permutation(sum(3 * height * width for height, width in levels)).astype(np.float32) / 128 - 3
    objectness, deltas, start = [], [], 0
    for height, width in levels:
        objectness.append(numbers[start:start + 3 * height * width].reshape(1, 3, height, width))
        start += 3 * height * width
        deltas.append(coarse((1, 12, height, width), 0.5))
    for name, before, after, iou, score in (("proposals", 200, 60, 0.7, 0.0), ("proposals_few", 50, 200, 0.3, 0.3)):
        network = RegionProposalNetwork(AnchorGenerator(sizes, ratios), Given([tensor(o) for o in objectness], [tensor(d) for d in deltas]), 0.7, 0.3, 256, 0.5,
                                        {"training": 0, "testing": before}, {"training": 0, "testing": after}, iou, score)
        network.eval()
        features = {str(level): tensor(o) for level, o in enumerate(objectness)}
        images = ImageList(torch.zeros(1, 3, *canvas), [size])
        found, _ = network(images, features)
        anchor = network.anchor_generator(images, list(features.values()))
        logits, offsets = torchvision.models.detection.rpn.concat_box_prediction_layers(*network.head(features))
        decoded = network.box_coder.decode(offsets, anchor).view(1, -1, 4)
        found, scores = network.filter_proposals(decoded, logits, images.image_sizes, [o.size for o in objectness])
        case(name, "proposals", [np.array([*size, 99, 99], np.int32), *objectness, *deltas],
             [padded(found[0], after), padded(scores[0], after), count(min(len(found[0]), after))], 2e-5, sizes=(8.0, 16.0), image_size=canvas, pre_nms_top_n=before,
             post_nms_top_n=after, iou_threshold=iou, score_threshold=score)


def detections():
    size, regions, classes = (60, 80), 40, 4
    given, deltas, logits = boxes(regions, 60, 80, 40), coarse((regions, 4 * classes), 1.5), coarse((regions, classes), 1.5)
    logits += np.arange(logits.size, dtype=np.float32).reshape(logits.shape) / 4096  # no two scores are equal
    deltas[5, 2::4] = -1000
    for name, threshold, iou, cap in (("detections", 0.05, 0.5, 20), ("detections_all", 0.0, 0.9, 150)):
        heads = roi_heads.RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, None, threshold, iou, cap)
        found, scores, labels = heads.postprocess_detections(tensor(logits), tensor(deltas), [tensor(given)], [size])
        decoded = torchvision.ops.clip_boxes_to_image(heads.box_coder.decode(tensor(deltas), [tensor(given)]), size)
        probabilities = torch.softmax(tensor(logits), -1)
        case(name, "detections", [past(decoded), past(probabilities), count(regions)],
             [padded(found[0], cap), padded(scores[0], cap), padded(labels[0], cap), count(len(found[0]))], score_threshold=threshold, iou_threshold=iou, cap=cap)


def pictures():
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    for height, width in ((24, 33), (11, 40), (40, 11), (97, 60), (30, 30), (5, 64)):
        picture = random.integers(0, 16, (height, width, 3), np.uint8) * 17
        transform = GeneralizedRCNNTransform(30, 50, mean, deviation).eval()
        images, _ = transform([tensor(picture).permute(2, 0, 1).float() / 255])
        scaled = images.image_sizes[0]
        canvas = np.zeros((1, 3, 64, 64), np.float32)
        canvas[:, :, :images.tensors.shape[2], :images.tensors.shape[3]] = images.tensors
        case(f"image_{height}x{width}", "image_to_batch", [picture], [canvas, np.array([*scaled, height, width], np.int32)], 2e-5,
             size=(64, 64), min_size=30, max_size=50, mean=mean, std=deviation)
    picture = random.integers(0, 16, (20, 25, 3), np.uint8) * 17
    given = np.array([[3, 4, 13, 16], [-5, -5, 30, 24], [20, 15, 25, 20], [7, 7, 8, 17.5], [40, 40, 50, 50]], np.float32)
    height, width, padding = 9, 12, 2
    normalised = ((tensor(picture).permute(2, 0, 1).flip(0).float() - 100) / 50)[None]
    rows = []
    for x1, y1, x2, y2 in given.astype(np.float64):
        grids = []
        for low, high, cells, extent in ((y1, y2, height, 20), (x1, x2, width, 25)):
            side = (high - low) * cells / (cells - 2 * padding)
            at = (low + high - side) / 2 + (torch.arange(cells, dtype=torch.float64) + 0.5) * side / cells
            grids.append(2 * at / extent - 1)
        y, x = torch.meshgrid(*grids, indexing="ij")
        rows.append(torch.nn.functional.grid_sample(normalised.double(), torch.stack([x, y], -1)[None], padding_mode="zeros", align_corners=False)[0].float())
    case("warp", "warp_rois", [picture, past(given), count(len(given))], [padded(torch.stack(rows), len(given) + 2)], 2e-6, size=(height, width), context_padding=padding,
         mean=(100.0, 100.0, 100.0), std=(50.0, 50.0, 50.0), scale=1.0, reverse_channels=True)


def masks():
    logits, labels = coarse((6, 3, 7, 7), 2) + np.float32(0.01), random.integers(0, 3, 6).astype(np.int32)
    (chosen,) = roi_heads.maskrcnn_inference(tensor(logits), [tensor(labels).long()])
    case("select", "select_masks", [past(logits), past(labels), count(6)], [padded(chosen[:, 0], 8)], 1e-6)
    given = np.array([[3, 4, 20.5, 21.25], [-8, -6, 12, 9], [30, 25, 60, 50], [7, 7, 7, 7], [-30, -30, 2.5, 20], [0.4, 0.6, 39.9, 33.7]], np.float32)
    pasted = roi_heads.paste_masks_in_image(chosen, tensor(given), (33, 41))[:, 0]
    assert (pasted - 0.5).abs().min() > 1e-5
    canvas = np.zeros((8, 36, 44), np.uint8)
    canvas[:6, :33, :41] = pasted > 0.5
    case("paste", "paste_masks", [past(chosen[:, 0]), past(given), np.array([9, 9, 33, 41], np.int32), count(6)], [canvas], size=(36, 44))


for write in (regions, arithmetic, anchors, order, suppression, proposals, detections, pictures, masks):
    write()
path = pathlib.Path(__file__).with_name("golden.npz")
np.savez_compressed(path, cases=np.array(json.dumps(cases)), **arrays)
print(f"{len(cases)} cases, {path.stat().st_size} bytes")
