#ifndef CNN_PAD_TD
#define CNN_PAD_TD
include "dialects/cnn/CnnBase.td"

def Cnn_PadOp : Cnn_UnaryOp<"pad", [ChannelBlockable]> {
  let summary = "Adds cells around each plane, or crops it. Source: ONNX Pad.";
  let description = [{
    `pad` = top, left, bottom, right; a negative amount crops. `mode` fills new cells: "constant" with `value`, "edge" with the
    nearest cell, "reflect" with the mirror image about the border cell. Cropping comes first.

    Constraints:
    - C1: the input has rank 4.
    - C2: pad is four counts in [-2^20, 2^20].
    - C3: mode is "constant", "reflect" or "edge".
    - C4: cropping leaves at least one row and one column.
    - C5: with "reflect", an amount is smaller than the extent that cropping leaves.
  }];
  let arguments = (ins Cnn_F32:$input, DenseI64ArrayAttr:$pad, DefaultValuedStrAttr<StrAttr, "constant">:$mode,
                       DefaultValuedAttr<F64Attr, "0.0">:$value);
  let hasFolder = 1;
}

#endif
