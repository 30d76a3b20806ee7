#ifndef CNN_CONCAT_TD
#define CNN_CONCAT_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ConcatOp : Cnn_Op<"concat", [ChannelBlockable]> {
  let summary = "Joins tensors along an axis. Source: ONNX Concat.";
  let description = [{
    Constraints:
    - C1: there is at least one operand.
    - C2: axis lies in [-rank, rank); it is not a dynamic batch.
    - C3: operands agree in rank and in every extent but that of the axis.
  }];
  let arguments = (ins Variadic<Cnn_F32>:$inputs, DefaultValuedAttr<I64Attr, "1">:$axis);
  let results = (outs Cnn_F32:$result);
  let hasFolder = 1;
}

#endif
