#ifndef CNN_NMS_TD
#define CNN_NMS_TD
include "dialects/cnn/CnnBase.td"

def Cnn_NmsOp : Cnn_RoutineOp<"nms", ["scratchBytes", "rowCount"]> {
  let summary = "Greedy non-maximum suppression by groups. Source: torchvision.ops.batched_nms.";
  let description = [{
    Visits the first `count` of boxes [R, 4] in order of scores [R], larger first, equal ones by index, NaN last, and keeps one unless a kept box of the
    same group (i32 [R]: its class or level) has an IoU above iou_threshold with it. With score_threshold, rows whose score is below it, or
    NaN, are no candidates. Gives the rows that are kept, in that order, as i32 [cap], and their count; indices past it are 0.

    IoU is inter / (area + area - inter), each step rounded to f32 and the quotient compared in f64, as in torchvision.ops.nms: the comparison
    decides. An IoU that equals the threshold does not suppress, nor does 0 / 0 or a NaN. Scores are compared in f32. Groups are apart by
    number, where torchvision shifts small sets of boxes apart, which rounds them.

    Constraints:
    - C1: boxes have the static shape [R, 4], R up to 2^24.
    - C2: scores and groups have the shape [R] with the same R.
    - C3: cap lies in [1, 2^20].
    - C4: iou_threshold and score_threshold are finite.
  }];
  let arguments = (ins Cnn_F32:$boxes, Cnn_F32:$scores, Cnn_I32:$groups, Cnn_Count:$count, F64Attr:$iou_threshold, OptionalAttr<F64Attr>:$score_threshold, I64Attr:$cap);
  let results = (outs Cnn_I32:$indices, Cnn_I32:$kept_count);
}

def Cnn_DetectionsOp : Cnn_RoutineOp<"detections", ["scratchBytes", "rowCount"]> {
  let summary = "Labelled detections from class scores and boxes of regions. Source: torchvision RoIHeads.postprocess_detections.";
  let description = [{
    Of the first `count` regions, with scores [R, K] (after softmax) and boxes [R, K, 4], or [R, 4] where all classes share one, every class but 0, the
    background, gives a candidate where its score is above score_threshold and neither side of its box is below min_size. Candidates are
    suppressed within their class (cnn.nms), and the best `cap` are the result: boxes [cap, 4], scores [cap], labels i32 [cap] and their
    count; rows past it are 0. Equal scores stand in order of row, then class. Boxes are taken as they are: cnn.clip_boxes comes before.
    Scores, sides and IoU are rounded to f32 before they are compared, as in torchvision; a NaN is no candidate.

    Constraints:
    - C1: scores have the static shape [R, K] with K at least 2 and R * K up to 2^24.
    - C2: boxes have the shape [R, K, 4] or [R, 4] with the same R and K.
    - C3: cap lies in [1, 2^20].
    - C4: score_threshold, iou_threshold and min_size are finite.
  }];
  let arguments = (ins Cnn_F32:$boxes, Cnn_F32:$scores, Cnn_Count:$count,
    DefaultValuedAttr<F64Attr, "0.05">:$score_threshold,
    DefaultValuedAttr<F64Attr, "0.5">:$iou_threshold,
    DefaultValuedAttr<I64Attr, "100">:$cap,
    DefaultValuedAttr<F64Attr, "0.01">:$min_size);
  let results = (outs Cnn_F32:$kept_boxes, Cnn_F32:$kept_scores, Cnn_I32:$labels, Cnn_I32:$kept_count);
}

#endif
