#ifndef CNN_BATCHNORM_TD
#define CNN_BATCHNORM_TD
include "dialects/cnn/CnnBase.td"

def Cnn_BatchNormOp : Cnn_ParametricOp<"batch_norm", [ChannelBlockable]> {
  let summary = "Normalisation by running statistics, per channel (dimension 1).";
  let description = [{
    result[n, c, ...] = (input[n, c, ...] - running_mean[c]) / sqrt(running_var[c] + epsilon) * weight[c] + bias[c].
    Source: ONNX BatchNormalization (inference), torch.nn.BatchNorm2d in eval mode, whose parameter names it has.

    Constraints:
    - C1: the input has rank 2 or more.
    - C2: epsilon is finite and not negative.
    - C3: each parameter has shape [C].
  }];
  let arguments = (ins Cnn_F32:$input, Cnn_F32:$weight, Cnn_F32:$bias, Cnn_F32:$running_mean, Cnn_F32:$running_var,
                       DefaultValuedAttr<F64Attr, "1e-5">:$epsilon);
}

def Cnn_BiasOp : Cnn_ParametricOp<"bias", [ChannelBlockable]> {
  let summary = "Adds one value per channel (dimension 1).";
  let description = [{
    Constraints:
    - C1: the input has rank 2 or more.
    - C2: the bias has shape [C].
  }];
  let arguments = (ins Cnn_F32:$input, Cnn_F32:$bias_value);
}

#endif
