#ifndef CNN_WARP_ROIS_TD
#define CNN_WARP_ROIS_TD
include "dialects/cnn/CnnBase.td"

def Cnn_WarpRoisOp : Cnn_RoutineOp<"warp_rois", ["rowCount"], [ChannelBlockable, TakesCapped]> {
  let summary = "Regions of a picture warped to one size, with context. Source: Girshick et al. 2014, R-CNN, appendix A (anisotropic scaling).";
  let description = [{
    For a picture [H, W, 3] of bytes, boxes [R, 4] in its pixels and a count gives [R, 3, size0, size1]. A box is enlarged about its centre so that it
    fills the result less `context_padding` pixels on each side, and is sampled bilinearly at the centres of the result's pixels, whatever
    its aspect. Bytes are normalised to (byte * scale - mean[c]) / std[c]; what lies outside the picture is the mean, that is 0 (the samples are those
    of torch.nn.functional.grid_sample with padding_mode = "zeros" and align_corners = False on the normalised picture). With
    `reverse_channels` the last channel comes first. An inverted box mirrors; NaN and infinite ones give zeros; so do rows past the count.

    Constraints:
    - C1: the image has shape [H, W, 3]; of it only H and W are capped.
    - C2: boxes have the static shape [R, 4], R up to 2^24.
    - C3: size is two extents in [1, 2^20].
    - C4: context_padding is at least 0 and less than half of each extent of size.
    - C5: mean and std are three finite values each; scale is finite; no std is 0.
  }];
  let arguments = (ins Cnn_U8:$image, Cnn_F32:$boxes, Cnn_Count:$count,
    DefaultValuedAttr<DenseI64ArrayAttr, "{227, 227}">:$size,
    DefaultValuedAttr<I64Attr, "16">:$context_padding,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.485, 0.456, 0.406}">:$mean,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.229, 0.224, 0.225}">:$std,
    DefaultValuedAttr<F64Attr, "1.0/255.0">:$scale,
    DefaultValuedAttr<BoolAttr, "false">:$reverse_channels);
  let results = (outs Cnn_F32:$warped);
  let extraClassDefinition = "::mlir::Value $cppClass::rowCount(unsigned) { return getCount(); }";
}

#endif
