#ifndef CNN_PROPOSALS_TD
#define CNN_PROPOSALS_TD
include "dialects/cnn/CnnBase.td"

def Cnn_ProposalsOp : Cnn_RoutineOp<"proposals", ["scratchBytes", "rowCount"], [ChannelBlockable, SameVariadicOperandSize]> {
  let summary = "Regions that may hold an object. Source: torchvision RegionProposalNetwork.filter_proposals; Ren et al. 2015, Faster R-CNN.";
  let description = [{
    Takes a picture's geometry and, of each level of a pyramid, logits [1, A, H, W] and then of each the deltas [1, 4A, H, W], channel
    4 * anchor + coordinate. `sizes` holds as many sizes for each level, level by level; `aspect_ratios` are those of all. Of each level the
    `pre_nms_top_n` anchors of the largest logits are decoded (cnn.decode_boxes) and clipped to the scaled picture; those with a side below
    min_size or a probability below score_threshold are dropped, and of the rest those suppressed within their level (cnn.nms). Results are
    the best `post_nms_top_n` of all levels: boxes [post_nms_top_n, 4], their probabilities [post_nms_top_n] and their count.

    The order is that of probabilities; equal ones stand in order of level, then logit, then anchor number. Logits, too, are equal in f32 and
    then ordered by anchor number, NaN last (torch.topk puts it first); a NaN never becomes a proposal. Probabilities, sides and IoU
    are rounded to f32 before they are compared, everything else is f64. Rows past the count are 0.

    Constraints:
    - C1: there are 1 to 8 levels, with as many maps of deltas as of logits.
    - C2: logits have shape [1, A, H, W], deltas [1, 4A, H, W] of the same level.
    - C3: sizes and aspect_ratios are 1 to 1024 finite numbers above 0; each level has as many sizes, and A = sizes of a level * aspect_ratios is
      at most 16.
    - C4: image_size is two extents in [1, 2^20], none smaller than a map's.
    - C5: pre_nms_top_n and post_nms_top_n lie in [1, 2^20]; there are at most 2^24 anchors.
    - C6: iou_threshold, score_threshold and min_size are finite.
    - C7: weights are four finite numbers other than 0; clip is finite.
  }];
  let arguments = (ins Cnn_Geometry:$geometry, Variadic<Cnn_F32>:$objectness, Variadic<Cnn_F32>:$deltas,
    DenseF64ArrayAttr:$sizes,
    DefaultValuedAttr<DenseF64ArrayAttr, "{0.5, 1.0, 2.0}">:$aspect_ratios,
    DenseI64ArrayAttr:$image_size,
    DefaultValuedAttr<I64Attr, "1000">:$pre_nms_top_n,
    DefaultValuedAttr<I64Attr, "1000">:$post_nms_top_n,
    DefaultValuedAttr<F64Attr, "0.7">:$iou_threshold,
    DefaultValuedAttr<F64Attr, "0.0">:$score_threshold,
    DefaultValuedAttr<F64Attr, "0.001">:$min_size,
    DefaultValuedAttr<DenseF64ArrayAttr, "{1.0, 1.0, 1.0, 1.0}">:$weights,
    DefaultValuedAttr<F64Attr, "4.135166556742356">:$clip);
  let results = (outs Cnn_F32:$boxes, Cnn_F32:$scores, Cnn_I32:$count);
  let extraClassDeclaration = [{
    /// The sizes of a level's anchors.
    ::llvm::ArrayRef<double> sizesOf(size_t level) {
      size_t each = getSizes().size() / getObjectness().size();
      return getSizes().slice(level * each, each);
    }
  }];
}

#endif
