#ifndef CNN_ROI_TD
#define CNN_ROI_TD
include "dialects/cnn/CnnBase.td"

// Bins of the first `count` regions.
class Cnn_RegionOp<string mnemonic> : Cnn_RoutineOp<mnemonic, ["rowCount"], [ChannelBlockable]> {
  let results = (outs Cnn_F32:$result);
  let extraClassDefinition = "::mlir::Value $cppClass::rowCount(unsigned) { return getCount(); }";
}

def Cnn_AssignLevelsOp : Cnn_RoutineOp<"assign_levels"> {
  let summary = "Which map of a pyramid each region is taken from. Source: torchvision.ops.poolers.LevelMapper; Lin et al. 2017, FPN, equation 1.";
  let description = [{
    For boxes [R, 4] gives i32 [R]: floor(canonical_level + log2(sqrt(area) / canonical_size) + eps), brought into [min_level, max_level], less
    min_level. A region without area is of level 0, and so is one whose level is NaN (a negative area, a NaN corner). Each step is
    rounded to f32, as in torchvision: it decides which map is read.

    Constraints:
    - C1: boxes have the static shape [R, 4].
    - C2: 0 <= min_level <= max_level <= 62; canonical_level lies in [0, 62], canonical_size in [1, 2^20]; eps is finite.
  }];
  let arguments = (ins Cnn_F32:$boxes, I64Attr:$min_level, I64Attr:$max_level,
    DefaultValuedAttr<I64Attr, "224">:$canonical_size,
    DefaultValuedAttr<I64Attr, "4">:$canonical_level,
    DefaultValuedAttr<F64Attr, "1e-6">:$eps);
  let results = (outs Cnn_I32:$levels);
}

def Cnn_RoiPoolOp : Cnn_RegionOp<"roi_pool"> {
  let summary = "Maximum in each bin of regions of a map. Source: torchvision.ops.roi_pool; Girshick 2015, Fast R-CNN.";
  let description = [{
    For boxes [R, 4], a count and a map [1, C, H, W] gives [R, C, size0, size1]. Corners times `scale` are rounded to whole cells, halves away
    from zero; a region is at least one cell high and wide, its last row and column belong to it. Bin i of n covers cells from
    floor(i * extent / n) up to ceil((i + 1) * extent / n), less what lies outside the map; a bin without cells is 0. NaN cells are
    passed over; a bin of nothing else, or of -inf, is the lowest finite f32. Corners are computed in f32, as in torchvision: they decide
    which cells are read. They are brought into [-10^9, 10^9]; NaN is -10^9. Rows past the count are 0.

    Constraints:
    - C1: boxes have the static shape [R, 4].
    - C2: the map has shape [1, C, H, W].
    - C3: size is two extents in [1, 2^20].
    - C4: scale is finite and above 0.
  }];
  let arguments = (ins Cnn_F32:$boxes, Cnn_Count:$count, Cnn_F32:$features, DenseI64ArrayAttr:$size, F64Attr:$scale);
}

def Cnn_RoiAlignOp : Cnn_RegionOp<"roi_align"> {
  let summary = "Average of bilinear samples in each bin of regions of a map. Source: torchvision.ops.roi_align; He et al. 2017, Mask R-CNN.";
  let description = [{
    For boxes [R, 4], a count and a map [1, C, H, W] gives [R, C, size0, size1]. A region spans `scale` times its corners; with `aligned` it
    is shifted by half a cell, so that whole coordinates are the corners of cells (ONNX half_pixel), without it whole coordinates are
    centres of cells, and a side is at least 1. A bin is sampled on a grid of `sampling_ratio` rows and columns, or where that is 0 of
    ceil(side / bins), at most 2^24; a bin without samples is 0. A sample further than one cell outside the map, from its
    border cells' centres on the upper left and past H or W on the lower right, counts as 0; nearer ones take the border cell. A NaN
    coordinate is outside. Coordinates are computed in f32, in torchvision's order, because they decide which cells are read; weights and
    sums are f64. Rows past the count are 0.

    Constraints:
    - C1: boxes have the static shape [R, 4].
    - C2: the map has shape [1, C, H, W].
    - C3: size is two extents in [1, 2^20].
    - C4: scale is finite and above 0.
    - C5: sampling_ratio lies in [0, 1024].
  }];
  let arguments = (ins Cnn_F32:$boxes, Cnn_Count:$count, Cnn_F32:$features, DenseI64ArrayAttr:$size, F64Attr:$scale,
    DefaultValuedAttr<I64Attr, "0">:$sampling_ratio,
    DefaultValuedAttr<BoolAttr, "false">:$aligned);
}

def Cnn_MultiscaleRoiAlignOp : Cnn_RegionOp<"multiscale_roi_align"> {
  let summary = "cnn.roi_align of each region from the map of its level. Source: torchvision.ops.MultiScaleRoIAlign; Lin et al. 2017, FPN.";
  let description = [{
    For boxes [R, 4] in pixels of the picture that the network sees, a count and the maps of a pyramid, finest first, gives
    [R, C, size0, size1]. The scale of a map is the power of two nearest to its height / image_size0. With several maps cnn.assign_levels picks
    one, where a map of scale 2^-k is of level k and eps is 1e-6. Regions are not `aligned`.

    Constraints:
    - C1: boxes have the static shape [R, 4].
    - C2: there are 1 to 8 maps of shape [1, C, H, W] with equal C.
    - C3: size is two extents in [1, 2^20].
    - C4: image_size is two extents in [1, 2^20]; each map's scale is half that of the map before, and none is above 1.
    - C5: sampling_ratio lies in [0, 1024]; canonical_level in [0, 62], canonical_size in [1, 2^20].
  }];
  let arguments = (ins Cnn_F32:$boxes, Cnn_Count:$count, Variadic<Cnn_F32>:$features, DenseI64ArrayAttr:$size, DenseI64ArrayAttr:$image_size,
    DefaultValuedAttr<I64Attr, "2">:$sampling_ratio,
    DefaultValuedAttr<I64Attr, "224">:$canonical_size,
    DefaultValuedAttr<I64Attr, "4">:$canonical_level);
  let extraClassDeclaration = [{
    /// log2 of image_size over the extent of map `number`: its scale is 2^-level.
    int64_t levelOf(size_t number);
  }];
}

#endif
