#ifndef CNN_CONVERTLAYOUT_TD
#define CNN_CONVERTLAYOUT_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ConvertLayoutOp : Cnn_UnaryOp<"convert_layout", [Pointwise, ChannelBlockable]> {
  let summary = "The same values in the layout of the result's type.";
  let description = [{
    Constraints:
    - C1: the input has rank 4.
  }];
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

#endif
