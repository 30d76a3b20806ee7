#ifndef CNN_SIGMOID_TD
#define CNN_SIGMOID_TD
include "dialects/cnn/CnnBase.td"

def Cnn_SigmoidOp : Cnn_ActivationOp<"sigmoid"> {
  let summary = "1 / (1 + exp(-x)). Source: ONNX Sigmoid.";
}

def Cnn_SiluOp : Cnn_ActivationOp<"silu"> {
  let summary = "x * sigmoid(x), also called swish. Source: torch.nn.SiLU.";
}

def Cnn_TanhOp : Cnn_ActivationOp<"tanh"> {
  let summary = "Hyperbolic tangent. Source: ONNX Tanh.";
}

def Cnn_HardSigmoidOp : Cnn_ActivationOp<"hard_sigmoid"> {
  let summary = "min(max(alpha * x + beta, 0), 1); NaN passes through. Source: ONNX HardSigmoid.";
  let description = [{
    The defaults are those of torch.nn.Hardsigmoid: alpha = 1/6, beta = 1/2. ONNX's default alpha is 1/5, so an ONNX importer spells
    alpha out even where the file leaves it away.
  }];
  let arguments = (ins Cnn_F32:$input, DefaultValuedAttr<F64Attr, "1.0 / 6.0">:$alpha, DefaultValuedAttr<F64Attr, "0.5">:$beta);
}

def Cnn_HardSwishOp : Cnn_ActivationOp<"hard_swish"> {
  let summary = "x * min(max(x / 6 + 1/2, 0), 1); NaN passes through. Source: ONNX HardSwish, torch.nn.Hardswish.";
}

#endif
