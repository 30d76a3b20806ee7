#ifndef CNN_CONSTANT_TD
#define CNN_CONSTANT_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ConstantOp : Cnn_Op<"constant", [ConstantLike]> {
  let summary = "A learned parameter or another constant tensor.";
  let description = [{
    Weights are `dense_resource` so that they are neither uniqued nor copied; `name` is the tensor's name in the weights file.

    Constraints:
    - C1: the value is a tensor of static shape; its type is the result's.
  }];
  let arguments = (ins ElementsAttr:$value, OptionalAttr<StrAttr>:$name);
  let results = (outs Cnn_AnyTensor:$result);
  let assemblyFormat = "($name^)? attr-dict $value";
  let hasFolder = 1;
}

#endif
