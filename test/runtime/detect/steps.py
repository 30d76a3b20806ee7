"""The functions of runtime/lib/detect on numpy arrays, through ctypes: what the tests share. The library is CNNC_DETECT_LIBRARY."""

import ctypes
import math
import os

import numpy as np

LEVELS, ANCHORS = 8, 16
i32, i64, f32, f64, pointer = ctypes.c_int32, ctypes.c_int64, ctypes.c_float, ctypes.c_double, ctypes.c_void_p


def struct(name, **fields):
    return type(name, (ctypes.Structure,), {"_fields_": list(fields.items())})


Layout = struct("Layout", plane=i64, row=i64, block=i32, channels=i32, height=i32, width=i32)
Coder = struct("Coder", weights=f32 * 4, clip=f32)
Anchors = struct("Anchors", count=i32, stride_y=i32, stride_x=i32, base=f32 * 4 * ANCHORS)
ProposalLevel = struct("ProposalLevel", anchors=Anchors, objectness=Layout, deltas=Layout)
Proposals = struct("Proposals", levels=i32, level=ProposalLevel * LEVELS, pre_nms_top_n=i32, post_nms_top_n=i32, min_size=f32,
                   score_threshold=f32, nms_threshold=f64, coder=Coder)  # fmt: skip
Detections = struct("Detections", classes=i32, box_classes=i32, first_class=i32, cap=i32, score_threshold=f32, min_size=f32, nms_threshold=f64,
                    coder=Coder)  # fmt: skip
RoiAlign = struct("RoiAlign", map=Layout, result=Layout, scale=f32, sampling_ratio=i32, aligned=i32)
RoiPool = struct("RoiPool", map=Layout, result=Layout, scale=f32)
Mapper = struct("Mapper", levels=i32, first_level=i32, canonical_size=f32, canonical_level=f32, eps=f32)
Multiscale = struct("Multiscale", mapper=Mapper, map=Layout * LEVELS, scale=f32 * LEVELS, result=Layout, sampling_ratio=i32, aligned=i32)
Picture = struct("Picture", data=pointer, row=i64, pixel=i64, channel=i64, height=i32, width=i32)
Normalization = struct("Normalization", divisor=f32, mean=f32 * 3, std=f32 * 3, reversed=i32)
Image = struct("Image", normalization=Normalization, min_size=i32, max_size=i32, canvas=Layout)
Warp = struct("Warp", normalization=Normalization, result=Layout, padding=i32)
Paste = struct("Paste", size=i32, padding=i32, threshold=f32)

library = ctypes.CDLL(os.environ["CNNC_DETECT_LIBRARY"])
for size_of in ("cnnc_top_k_scratch", "cnnc_nms_scratch", "cnnc_proposals_scratch", "cnnc_detections_scratch"):
    getattr(library, size_of).restype = ctypes.c_size_t


def at(array):
    return array.ctypes.data_as(pointer)


def scratch(size):
    """Aligned to 64 bytes, full of NaN."""
    memory = np.full(size + 64, 255, np.uint8)
    return memory[-memory.ctypes.data % 64 :]


class Map:
    """A map [channels, height, width] in blocks of channels, inside a halo of cells that hold `edge`."""

    def __init__(self, values=None, block=1, halo=0, shape=None, edge=np.nan):
        channels, height, width = shape or values.shape
        blocks = -(-channels // block)
        self.memory = np.full((blocks, height + 2 * halo, width + 2 * halo, block), edge, np.float32)
        self.inside = self.memory[:, halo : halo + height, halo : halo + width]
        self.layout = Layout(self.memory.strides[0] // 4, self.memory.strides[1] // 4, block, channels, height, width)
        if values is not None:
            padded = np.full((blocks * block, height, width), edge, np.float32)
            padded[:channels] = values
            self.inside[:] = padded.reshape(blocks, block, height, width).transpose(0, 2, 3, 1)

    @property
    def lanes(self):
        """All lanes, those past the channels included: [blocks * block, height, width]."""
        blocks, height, width, block = self.inside.shape
        return self.inside.transpose(0, 3, 1, 2).reshape(blocks * block, height, width)

    @property
    def values(self):
        return self.lanes[: self.layout.channels]

    @property
    def pointer(self):
        return pointer(self.inside.ctypes.data)


def top_k(scores, k):
    result = np.empty(max(k, 0), np.int32)
    count = library.cnnc_top_k(at(scores), len(scores), k, at(result), at(scratch(library.cnnc_top_k_scratch(len(scores)))))
    return result[:count]


def nms(boxes, order, threshold, cap=None, groups=None):
    order = np.ascontiguousarray(order, np.int32)
    result = np.empty(len(order), np.int32)
    count = library.cnnc_nms(at(boxes), groups is not None and at(groups) or None, at(order), len(order), f64(threshold),
                             len(order) if cap is None else cap, at(result), at(scratch(library.cnnc_nms_scratch(len(order)))))  # fmt: skip
    return result[:count]


def coder(weights=(1, 1, 1, 1)):
    return Coder((f32 * 4)(*weights), math.log(1000 / 16))


def decode(boxes, deltas, weights):
    n, classes = len(boxes), deltas.size // 4 // max(len(boxes), 1)
    result = np.empty((n, classes, 4), np.float32)
    library.cnnc_decode_boxes(ctypes.byref(coder(weights)), at(boxes), at(deltas), n, classes, at(result))
    return result


def clip(boxes, height, width):
    result = boxes.copy()
    library.cnnc_clip_boxes(at(result), len(result), height, width)
    return result


def remove_small(boxes, min_size):
    result = np.empty(len(boxes), np.int32)
    return result[: library.cnnc_remove_small(at(boxes), len(boxes), f32(min_size), at(result))]


def rescale(boxes, source, target):
    result = boxes.copy()
    library.cnnc_rescale_boxes(at(result), len(result), (i32 * 2)(*source), (i32 * 2)(*target))
    return result


def base_anchors(sizes, ratios):
    result = np.zeros((ANCHORS, 4), np.float32)
    sizes, ratios = np.array(sizes, np.float32), np.array(ratios, np.float32)
    return result[: library.cnnc_base_anchors(at(sizes), len(sizes), at(ratios), len(ratios), at(result))]


def anchors(base, strides):
    result = Anchors(len(base), *strides)
    for i, box in enumerate(base):
        result.base[i] = (f32 * 4)(*box)
    return result


def anchor(options, width, index):
    result = np.empty(4, np.float32)
    library.cnnc_anchor_at(ctypes.byref(options), width, index, at(result))
    return result


def proposals(levels, size, pre=1000, post=1000, nms_threshold=0.7, min_size=1e-3, score_threshold=0.0, weights=(1, 1, 1, 1), repeat=1):
    """`levels`: (anchors, objectness Map, deltas Map) each."""
    options = Proposals(len(levels), pre_nms_top_n=pre, post_nms_top_n=post, min_size=min_size, score_threshold=score_threshold,
                        nms_threshold=nms_threshold, coder=coder(weights))  # fmt: skip
    for i, (reference, objectness, deltas) in enumerate(levels):
        options.level[i] = ProposalLevel(reference, objectness.layout, deltas.layout)
    objectness, deltas = ((pointer * len(levels))(*(level[part].pointer for level in levels)) for part in (1, 2))
    boxes, scores = np.full((max(post, 0), 4), np.nan, np.float32), np.full(max(post, 0), np.nan, np.float32)
    work = scratch(library.cnnc_proposals_scratch(ctypes.byref(options)))
    call = lambda: library.cnnc_proposals(ctypes.byref(options), objectness, deltas, *size, at(boxes), at(scores), at(work))
    return timed(call, repeat), boxes, scores


def detections(scores, boxes, deltas, size, cap=100, box_classes=None, first_class=1, score_threshold=0.05, nms_threshold=0.5, min_size=1e-2,
               weights=(10, 10, 5, 5), repeat=1):  # fmt: skip
    rows, classes = scores.shape
    options = Detections(classes, box_classes or classes, first_class, cap, score_threshold, min_size, nms_threshold, coder(weights))
    out = [np.full((cap, 4), np.nan, np.float32), np.full(cap, np.nan, np.float32), np.full(cap, -1, np.int32), np.full(cap, -1, np.int32)]
    work = scratch(library.cnnc_detections_scratch(ctypes.byref(options), rows))
    call = lambda: library.cnnc_detections(ctypes.byref(options), at(scores), at(boxes), None if deltas is None else at(deltas), rows, *size,
                                           *map(at, out), at(work))  # fmt: skip
    return timed(call, repeat), *out


def roi_align(source, region, target, scale, sampling_ratio, aligned):
    options = RoiAlign(source.layout, target.layout, scale, sampling_ratio, aligned)
    library.cnnc_roi_align(ctypes.byref(options), source.pointer, at(np.array(region, np.float32)), target.pointer)
    return target


def roi_pool(source, region, target, scale):
    options = RoiPool(source.layout, target.layout, scale)
    library.cnnc_roi_pool(ctypes.byref(options), source.pointer, at(np.array(region, np.float32)), target.pointer)
    return target


def mapper(levels, first_level=2):
    return Mapper(levels, first_level, 224, 4, 1e-6)


def assign_level(region, levels, first_level=2):
    return library.cnnc_assign_level(ctypes.byref(mapper(levels, first_level)), at(np.array(region, np.float32)))


def multiscale_roi_align(maps, scales, region, target, sampling_ratio, aligned, first_level=2):
    options = Multiscale(mapper(len(maps), first_level), result=target.layout, sampling_ratio=sampling_ratio, aligned=aligned)
    for i, (source, scale) in enumerate(zip(maps, scales)):
        options.map[i], options.scale[i] = source.layout, scale
    pointers = (pointer * len(maps))(*(source.pointer for source in maps))
    library.cnnc_multiscale_roi_align(ctypes.byref(options), pointers, at(np.array(region, np.float32)), target.pointer)
    return target


def picture(pixels):
    """`pixels`: uint8 [height, width, 3], any strides."""
    return Picture(pixels.ctypes.data, *pixels.strides, *pixels.shape[:2])


def normalization(divisor=255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), reversed=0):
    return Normalization(divisor, (f32 * 3)(*mean), (f32 * 3)(*std), reversed)


def image_to_batch(pixels, canvas, min_size, max_size, repeat=1, **how):
    options = Image(normalization(**how), min_size, max_size, canvas.layout)
    geometry = (i32 * 4)()
    call = lambda: library.cnnc_image_to_batch(ctypes.byref(options), ctypes.byref(picture(pixels)), canvas.pointer, geometry)
    return timed(call, repeat), list(geometry)


def image_rows(pixels, canvas, min_size, max_size, geometry, first, last, **how):
    options = Image(normalization(**how), min_size, max_size, canvas.layout)
    library.cnnc_image_rows(ctypes.byref(options), ctypes.byref(picture(pixels)), (i32 * 4)(*geometry), first, last, canvas.pointer)


def warp_region(pixels, box, target, padding, **how):
    options = Warp(normalization(**how), target.layout, padding)
    library.cnnc_warp_region(ctypes.byref(options), ctypes.byref(picture(pixels)), at(np.array(box, np.float32)), target.pointer)
    return target


def select_mask(logits, label):
    result = np.full((logits.layout.height, logits.layout.width), np.nan, np.float32)
    library.cnnc_select_mask(ctypes.byref(logits.layout), logits.pointer, label, at(result))
    return result


def paste_mask(mask, box, size, dtype=np.float32, threshold=0.5, padding=1):
    result = np.full(size, 77, dtype)
    paste = library.cnnc_paste_mask if dtype == np.float32 else library.cnnc_paste_mask_u8
    paste(ctypes.byref(Paste(len(mask), padding, threshold)), at(mask), at(np.array(box, np.float32)), *size, at(result))
    return result


def timed(call, repeat):
    """The value of the call; with `repeat` also the least time of as many calls, in ms, on the standard output."""
    import time

    best, value = float("inf"), None
    for _ in range(repeat):
        start = time.perf_counter()
        value = call()
        best = min(best, time.perf_counter() - start)
    if repeat > 1:
        print(f"{best * 1e3:.2f} ms")
    return value
