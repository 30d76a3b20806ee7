#ifndef CNN_IDENTITY_TD
#define CNN_IDENTITY_TD
include "dialects/cnn/CnnBase.td"

def Cnn_IdentityOp : Cnn_ActivationOp<"identity"> {
  let summary = "The input. Source: ONNX Identity.";
  let hasFolder = 1;
}

def Cnn_DropoutOp : Cnn_ActivationOp<"dropout"> {
  let summary = "The input: dropout acts in training only. Source: ONNX Dropout with training_mode = false.";
  let description = [{
    Constraints:
    - C1: p lies in [0, 1].
  }];
  let arguments = (ins Cnn_F32:$input, DefaultValuedAttr<F64Attr, "0.5">:$p);
  let extraClassDefinition = "";
  let hasFolder = 1;
}

#endif
