#ifndef CNN_DENSE_TD
#define CNN_DENSE_TD
include "dialects/cnn/CnnBase.td"

def Cnn_DenseOp : Cnn_ParametricOp<"dense", [DeclareOpInterfaceMethods<CostOpInterface>]> {
  let summary = "Fully connected layer: input * weight^T + bias.";
  let description = [{
    result[n, o] = bias[o] + sum over k of input[n, k] * weight[o, k]. Source: ONNX Gemm with transB = 1, torch.nn.Linear.

    Constraints:
    - C1: the input has rank 2, [N, K].
    - C2: out_features is at least 1.
    - C3: the weight has shape [out_features, K].
    - C4: the bias, present exactly when `bias` is true, has shape [out_features].
  }];
  let arguments = (ins
    Cnn_F32:$input, Cnn_F32:$weight, Optional<Cnn_F32>:$bias_value,
    I64Attr:$out_features,
    DefaultValuedAttr<BoolAttr, "true">:$bias);
}

#endif
