#ifndef CNN_CONVTRANSPOSE2D_TD
#define CNN_CONVTRANSPOSE2D_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ConvTranspose2DOp : Cnn_ParametricOp<"conv_transpose2d", [ChannelBlockable, DeclareOpInterfaceMethods<CostOpInterface>]> {
  let summary = "2-D transposed convolution: the gradient of conv2d with respect to its input. Source: ONNX ConvTranspose, torch.nn.ConvTranspose2d.";
  let description = [{
    Each input cell adds its products with the kernel to the output cells around y * stride:
    result[n, o, y*stride0 + u*dilation0 - pad.top, x*stride1 + v*dilation1 - pad.left] +=
      input[n, i, y, x] * weight[i, o - g*O/groups, u, v], from bias[o], for the inputs i of the group g of o;
    what falls outside the result is dropped. The result has (H - 1) * stride0 - pad.top - pad.bottom + dilation0 * (kernel0 - 1) +
    output_padding0 + 1 rows: `output_padding` adds rows and columns at the end, which a strided convolution of the result would not
    have read.

    Constraints:
    - C1: the input has rank 4.
    - C2: kernel, stride and dilation lie in [1, 2^20], pads in [0, 2^20].
    - C3: groups divides the input channels and out_channels.
    - C4: output_padding is two counts, each at least 0 and below the larger of stride and dilation.
    - C5: the weight has shape [channels, out_channels/groups, kernel0, kernel1].
    - C6: the bias, present exactly when `bias` is true, has shape [out_channels].
    - C7: the result has at least one row and one column.
  }];
  let arguments = (ins
    Cnn_F32:$input, Cnn_F32:$weight, Optional<Cnn_F32>:$bias_value,
    I64Attr:$out_channels,
    DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pad,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0}">:$output_padding,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    DefaultValuedAttr<BoolAttr, "true">:$bias);
}

#endif
