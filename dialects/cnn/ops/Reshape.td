#ifndef CNN_RESHAPE_TD
#define CNN_RESHAPE_TD
include "dialects/cnn/CnnBase.td"

class Cnn_RearrangeOp<string mnemonic> : Cnn_Op<mnemonic> {
  let results = (outs Cnn_F32:$result);
  let hasFolder = 1;
}

def Cnn_FlattenOp : Cnn_RearrangeOp<"flatten"> {
  let summary = "Joins the dimensions before and from an axis into a matrix. Source: ONNX Flatten.";
  let description = [{
    Constraints:
    - C1: axis lies in [-rank, rank].
    - C2: with a dynamic batch the axis is 1, so that images stay apart.
  }];
  let arguments = (ins Cnn_F32:$input, DefaultValuedAttr<I64Attr, "1">:$axis);
  let hasCanonicalizeMethod = 1;
}

def Cnn_ReshapeOp : Cnn_RearrangeOp<"reshape"> {
  let summary = "The same elements, in row-major order, in another shape. Source: ONNX Reshape with allowzero = 0.";
  let description = [{
    In `shape`, 0 copies the extent of the input's dimension, and one -1 takes what is left.

    Constraints:
    - C1: entries are at least -1; at most one is -1; a 0 lies within the input's rank.
    - C2: the element count stays the same.
    - C3: with a dynamic batch, dimension 0 is the batch of the result (0 or -1), so that images stay apart.
  }];
  let arguments = (ins Cnn_F32:$input, DenseI64ArrayAttr:$shape);
  let hasCanonicalizeMethod = 1;
}

def Cnn_TransposeOp : Cnn_RearrangeOp<"transpose"> {
  let summary = "Permutes dimensions: extent i of the result is extent perm[i] of the input. Source: ONNX Transpose.";
  let description = [{
    Constraints:
    - C1: perm is a permutation of 0 .. rank-1.
    - C2: a dynamic batch stays dimension 0.
  }];
  let arguments = (ins Cnn_F32:$input, DenseI64ArrayAttr:$perm);
  let hasCanonicalizeMethod = 1;
}

#endif
