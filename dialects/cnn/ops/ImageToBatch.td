#ifndef CNN_IMAGE_TO_BATCH_TD
#define CNN_IMAGE_TO_BATCH_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ImageToBatchOp : Cnn_RoutineOp<"image_to_batch", [], [ChannelBlockable, TakesCapped]> {
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
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.485, 0.456, 0.406}">:$mean,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.229, 0.224, 0.225}">:$std,
    DefaultValuedAttr<F64Attr, "1.0/255.0">:$scale,
    DefaultValuedAttr<BoolAttr, "false">:$reverse_channels);
  let results = (outs Cnn_F32:$canvas, Cnn_I32:$geometry);
}

#endif
