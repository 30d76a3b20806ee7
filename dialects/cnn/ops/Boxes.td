#ifndef CNN_BOXES_TD
#define CNN_BOXES_TD
include "dialects/cnn/CnnBase.td"

def Cnn_DecodeBoxesOp : Cnn_RoutineOp<"decode_boxes"> {
  let summary = "Boxes from deltas relative to other boxes. Source: torchvision BoxCoder.decode_single; Girshick et al. 2014, R-CNN, appendix C.";
  let description = [{
    For boxes [R, 4] and deltas [R, 4K] of K classes gives [R, K, 4], or [R, 4] where K is 1. A delta dx, dy, dw, dh over its weight moves the
    centre by that share of the width or height and scales them by its exponential; dw and dh are at most `clip`, log(1000 / 16) by
    default, so that nothing overflows. NaN passes through.

    Constraints:
    - C1: boxes have the static shape [R, 4], R up to 2^24.
    - C2: deltas have the shape [R, 4K] with the same R.
    - C3: weights are four finite numbers other than 0; clip is finite.
  }];
  let arguments = (ins Cnn_F32:$boxes, Cnn_F32:$deltas,
    DefaultValuedAttr<DenseF64ArrayAttr, "{10.0, 10.0, 5.0, 5.0}">:$weights,
    DefaultValuedAttr<F64Attr, "4.135166556742356">:$clip);
  let results = (outs Cnn_F32:$result);
}

// Boxes [.., 4] and a geometry give boxes of the same shape.
class Cnn_GeometryOp<string mnemonic, dag attributes = (ins)> : Cnn_RoutineOp<mnemonic> {
  let arguments = !con((ins Cnn_F32:$boxes, Cnn_Geometry:$geometry), attributes);
  let results = (outs Cnn_F32:$result);
}

def Cnn_ClipBoxesOp : Cnn_GeometryOp<"clip_boxes"> {
  let summary = "Boxes clamped into the scaled picture. Source: torchvision.ops.clip_boxes_to_image.";
  let description = [{
    x is brought into [0, scaled width], y into [0, scaled height], the first two numbers of the geometry. NaN passes through.

    Constraints:
    - C1: boxes have a static shape [.., 4] of rank 2 or more, with up to 2^24 boxes.
  }];
}

def Cnn_RescaleBoxesOp : Cnn_GeometryOp<"rescale_boxes", (ins DefaultValuedAttr<BoolAttr, "false">:$to_scaled)> {
  let summary = "Boxes of the scaled picture in pixels of the original, or the reverse. Source: torchvision.models.detection.transform.resize_boxes.";
  let description = [{
    x is multiplied by original width / scaled width, with `to_scaled` by scaled width / original width, y likewise; the ratios are rounded to
    f32, as in torchvision. Where the picture that the boxes come from has no pixels they stay as they are.

    Constraints:
    - C1: boxes have a static shape [.., 4] of rank 2 or more, with up to 2^24 boxes.
  }];
}

def Cnn_RemoveSmallOp : Cnn_RoutineOp<"remove_small", ["scratchBytes", "rowCount"]> {
  let summary = "Drops boxes with a side below min_size. Source: torchvision.ops.remove_small_boxes.";
  let description = [{
    Of the first `count` boxes [R, 4] and scores [R], keeps in their order those whose width and height, rounded to f32 as in torchvision, are both
    at least min_size; a NaN is dropped. Gives boxes [R, 4], scores [R] and their count; rows past it are 0.

    Constraints:
    - C1: boxes have the static shape [R, 4], R up to 2^24.
    - C2: scores have the shape [R] with the same R.
    - C3: min_size is finite.
  }];
  let arguments = (ins Cnn_F32:$boxes, Cnn_F32:$scores, Cnn_Count:$count, F64Attr:$min_size);
  let results = (outs Cnn_F32:$large_boxes, Cnn_F32:$large_scores, Cnn_I32:$large_count);
}

#endif
