#ifndef CNN_ARITHMETIC_TD
#define CNN_ARITHMETIC_TD
include "dialects/cnn/CnnBase.td"

class Cnn_BroadcastOp<string mnemonic> : Cnn_Op<mnemonic, [Pointwise, ChannelBlockable]> {
  let arguments = (ins Cnn_F32:$lhs, Cnn_F32:$rhs);
  let results = (outs Cnn_F32:$result);
  let description = [{
    Shapes are aligned at their last dimension and broadcast as in NumPy.

    Constraints:
    - C1: aligned extents are equal, or one of them is 1. A dynamic batch equals only itself.
  }];
}

def Cnn_AddOp : Cnn_BroadcastOp<"add"> {
  let summary = "lhs + rhs. Source: ONNX Add.";
}

def Cnn_MulOp : Cnn_BroadcastOp<"mul"> {
  let summary = "lhs * rhs. Source: ONNX Mul.";
}

#endif
