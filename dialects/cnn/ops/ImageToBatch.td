#ifndef CNN_IMAGE_TO_BATCH_TD
#define CNN_IMAGE_TO_BATCH_TD
include "dialects/cnn/CnnBase.td"

<<<<<<< HEAD
def Cnn_ImageToBatchOp : Cnn_RoutineOp<"image_to_batch", [], [ChannelBlockable, TakesCapped]> {
  let summary = "A picture normalised and scaled into the corner of a canvas. Source: torchvision GeneralizedRCNNTransform.";
  let description = [{
    For a picture [H, W, 3] of bytes gives the canvas f32 [1, 3, size0, size1] and its geometry. Each byte becomes
    (byte * scale - mean[c]) / std[c]; with `reverse_channels` channel c of the canvas is channel 2 - c of the picture. The picture is scaled
    by s = min(min_size / shorter side, max_size / longer side) to floor(H * s) x floor(W * s), bilinearly between pixel centres without
    antialiasing (torch.nn.functional.interpolate, align_corners = False), and lies in the upper left corner; the rest is 0. A run whose scaled
    picture does not fit the canvas, or has no pixel, fails.

    Constraints:
    - C1: the picture has shape [H, W, 3], of which H and W may be capped.
    - C2: size is two extents in [1, 2^20]; min_size and max_size lie in [1, 2^20].
    - C3: mean and std have three finite values each, scale is finite; no std and not scale is 0.
    - C4: a picture of fixed size fits the canvas when it is scaled, and keeps a pixel.
  }];
  let arguments = (ins Cnn_U8:$picture, DenseI64ArrayAttr:$size,
    DefaultValuedAttr<I64Attr, "800">:$min_size,
    DefaultValuedAttr<I64Attr, "1333">:$max_size,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.485, 0.456, 0.406}">:$mean,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.229, 0.224, 0.225}">:$std,
    DefaultValuedAttr<F64Attr, "1.0/255.0">:$scale,
    DefaultValuedAttr<BoolAttr, "false">:$reverse_channels);
  let results = (outs Cnn_F32:$canvas, Cnn_Geometry:$geometry);
  let extraClassDeclaration = [{
    /// Height and width of a picture after scaling; nothing where it does not fit the canvas or vanishes.
    static std::optional<std::array<int64_t, 2>> scaledSize(int64_t height, int64_t width, int64_t minSize, int64_t maxSize, ::llvm::ArrayRef<int64_t> canvas);
  }];
}

def Cnn_WarpRoisOp : Cnn_RoutineOp<"warp_rois", ["rowCount"], [ChannelBlockable, TakesCapped]> {
  let summary = "Regions of a picture warped to one size, whatever their aspect. Source: Girshick et al. 2014, R-CNN, appendix A.";
  let description = [{
    For a picture [H, W, 3] of bytes, boxes [R, 4] in its pixels and a count gives f32 [R, 3, size0, size1]. A box is enlarged about its
    centre so that it covers the result less `context_padding` cells on each side; the enlarged box is sampled bilinearly at the centres of
    the result's cells, and what lies outside the picture is the mean. Bytes are normalised as by cnn.image_to_batch, so that the mean is 0.

    Constraints:
    - C1: the picture has shape [H, W, 3], of which H and W may be capped.
    - C2: boxes have the static shape [R, 4].
    - C3: size is two extents in [1, 2^20], each more than twice context_padding, which is not negative.
    - C4: mean and std have three finite values each, scale is finite; no std and not scale is 0.
  }];
  let arguments = (ins Cnn_U8:$picture, Cnn_F32:$boxes, Cnn_Count:$count,
    DefaultValuedAttr<DenseI64ArrayAttr, "{227, 227}">:$size,
    DefaultValuedAttr<I64Attr, "16">:$context_padding,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.485, 0.456, 0.406}">:$mean,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.229, 0.224, 0.225}">:$std,
    DefaultValuedAttr<F64Attr, "1.0/255.0">:$scale,
    DefaultValuedAttr<BoolAttr, "false">:$reverse_channels);
  let results = (outs Cnn_F32:$result);
  let extraClassDefinition = "::mlir::Value $cppClass::rowCount(unsigned) { return getCount(); }";
=======
def Cnn_ImageToBatchOp : Cnn_RoutineOp<"image_to_batch", [], [TakesCapped]> {
  let summary = "A picture of any size, normalised and scaled onto a canvas. Source: torchvision GeneralizedRCNNTransform.";
  let description = [{
    A picture [H, W, 3] of bytes is scaled so that its shorter side has `min_size` pixels, or its longer one `max_size` where that is less:
    each side becomes floor(side * min(min_size / shorter, max_size / longer)), computed in f64 as torchvision does, because the floor
    decides. It is resampled bilinearly (cnn.resize without antialias), normalised to (byte * scale - mean[c]) / std[c], and lies
    in the upper left corner of the canvas [1, 3, size0, size1], whose rest is 0. With `reverse_channels` the last channel comes first. The
    geometry, i32 [4], is the scaled height and width and the picture's own.

    A run whose capped picture does not fit the canvas, or has a side that is scaled to less than a pixel, is an error.

    Constraints:
    - C1: the image has shape [H, W, 3]; of it only H and W are capped.
    - C2: size is two extents in [1, 2^20].
    - C3: min_size and max_size lie in [1, 2^20].
    - C4: mean and std are three finite values each; scale is finite; no std is 0.
    - C5: a picture that is not capped has at least one pixel a side when it is scaled, and fits the canvas.
  }];
  let arguments = (ins Cnn_U8:$image, DenseI64ArrayAttr:$size,
    DefaultValuedAttr<I64Attr, "800">:$min_size,
    DefaultValuedAttr<I64Attr, "1333">:$max_size,
    DenseF64ArrayAttr:$mean, DenseF64ArrayAttr:$std,
    DefaultValuedAttr<F64Attr, "1.0/255.0">:$scale,
    DefaultValuedAttr<BoolAttr, "false">:$reverse_channels);
  let results = (outs Cnn_F32:$canvas, Cnn_I32:$geometry);
>>>>>>> detops
}

#endif
