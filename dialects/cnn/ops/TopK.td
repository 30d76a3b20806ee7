#ifndef CNN_TOP_K_TD
#define CNN_TOP_K_TD
include "dialects/cnn/CnnBase.td"

def Cnn_TopKOp : Cnn_RoutineOp<"top_k", ["scratchBytes", "rowCount"]> {
  let summary = "The k largest scores and their indices. Source: torch.topk, ONNX TopK.";
  let description = [{
    Of the first `count` scores [R] gives the k largest in order, values [k] and indices i32 [k], and min(k, count); rows past that are 0. Equal
    scores, compared in f32, stand in order of index, as in ONNX; -0 equals 0. NaN comes last, where torch.topk puts it first.

    Constraints:
    - C1: scores have a static shape [R], R up to 2^24.
    - C2: k lies in [1, 2^20]; it may exceed R.
  }];
  let arguments = (ins Cnn_F32:$scores, Cnn_Count:$count, I64Attr:$k);
  let results = (outs Cnn_F32:$values, Cnn_I32:$indices, Cnn_I32:$kept_count);
}

def Cnn_GatherRowsOp : Cnn_RoutineOp<"gather_rows", ["rowCount"]> {
  let summary = "Rows of a tensor by their indices. Source: torch.index_select along dimension 0, ONNX Gather.";
  let description = [{
    For x [R, ...], indices i32 [k] and a count gives [k, ...]: row i is x[indices[i]]. An index outside [0, R) gives a row of zeros; so do rows past
    the count.

    Constraints:
    - C1: x has a static shape [R, ...].
    - C2: indices have a static shape [k].
  }];
  let arguments = (ins Cnn_F32:$x, Cnn_I32:$indices, Cnn_Count:$count);
  let results = (outs Cnn_F32:$rows);
  let extraClassDefinition = "::mlir::Value $cppClass::rowCount(unsigned) { return getCount(); }";
}

#endif
