"""Ops of detectors, each alone, and a small detector: the reference, ONNX Runtime on our export and the compiled library agree.

Discrete results (indices, labels, counts, levels) are equal. Each op also runs with no row at all, with all rows and with one of them.
"""

import unittest

import numpy as np

from nets import Floats, Net
from oracle_test import OracleTest

RNG = np.random.Generator(np.random.PCG64(11))
PICTURE = [64, 48]


def boxes(rows, height=64, width=48, least=1.0):
    """Random boxes inside a picture, sides of `least` at least; every seventh has no area."""
    low = RNG.uniform(0, 0.8, (rows, 2)) * [width, height]
    size = least + RNG.uniform(0, 0.7, (rows, 2)) * [width, height]
    high = np.minimum(low + size, [width, height])
    high[6::7] = low[6::7]
    return np.concatenate([low, high], 1).astype(np.float32)


def scores(*shape):
    """Scores in steps of 1/16, so that many are equal."""
    return (RNG.integers(0, 17, shape) / 16).astype(np.float32)


def counted(net, rows, count):
    """The inputs `boxes` and `count`."""
    return net.input([rows, 4], "boxes", value=boxes(rows)), net.input([1], "count", "i32", [count])


def results(net, op, *inputs, names, **attributes):
    """A layer with several results, all of them outputs."""
    net.layer(op, *inputs, name="layer", **attributes)
    net.layers[-1]["as"] = list(names)
    for name in names:
        net.output(name, f"{name}_out")
    return net


def coder(rows, counts):
    for classes in (1, 3):
        net = Net(f"decode_{classes}", Floats(classes), relative=4e-6)
        yield net.output(net.layer("decode_boxes", net.input([rows, 4], "boxes", value=boxes(rows)), net.input([rows, 4 * classes], "deltas")))
    for index, geometry in enumerate(([40, 30, 80, 61], [64, 48, 64, 48], [0, 30, 5, 7])):
        for op in ("clip_boxes", "rescale_boxes"):
            for shape in ([rows, 4], [rows, 3, 4]):
                net = Net(f"{op}_{index}_{len(shape)}", Floats(index), relative=1e-6)
                yield net.output(net.layer(op, net.input(shape, "boxes", value=20 * RNG.standard_normal(shape)), net.input([4], "geometry", "i32", geometry)))
    for count in counts:
        net = Net(f"remove_small_{count}", Floats(1), exact=True)
        b, n = counted(net, rows, count)
        yield results(net, "remove_small", b, net.input([rows], "scores"), n, min_size=8.0, names=["large", "confidence", "found"])
    net = Net("anchors", Floats(1), exact=True)
    yield net.output(net.layer("anchors", net.input([1, 2, 5, 3], "map"), sizes=[16, 40], aspect_ratios=[0.5, 1, 2], image_size=[41, 50]))


def orders(rows, counts):
    for index, count in enumerate(counts):
        for k in (1, 5, rows):
            net = Net(f"top_k_{index}_{k}", Floats(abs(count)), exact=True)
            yield results(net, "top_k", net.input([rows], "scores", value=scores(rows)), net.input([1], "count", "i32", [count]), k=k, names=["values", "indices", "found"])
        net = Net(f"gather_rows_{index}", Floats(abs(count)), exact=True)
        indices = RNG.integers(0, 5, rows)
        yield net.output(net.layer("gather_rows", net.input([5, 3, 2], "x"), net.input([rows], "indices", "i32", indices), net.input([1], "count", "i32", [count])))
        for threshold, cap in ((None, rows), (0.25, rows), (0.5, 4)):
            net = Net(f"nms_{index}_{threshold}_{cap}".replace(".", "_"), Floats(abs(count)), exact=True)
            b, n = counted(net, rows, count)
            groups = net.input([rows], "groups", "i32", RNG.integers(-2, 3, rows) * 1000)
            extra = {} if threshold is None else {"score_threshold": threshold}
            yield results(net, "nms", b, net.input([rows], "scores", value=scores(rows)), groups, n, iou_threshold=0.3, cap=cap, names=["indices", "kept"], **extra)
        for shared in (False, True):
            for cap in (5, 2 * rows):
                net = Net(f"detections_{index}_{int(shared)}_{cap}", Floats(abs(count)), exact=True)
                shape = [rows, 4] if shared else [rows, 3, 4]
                b = net.input(shape, "boxes", value=boxes(rows * (1 if shared else 3)))
                yield results(net, "detections", b, net.input([rows, 3], "scores", value=scores(rows, 3)), net.input([1], "count", "i32", [count]),
                              score_threshold=0.25, iou_threshold=0.4, cap=cap, min_size=2.0, names=["kept", "confidence", "labels", "found"])


def regions(rows, counts):
    net = Net("assign_levels", Floats(1), exact=True)
    sides = np.float32([0, 1, 6.9999995, 7, 7.0000005, 14, 28, 27.999998, 56, 112, 224, 448, 1e6, np.nan, -5])
    squares = np.stack([0 * sides, 0 * sides, sides, sides], 1)
    yield net.output(net.layer("assign_levels", net.input(list(squares.shape), "boxes", value=squares), min_level=2, max_level=5, canonical_size=28))
    net = Net("assign_one_level", Floats(1), exact=True)
    yield net.output(net.layer("assign_levels", net.input([rows, 4], "boxes", value=boxes(rows)), min_level=3, max_level=3))
    for count in counts:
        for aligned, ratio, size in ((False, 0, [3, 2]), (True, 0, [2, 3]), (False, 2, [7, 7]), (True, 3, [1, 1])):
            net = Net(f"roi_align_{count}_{int(aligned)}_{ratio}_{size[0]}", Floats(abs(count)), relative=4e-5)
            b, n = counted(net, rows, count)
            yield net.output(net.layer("roi_align", b, n, net.input([1, 5, 17, 13], "map"), size=size, scale=0.25, sampling_ratio=ratio, aligned=aligned))
        net = Net(f"roi_pool_{count}", Floats(abs(count)), exact=True)
        b, n = counted(net, rows, count)
        yield net.output(net.layer("roi_pool", b, n, net.input([1, 5, 16, 12], "map"), size=[3, 4], scale=0.25))
        for levels in (1, 3):
            net = Net(f"multiscale_{count}_{levels}", Floats(abs(count)), relative=4e-5)
            b, n = counted(net, rows, count)
            maps = [net.input([1, 4, 64 >> level, 48 >> level], f"map{level}") for level in range(2, 2 + levels)]
            yield net.output(net.layer("multiscale_roi_align", b, n, *maps, size=[3, 3], image_size=PICTURE, canonical_size=32, canonical_level=4))


def masks(rows, counts):
    for count in counts:
        net = Net(f"select_masks_{count}", Floats(abs(count)), relative=2e-6)
        labels = net.input([rows], "labels", "i32", RNG.integers(-1, 6, rows))
        yield net.output(net.layer("select_masks", net.input([rows, 5, 6, 7], "logits"), labels, net.input([1], "count", "i32", [count])))
        net = Net(f"paste_masks_{count}", Floats(abs(count)), exact=True)
        m = net.input([rows, 4, 4], "masks", value=RNG.uniform(0, 1, (rows, 4, 4)))
        b, n = counted(net, rows, count)
        yield net.output(net.layer("paste_masks", m, b, net.input([4], "geometry", "i32", [32, 24, 60, 40]), n, size=[64, 48]))


def pictures(rows, counts):
    for index, (shape, size) in enumerate((([20, 31, 3], [32, 64]), ([31, 20, 3], [64, 32]), ([16, 16, 3], [32, 32]), ([90, 44, 3], [64, 64]))):
        net = Net(f"image_to_batch_{index}", Floats(index), relative=2e-5)
        net.capped([64, 96, 3] if shape[0] < 64 else [96, 96, 3], [0, 1], shape)
        net.layer("image_to_batch", "image", name="layer", size=size, min_size=32, max_size=64, reverse_channels=index % 2 == 1)
        net.layers[-1]["as"] = ["canvas", "geometry"]
        yield net.output("canvas", "canvas_out").output("geometry", "geometry_out")
    for count in counts:
        net = Net(f"warp_rois_{count}", Floats(abs(count)), relative=1e-4)
        net.capped([80, 80, 3], [0, 1], [64, 48, 3])
        b, n = counted(net, rows, count)
        yield net.output(net.layer("warp_rois", "image", b, n, size=[9, 12], context_padding=2, reverse_channels=count == 1))


def proposals():
    for index, (pre, post, iou, sides) in enumerate(((1000, 50, 0.7, ([8, 6], [4, 3])), (20, 10, 0.5, ([7, 5], [3, 3])), (5, 1000, 0.3, ([1, 1],)))):
        net = Net(f"proposals_{index}", Floats(index), relative=4e-6)
        geometry = net.input([4], "geometry", "i32", [60, 44, 120, 88])
        logits = [net.input([1, 6, *side], f"logits{level}") for level, side in enumerate(sides)]
        deltas = [net.input([1, 24, *side], f"deltas{level}", value=0.5 * RNG.standard_normal((1, 24, *side))) for level, side in enumerate(sides)]
        yield results(net, "proposals", geometry, *logits, *deltas, sizes=[8.0, 12.0, 16.0, 32.0][: 2 * len(sides)], image_size=PICTURE, pre_nms_top_n=pre, post_nms_top_n=post,
                      iou_threshold=iou, names=["regions", "objectness", "found"])
    net = Net("no_proposals", Floats(3), relative=4e-6)  # none is likely enough
    logits, deltas = net.input([1, 2, 3, 4], "logits"), net.input([1, 8, 3, 4], "deltas")
    yield results(net, "proposals", net.input([4], "geometry", "i32", [60, 44, 60, 44]), logits, deltas, sizes=[8.0], aspect_ratios=[0.5, 1.0], image_size=PICTURE,
                  score_threshold=1.0, names=["regions", "objectness", "found"])


def detector(index, threshold):
    """Two levels, three classes, masks: what a two-stage detector is made of, with weights that keep boxes near their anchors."""
    net = Net(f"detector_{index}", Floats(index), relative=2e-3)
    net.capped([96, 96, 3], [0, 1], [70, 90, 3])
    net.layer("image_to_batch", "image", name="input", size=[64, 64], min_size=48, max_size=64)
    net.layers[-1]["as"] = ["canvas", "geometry"]

    def conv(x, channels, out, kernel=3, gain=1.0, **attributes):
        net.data.scale = gain / np.sqrt(channels * kernel * kernel)
        pad = [kernel // 2] * 4
        return net.conv2d(x, channels, out, [kernel, kernel], pad=pad, **attributes)

    c2 = net.layer("relu", conv(conv("canvas", 3, 8, stride=[2, 2]), 8, 8, stride=[2, 2]))
    c3 = net.layer("relu", conv(c2, 8, 8, stride=[2, 2]))
    logits = [conv(c, 8, 3, 1) for c in (c2, c3)]
    deltas = [conv(c, 8, 12, 1, gain=0.3) for c in (c2, c3)]
    net.layer("proposals", "geometry", *logits, *deltas, name="rpn", sizes=[12.0, 24.0], image_size=[64, 64], pre_nms_top_n=40, post_nms_top_n=30)
    net.layers[-1]["as"] = ["regions", "objectness", "found"]

    def dense(x, features, out, gain=1.0):
        net.data.scale = gain / np.sqrt(features)
        return net.dense(x, features, out)

    x = net.layer("multiscale_roi_align", "regions", "found", c2, c3, size=[3, 3], image_size=[64, 64], canonical_size=16, canonical_level=2)
    x = net.layer("relu", dense(net.layer("flatten", x), 72, 16))
    likely = net.layer("softmax", dense(x, 16, 4, gain=2.0))
    moved = net.layer("clip_boxes", net.layer("decode_boxes", "regions", dense(x, 16, 16, gain=2.0)), "geometry")
    net.layer("detections", moved, likely, "found", name="head", score_threshold=threshold, cap=12)
    net.layers[-1]["as"] = ["kept", "confidence", "labels", "count"]
    y = net.layer("multiscale_roi_align", "kept", "count", c2, c3, size=[4, 4], image_size=[64, 64], canonical_size=16, canonical_level=2)
    net.output(net.layer("select_masks", conv(net.layer("relu", conv(y, 8, 8)), 8, 4, 1), "labels", "count"), "masks")
    net.output(net.layer("rescale_boxes", "kept", "geometry"), "boxes").output("confidence", "scores").output("labels", "classes").output("count", "number")
    return net


class Detectors(OracleTest):
    ROWS, COUNTS = 23, (0, 1, 17, 23)
    nets = [*coder(ROWS, COUNTS), *orders(ROWS, (*COUNTS, 40, -3)), *regions(ROWS, COUNTS), *masks(ROWS, COUNTS), *pictures(ROWS, COUNTS), *proposals(),
            detector(1, 0.2), detector(2, 0.3), detector(3, 1.0)]

    def test_reference(self):
        self.each(self.check_reference)

    def test_library(self):
        self.workshop.compile(self.nets)
        self.each(self.check_library)

    def test_export_is_valid_onnx(self):
        import onnx

        self.each(lambda net: onnx.checker.check_model(str(self.workshop.path / f"{net.name}.onnx"), full_check=True))

    def test_the_detectors_find_something_but_the_last(self):
        found = [int(self.oracles(net)[0]["number"][0]) for net in self.nets[-3:]]
        self.assertEqual([number > 0 for number in found], [True, True, False], found)


if __name__ == "__main__":
    unittest.main(verbosity=2)
