#ifndef CNN_RELU_TD
#define CNN_RELU_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ReluOp : Cnn_ActivationOp<"relu"> {
  let summary = "max(x, 0); NaN passes through. Source: ONNX Relu.";
  let hasCanonicalizeMethod = 1;
}

def Cnn_Relu6Op : Cnn_ActivationOp<"relu6"> {
  let summary = "min(max(x, 0), 6); NaN passes through. Source: torch.nn.ReLU6.";
  let hasCanonicalizeMethod = 1;
}

def Cnn_ClipOp : Cnn_ActivationOp<"clip"> {
  let summary = "min(max(x, min), max); NaN passes through. Source: ONNX Clip with constant bounds.";
  let description = [{
    An infinite bound does not clip.

    Constraints:
    - C1: min is at most max; neither is NaN.
  }];
  let arguments = (ins Cnn_F32:$input, F64Attr:$min, F64Attr:$max);
  let extraClassDefinition = "";
  let hasCanonicalizeMethod = 1;
}

def Cnn_LeakyReluOp : Cnn_ActivationOp<"leaky_relu"> {
  let summary = "x where x >= 0, alpha * x elsewhere; NaN passes through. Source: ONNX LeakyRelu, torch.nn.LeakyReLU.";
  let arguments = (ins Cnn_F32:$input, DefaultValuedAttr<F64Attr, "0.01">:$alpha);
}

#endif
