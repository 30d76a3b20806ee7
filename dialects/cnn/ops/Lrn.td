#ifndef CNN_LRN_TD
#define CNN_LRN_TD
include "dialects/cnn/CnnBase.td"

def Cnn_LrnOp : Cnn_UnaryOp<"lrn", [ChannelBlockable]> {
  let summary = "Local response normalisation across channels. Source: ONNX LRN.";
  let description = [{
    result[n, c, y, x] = input[n, c, y, x] / (k + alpha / size * sum over i of input[n, i, y, x]^2)^beta, with i from
    c - floor((size - 1) / 2) to c + ceil((size - 1) / 2), within the channels. `k` is ONNX's `bias`.

    Constraints:
    - C1: the input has rank 4.
    - C2: size lies in [1, 2^20].
  }];
  let arguments = (ins Cnn_F32:$input, I64Attr:$size, DefaultValuedAttr<F64Attr, "1e-4">:$alpha, DefaultValuedAttr<F64Attr, "0.75">:$beta,
                       DefaultValuedAttr<F64Attr, "1.0">:$k);
}

#endif
