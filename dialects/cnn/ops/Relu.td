#ifndef CNN_RELU_TD
#define CNN_RELU_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ReluOp : Cnn_ActivationOp<"relu"> {
  let summary = "max(x, 0); NaN passes through. Source: ONNX Relu.";
  let arguments = (ins Cnn_F32:$input);
  let hasFolder = 1;
}

#endif
