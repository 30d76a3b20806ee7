#ifndef CNN_IMAGE_TD
#define CNN_IMAGE_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ImageToNchwOp : Cnn_Op<"image_to_nchw"> {
  let summary = "A picture [N, H, W, C] of bytes as an f32 tensor [N, C, H, W], values unchanged.";
  let description = [{
    With `reverse_channels` the last channel comes first: a picture in RGB feeds a network that was trained on BGR.

    Constraints:
    - C1: the input has rank 4.
  }];
  let arguments = (ins Cnn_U8:$input, DefaultValuedAttr<BoolAttr, "false">:$reverse_channels);
  let results = (outs Cnn_F32:$result);
}

def Cnn_ResizeOp : Cnn_UnaryOp<"resize"> {
  let summary = "Resampling to `size` = height, width. Source: torchvision.transforms.v2.functional.resize, torch.nn.functional.interpolate, ONNX Resize.";
  let description = [{
    With `mode` "nearest", output cell i repeats input cell floor(i * in / out), computed in f32 as torch.nn.functional.interpolate does (ONNX Resize,
    mode nearest, asymmetric, floor). "bilinear" has half-pixel coordinates: output cell i reads around (i + 1/2) * in / out - 1/2. Plain bilinear weighs the two nearest cells, and
    the border cell stands in for those outside (ONNX Resize, mode linear, half_pixel). With `antialias`, an axis that shrinks is
    weighed by a triangle as wide as the scale (Pillow's filter, torchvision's default for pictures; ONNX Resize with antialias = 1,
    exclude_outside = 1).

    Constraints:
    - C1: the input has rank 4.
    - C2: size is two extents in [1, 2^20].
    - C3: mode is "bilinear" or "nearest"; only "bilinear" takes `antialias`.
  }];
  let arguments = (ins Cnn_F32:$input, DenseI64ArrayAttr:$size, DefaultValuedAttr<BoolAttr, "false">:$antialias,
                       DefaultValuedStrAttr<StrAttr, "bilinear">:$mode);
  let hasFolder = 1;
}

def Cnn_CenterCropOp : Cnn_UnaryOp<"center_crop"> {
  let summary = "The middle `size` = height, width of each plane. Source: torchvision.transforms.v2.functional.center_crop.";
  let description = [{
    The first row is (H - size0) / 2, a half rounded to even as torchvision does; the first column likewise.

    Constraints:
    - C1: the input has rank 4.
    - C2: size is two extents from 1 to the input's; a larger crop needs cnn.pad before it.
  }];
  let arguments = (ins Cnn_F32:$input, DenseI64ArrayAttr:$size);
  let hasFolder = 1;
  let extraClassDeclaration = [{
    /// First cell that a crop of `output` out of `input` cells keeps.
    static int64_t firstCell(int64_t input, int64_t output);
  }];
}

def Cnn_NormalizeOp : Cnn_UnaryOp<"normalize", [Pointwise]> {
  let summary = "(x * scale - mean[c]) / std[c] for channel c. Source: torchvision.transforms.v2.functional.normalize.";
  let description = [{
    `scale` = 1/255 brings bytes to [0, 1], for which mean and std are usually given.

    Constraints:
    - C1: the input has rank 4.
    - C2: mean and std have one value per channel.
    - C3: all values are finite; no std is 0.
  }];
  let arguments = (ins Cnn_F32:$input, DenseF64ArrayAttr:$mean, DenseF64ArrayAttr:$std, DefaultValuedAttr<F64Attr, "1.0">:$scale);
}

#endif
