#ifndef CNN_POOL_TD
#define CNN_POOL_TD
include "dialects/cnn/CnnBase.td"

class Cnn_PoolOp<string mnemonic> : Cnn_Op<mnemonic, [ChannelBlockable]> {
  let results = (outs Cnn_F32:$result);
}

def Cnn_MaxPoolOp : Cnn_PoolOp<"max_pool"> {
  let summary = "Maximum over a sliding window; pads take no part, NaN wins. Source: ONNX MaxPool, torch.nn.MaxPool2d.";
  let description = [{
    With `ceil_mode` the last window may overhang the padded input, but it starts inside the input or its leading pad.

    Constraints:
    - C1: the input has rank 4.
    - C2: kernel, stride and dilation lie in [1, 2^20], pads in [0, 2^20].
    - C3: at least one window fits the padded input.
    - C4: each window covers an input cell.
  }];
  let arguments = (ins Cnn_F32:$input,
    DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pad,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation,
    DefaultValuedAttr<BoolAttr, "false">:$ceil_mode);
}

def Cnn_AvgPoolOp : Cnn_PoolOp<"avg_pool"> {
  let summary = "Average over a sliding window. Source: ONNX AveragePool, torch.nn.AvgPool2d.";
  let description = [{
    The divisor counts input cells, and with `count_include_pad` pad cells too, but never cells beyond the padded input that a
    `ceil_mode` window overhangs. The default of `count_include_pad` is ONNX's; torch's is true.

    Constraints:
    - C1: the input has rank 4.
    - C2: kernel and stride lie in [1, 2^20], pads in [0, 2^20].
    - C3: at least one window fits the padded input.
    - C4: each window covers an input cell, unless `count_include_pad` is true.
  }];
  let arguments = (ins Cnn_F32:$input,
    DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pad,
    DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
    DefaultValuedAttr<BoolAttr, "false">:$count_include_pad);
}

def Cnn_GlobalAvgPoolOp : Cnn_PoolOp<"global_avg_pool"> {
  let summary = "Average of each channel's plane, [N, C, 1, 1]. Source: ONNX GlobalAveragePool.";
  let description = [{
    Constraints:
    - C1: the input has rank 4.
  }];
  let arguments = (ins Cnn_F32:$input);
}

#endif
