#ifndef CNN_MASKS_TD
#define CNN_MASKS_TD
include "dialects/cnn/CnnBase.td"

def Cnn_SelectMasksOp : Cnn_RoutineOp<"select_masks", ["rowCount"], [ChannelBlockable]> {
  let summary = "The mask of each detection's class, as probabilities. Source: torchvision maskrcnn_inference.";
  let description = [{
    For logits [D, K, h, w], labels [D] and a count gives [D, h, w]: 1 / (1 + exp(-x)) of plane label[d] of detection d. A label outside [0, K)
    gives zeros.

    Constraints:
    - C1: logits have the static shape [D, K, h, w], labels the shape [D].
  }];
  let arguments = (ins Cnn_F32:$logits, Cnn_I32:$labels, Cnn_Count:$count);
  let results = (outs Cnn_F32:$result);
  let extraClassDefinition = "::mlir::Value $cppClass::rowCount(unsigned) { return getCount(); }";
}

def Cnn_PasteMasksOp : Cnn_RoutineOp<"paste_masks", ["rowCount"]> {
  let summary = "Masks scaled to their boxes in pictures. Source: torchvision.models.detection.roi_heads.paste_masks_in_image.";
  let description = [{
    For masks [D, m, m] of probabilities, boxes [D, 4] in pixels of the original picture, its geometry and a count gives ui8 [D, size0, size1]:
    1 where the probability at a pixel reaches `threshold`, 0 elsewhere. The mask gets a border of one zero, the box grows in proportion and is
    rounded towards zero; the mask is scaled to it bilinearly (align_corners = False). The picture lies in the upper left corner of the
    result, which is 0 outside of it. A box that is not finite gives zeros.

    Constraints:
    - C1: masks have the static shape [D, m, m].
    - C2: boxes have the shape [D, 4].
    - C3: size is two extents in [1, 2^20].
    - C4: threshold is finite and above 0.
  }];
  let arguments = (ins Cnn_F32:$masks, Cnn_F32:$boxes, Cnn_Geometry:$geometry, Cnn_Count:$count, DenseI64ArrayAttr:$size,
    DefaultValuedAttr<F64Attr, "0.5">:$threshold);
  let results = (outs Cnn_U8:$result);
  let extraClassDefinition = "::mlir::Value $cppClass::rowCount(unsigned) { return getCount(); }";
}

#endif
