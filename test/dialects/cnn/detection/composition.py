"""Prints cnn.proposals beside the composition of ops that it stands for, as IR that checks that both are equal. With `wrong`, the composition leaves out
what makes it right: it asks for one anchor less."""
import sys

import numpy as np

from ir import Case

random = np.random.default_rng(3)
RATIOS, SIZES, IMAGE, SCALED = (0.5, 1.0, 2.0), (8.0, 16.0), (40, 56), (37, 50)


def by_cells(maps, each):
    """[1, A * each, H, W] as rows [H * W * A, each] in the order of anchors."""
    _, channels, height, width = maps.shape
    return np.ascontiguousarray(maps.reshape(channels // each, each, height, width).transpose(2, 3, 0, 1).reshape(-1, each))


def f32(*shape):
    return f"tensor<{''.join(f'{extent}x' for extent in shape)}f32>"


def i32(*shape):
    return f"tensor<{''.join(f'{extent}x' for extent in shape)}i32>"


def compare(name, logits, deltas, before, after, iou, score, min_size):
    """`before` is at most the number of anchors of a level, so that each level gives as many candidates."""
    case = Case(name)
    levels = len(logits)
    geometry = case.constant(np.array([*SCALED, 9, 9], np.int32))
    ratios, image = ", ".join(map(str, RATIOS)), ", ".join(map(str, IMAGE))
    operands = [case.constant(array) for array in (*logits, *deltas)]
    whole = case.op("proposals", f"sizes = array<f64: {', '.join(map(str, SIZES[:levels]))}>, aspect_ratios = array<f64: {ratios}>, image_size = array<i64: {image}>, "
                                 f"pre_nms_top_n = {before}, post_nms_top_n = {after}, iou_threshold = {iou}, score_threshold = {score}, min_size = {min_size}",
                    [geometry, *operands], [f32(after, 4), f32(after), i32(1)])
    taken = before - 1 if sys.argv[1:] == ["wrong"] else before
    boxes, scores = [], []
    for level in range(levels):
        rows = logits[level].size
        (anchors,) = case.op("anchors", f"sizes = array<f64: {SIZES[level]}>, aspect_ratios = array<f64: {ratios}>, image_size = array<i64: {image}>", [operands[level]], [f32(rows, 4)])
        flat, offsets = case.constant(by_cells(logits[level], 1)[:, 0]), case.constant(by_cells(deltas[level], 4))
        values, indices, count = case.op("top_k", f"k = {taken}", [flat, case.constant(np.array([rows], np.int32))], [f32(taken), i32(taken), i32(1)])
        near = [case.op("gather_rows", "", [source, indices, count], [f32(taken, 4)])[0] for source in (anchors, offsets)]
        (decoded,) = case.op("decode_boxes", "weights = array<f64: 1.0, 1.0, 1.0, 1.0>", near, [f32(taken, 4)])
        boxes += case.op("clip_boxes", "", [decoded, geometry], [f32(taken, 4)])
        scores += case.op("sigmoid", "", [values], [f32(taken)])
    total = levels * taken
    (boxes,), (scores,) = (case.op("concat", "axis = 0", parts, [f32(total, *rest)]) for parts, rest in ((boxes, (4,)), (scores, ())))
    full = case.constant(np.array([total], np.int32))
    boxes, scores, count = case.op("remove_small", f"min_size = {min_size}", [boxes, scores, full], [f32(total, 4), f32(total), i32(1)])
    if levels > 1:  # nothing is small, so that rows keep their level
        case.expect(count, full)
    groups = case.constant(np.repeat(np.arange(levels, dtype=np.int32), taken))
    indices, count = case.op("nms", f"iou_threshold = {iou}, score_threshold = {score}, cap = {after}", [boxes, scores, groups, count], [i32(after), i32(1)])
    case.expect(count, whole[2])
    for source, expected in ((boxes, whole[0]), (scores, whole[1])):
        (chosen,) = case.op("gather_rows", "", [source, indices, count], [expected[1]])
        case.expect(chosen, expected)
    print(case.text())


def maps(height, width, coarse):
    logits = random.standard_normal((1, 3, height, width)).astype(np.float32) * 4
    return (np.round(logits) if coarse else logits), random.standard_normal((1, 12, height, width)).astype(np.float32) * 0.4


def main():
    logits, deltas = maps(10, 14, coarse=False)
    compare("one_level", [logits], [deltas], 300, 100, 0.7, 0.0, 2.0)
    compare("few_taken", [logits], [deltas], 40, 100, 0.3, 0.6, 2.0)
    coarse, deltas = maps(10, 14, coarse=True)
    compare("equal_logits", [coarse], [deltas], 200, 30, 0.5, 0.0, 2.0)
    compare("equal_probabilities", [coarse * 8], [deltas], 420, 200, 0.5, 0.0, 2.0)
    hostile, wild = coarse.copy(), deltas.copy()
    hostile.flat[::7], hostile.flat[3], hostile.flat[4] = np.nan, np.inf, -np.inf
    wild.flat[::11], wild.flat[5], wild.flat[6], wild.flat[20] = np.nan, np.inf, -np.inf, 1e30
    compare("hostile", [hostile], [wild], 400, 100, 0.7, 0.0, 2.0)
    finer, coarser = maps(10, 14, coarse=True), maps(5, 7, coarse=True)
    compare("two_levels", [finer[0], coarser[0]], [finer[1], coarser[1]], 100, 150, 0.5, 0.2, 0.0)


main()
