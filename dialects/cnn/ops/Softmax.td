#ifndef CNN_SOFTMAX_TD
#define CNN_SOFTMAX_TD
include "dialects/cnn/CnnBase.td"

def Cnn_SoftmaxOp : Cnn_UnaryOp<"softmax"> {
  let summary = "exp(x) / sum of exp(x) along an axis, computed from x - max. Source: ONNX Softmax, opset 13.";
  let description = [{
    A line that is -inf throughout gives NaN.

    Constraints:
    - C1: axis lies in [-rank, rank); it is not a dynamic batch.
  }];
  let arguments = (ins Cnn_F32:$input, DefaultValuedAttr<I64Attr, "-1">:$axis);
}

#endif
