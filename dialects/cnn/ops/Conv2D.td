#ifndef CNN_CONV2D_TD
#define CNN_CONV2D_TD
include "dialects/cnn/CnnBase.td"

def Cnn_Conv2DOp : Cnn_ParametricOp<"conv2d", [ChannelBlockable, DeclareOpInterfaceMethods<CostOpInterface>]> {
  let summary = "2-D convolution (cross-correlation).";
  let description = [{
    result[n, o, y, x] = bias[o] + sum over i, u, v of
      input[n, g*I/groups + i, y*stride0 + u*dilation0 - pad.top, x*stride1 + v*dilation1 - pad.left] * weight[o, i, u, v],
    zero outside the input; g is the group of output channel o. `groups == channels` is a depthwise convolution, with channel
    multiplier out_channels / groups. Source: ONNX Conv, torch.nn.Conv2d.

    Constraints:
    - C1: the input has rank 4.
    - C2: kernel, stride and dilation lie in [1, 2^20], pads in [0, 2^20].
    - C3: groups divides the input channels and out_channels.
    - C4: the weight has shape [out_channels, channels/groups, kernel0, kernel1].
    - C5: the bias, present exactly when `bias` is true, has shape [out_channels].
    - C6: the dilated kernel fits the padded input.
  }];
  let arguments = (ins
    Cnn_F32:$input, Cnn_F32:$weight, Optional<Cnn_F32>:$bias_value,
    I64Attr:$out_channels,
    DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pad,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    DefaultValuedAttr<BoolAttr, "true">:$bias);
}

#endif
