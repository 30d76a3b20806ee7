#ifndef CNN_MASKS_TD
#define CNN_MASKS_TD
include "dialects/cnn/CnnBase.td"

// Masks of the first `count` detections.
class Cnn_MaskOp<string mnemonic, list<Trait> traits = []> : Cnn_RoutineOp<mnemonic, ["rowCount"], traits> {
  let extraClassDefinition = "::mlir::Value $cppClass::rowCount(unsigned) { return getCount(); }";
}

def Cnn_SelectMasksOp : Cnn_MaskOp<"select_masks", [ChannelBlockable]> {
  let summary = "The mask of each detection's class, as probabilities. Source: torchvision.models.detection.roi_heads.maskrcnn_inference.";
  let description = [{
    For logits [D, K, h, w], labels i32 [D] and a count gives [D, h, w]: the logistic function of each detection's plane of its label. A label
    outside [0, K) gives zeros; so do rows past the count.

    Constraints:
    - C1: logits have a static shape [D, K, h, w].
    - C2: labels have the shape [D] with the same D.
  }];
  let arguments = (ins Cnn_F32:$logits, Cnn_I32:$labels, Cnn_Count:$count);
  let results = (outs Cnn_F32:$masks);
}

def Cnn_PasteMasksOp : Cnn_MaskOp<"paste_masks"> {
  let summary = "Masks scaled to their boxes in the original picture. Source: torchvision.models.detection.roi_heads.paste_masks_in_image.";
  let description = [{
    For masks [D, M, M] of probabilities, boxes [D, 4] in pixels of the original picture, a geometry and a count gives bytes [D, size0, size1]: 1
    where a probability is above the threshold, 0 elsewhere, outside the picture and past the count. `size` is the largest picture; what
    of a larger one lies outside is cut off.

    A mask is padded by one cell of zeros, its box enlarged by the same share, and the box's corners are rounded towards zero to pixels
    x0..x1, y0..y1, all of them covered. The padded mask is scaled to them bilinearly (cnn.resize without antialias). A NaN or infinite box
    covers nothing. Corners are computed in f32, as in torchvision, because rounding decides; probabilities are f64.

    Constraints:
    - C1: masks have a static shape [D, M, M].
    - C2: boxes have the shape [D, 4] with the same D, up to 2^24.
    - C3: size is two extents in [1, 2^20].
    - C4: threshold is finite.
  }];
  let arguments = (ins Cnn_F32:$masks, Cnn_F32:$boxes, Cnn_Geometry:$geometry, Cnn_Count:$count, DenseI64ArrayAttr:$size,
    DefaultValuedAttr<F64Attr, "0.5">:$threshold);
  let results = (outs Cnn_U8:$pasted);
}

#endif
