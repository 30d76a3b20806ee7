#ifndef CNN_ANCHORS_TD
#define CNN_ANCHORS_TD
include "dialects/cnn/CnnBase.td"

def Cnn_AnchorsOp : Cnn_RoutineOp<"anchors"> {
  let summary = "Reference boxes of a map's cells. Source: torchvision AnchorGenerator; Ren et al. 2015, Faster R-CNN.";
  let description = [{
    For a map [1, C, H, W], whose values do not matter, gives boxes [H * W * A, 4] in pixels, in the order of y, x, anchor. The A anchors of a
    cell are one of each size for each aspect ratio (height / width): sides size / sqrt(ratio) and size * sqrt(ratio) about the cell's corner
    (x * stride, y * stride), halves of sides rounded to whole pixels, ties to even. Strides are image_size over the map's extents,
    rounded down. Each step is rounded to f32, as in torchvision: rounding decides whole pixels. The op is a constant and becomes one.

    Constraints:
    - C1: the map has shape [1, C, H, W].
    - C2: sizes and aspect_ratios are 1 to 1024 finite numbers above 0.
    - C3: image_size is two extents in [1, 2^20], none smaller than the map's.
    - C4: there are at most 2^24 anchors.
  }];
  let arguments = (ins Cnn_F32:$features, DenseF64ArrayAttr:$sizes,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.5, 1.0, 2.0}">:$aspect_ratios,
    DenseI64ArrayAttr:$image_size);
  let results = (outs Cnn_F32:$boxes);
  let hasCanonicalizeMethod = 1;
}

#endif
