/* detect.h - the data-dependent steps of a detector, over caller-owned memory: no allocation, no globals, any values.
 *
 * Boxes are x1, y1, x2, y2 in pixels, f32. Sizes are height, then width. Every order is total: by score, larger first, then by index,
 * smaller first; NaN scores come last. NaN and infinite boxes are legal input: they are clipped, dropped or give zeros, never a fault.
 * Options hold no pointers, so that a compiler can write them as constants. `scratch` is aligned to 64 bytes.
 * "Per region", "per row" and "per mask" functions touch only their own result, so a parallel loop may call them in any order. */
#ifndef CNNC_DETECT_H
#define CNNC_DETECT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CNNC_DETECT_LEVELS 8   /* most maps of a pyramid */
#define CNNC_DETECT_ANCHORS 16 /* most anchors of a cell */

/* Where a map [channels, height, width] lies: cell (c, y, x) is at data[(c / block) * plane + y * row + x * block + c % block], in floats.
 * Block 1 is dense NCHW. The lanes of the last block past `channels` exist: of a result they are written as zeros,
 * elsewhere their values do not matter. */
typedef struct {
  int64_t plane, row;
  int32_t block, channels, height, width;
} cnnc_layout;

/* ---- Order and suppression: top_k.c, nms.c ---- */

/* Bytes of scratch that cnnc_top_k needs for n scores. */
size_t cnnc_top_k_scratch(int32_t n);

/* Indices of the k first of n scores in order; returns min(k, n).
 * Source: torch.topk(sorted = True), whose order among equal scores is unspecified; ours is by index. */
int32_t cnnc_top_k(const float *scores, int32_t n, int32_t k, int32_t *indices, void *scratch);

/* Bytes of scratch that cnnc_nms needs for n boxes. */
size_t cnnc_nms_scratch(int32_t n);

/* Greedy non-maximum suppression. Visits the boxes order[0..n) and keeps one unless a kept box of the same group covers it with
 * IoU > threshold; stops after `cap` are kept. Writes the kept boxes' numbers (values of `order`) and returns their count. `groups`
 * (class or level of each box) may be NULL: all boxes are of one.
 * IoU is inter / (area + area - inter), each step rounded to f32, as torchvision.ops.nms has it; 0 / 0 suppresses nothing. */
int32_t cnnc_nms(const float *boxes, const int32_t *groups, const int32_t *order, int32_t n, double threshold, int32_t cap, int32_t *kept, void *scratch);

/* ---- Boxes: boxes.c ---- */

typedef struct {
  float weights[4]; /* of dx, dy, dw, dh */
  float clip;       /* upper bound of dw and dh; torchvision: log(1000 / 16) */
} cnnc_box_coder;

/* Boxes from deltas [n, classes, 4] relative to boxes [n, 4]; result [n, classes, 4]. Any range of rows may be decoded by itself.
 * Source: torchvision BoxCoder.decode_single (Girshick et al. 2014, R-CNN, appendix C). */
void cnnc_decode_boxes(const cnnc_box_coder *coder, const float *boxes, const float *deltas, int32_t n, int32_t classes, float *result);

/* Clamps n boxes into [0, width] x [0, height], in place; NaN stays. Source: torchvision.ops.clip_boxes_to_image. */
void cnnc_clip_boxes(float *boxes, int32_t n, int32_t height, int32_t width);

/* Indices of the boxes whose sides are both >= min_size, in order; returns their count. Source: torchvision.ops.remove_small_boxes. */
int32_t cnnc_remove_small(const float *boxes, int32_t n, float min_size, int32_t *kept);

/* Scales n boxes from a picture of size from[2] to one of size to[2] (height, width), in place; the ratios are f32. A zero in `from`
 * leaves the boxes as they are. Source: torchvision.models.detection.transform.resize_boxes. */
void cnnc_rescale_boxes(float *boxes, int32_t n, const int32_t from[2], const int32_t to[2]);

/* ---- Anchors and proposals: anchors.c, proposals.c ---- */

typedef struct {
  int32_t count;                      /* anchors of a cell, at most CNNC_DETECT_ANCHORS */
  int32_t stride_y, stride_x;         /* pixels between cells; torchvision: picture / map, rounded down */
  float base[CNNC_DETECT_ANCHORS][4]; /* about the cell's origin */
} cnnc_anchors;

/* Base anchors, rounded to whole pixels: for each ratio (height / width) one of each size, ratio-major. Returns sizes * ratios, or 0 where
 * that exceeds CNNC_DETECT_ANCHORS. Source: torchvision AnchorGenerator.generate_anchors. */
int32_t cnnc_base_anchors(const float *sizes, int32_t size_count, const float *ratios, int32_t ratio_count, float base[][4]);

/* Anchor number `index` of a map of `width` cells a row; numbers run over y, x, anchor. Source: torchvision AnchorGenerator.grid_anchors. */
void cnnc_anchor_at(const cnnc_anchors *anchors, int32_t width, int32_t index, float box[4]);

typedef struct {
  cnnc_anchors anchors;
  cnnc_layout objectness; /* [count, height, width], logits */
  cnnc_layout deltas;     /* [4 * count, height, width]: channel 4 * anchor + coordinate */
} cnnc_proposal_level;

typedef struct {
  int32_t levels; /* at most CNNC_DETECT_LEVELS */
  cnnc_proposal_level level[CNNC_DETECT_LEVELS];
  int32_t pre_nms_top_n;  /* of each level */
  int32_t post_nms_top_n; /* of all levels together */
  float min_size, score_threshold;
  double nms_threshold;
  cnnc_box_coder coder;
} cnnc_proposal_options;

size_t cnnc_proposals_scratch(const cnnc_proposal_options *options);

/* Regions that may hold an object, of one picture of size (height, width): the best anchors of each level by logit, decoded, clipped, the
 * small and improbable dropped, suppressed within their level, the best of all levels by probability. Writes boxes [post_nms_top_n, 4] and
 * probabilities [post_nms_top_n] (may be NULL), zeros past the count, and returns the count. Equal probabilities: the earlier level, then
 * the larger logit, then the smaller anchor number. Source: torchvision RegionProposalNetwork.filter_proposals (Ren et al. 2015). */
int32_t cnnc_proposals(const cnnc_proposal_options *options, const float *const objectness[], const float *const deltas[], int32_t height, int32_t width,
                       float *boxes, float *scores, void *scratch);

/* ---- Detections: detections.c ---- */

typedef struct {
  int32_t classes;     /* scores of a row */
  int32_t box_classes; /* boxes of a row: `classes`, or 1 where all classes share it */
  int32_t first_class; /* classes before this one are background: 1 in torchvision */
  int32_t cap;         /* most detections */
  float score_threshold, min_size;
  double nms_threshold;
  cnnc_box_coder coder; /* of deltas; unused where boxes are given */
} cnnc_detection_options;

/* Bytes of scratch that cnnc_detections needs for `rows` regions. */
size_t cnnc_detections_scratch(const cnnc_detection_options *options, int32_t rows);

/* Detections of one picture of size (height, width) from scores [rows, classes] (after softmax): those above the threshold whose clipped
 * boxes are not small (a height below 0: boxes are not clipped), suppressed within their class, the best `cap`. Boxes come from deltas
 * [rows, box_classes, 4] relative to boxes [rows, 4]; where `deltas` is NULL, `boxes` is [rows, box_classes, 4], decoded. Only boxes of
 * scores above the threshold are read.
 * Writes [cap, 4] boxes, [cap] scores, [cap] labels and [cap] row numbers (`sources`, may be NULL), zeros past the count; returns the
 * count. Equal scores: the smaller row, then the smaller class. Source: torchvision RoIHeads.postprocess_detections. */
int32_t cnnc_detections(const cnnc_detection_options *options, const float *scores, const float *boxes, const float *deltas, int32_t rows, int32_t height,
                        int32_t width, float *result_boxes, float *result_scores, int32_t *labels, int32_t *sources, void *scratch);

/* ---- Regions of maps: roi_align.c, roi_pool.c; each function is per region ---- */

typedef struct {
  cnnc_layout map, result; /* the result's height and width are the bins */
  float scale;             /* of picture coordinates to the map's */
  int32_t sampling_ratio;  /* samples along each axis of a bin; 0: ceil(extent / bins), adaptive */
  int32_t aligned;         /* 1: regions are shifted by half a cell and may be smaller than one */
} cnnc_roi_align_options;

/* Average of bilinear samples in each bin of one region. Samples beyond one cell outside the map are 0. `map` and `result` point to cell
 * (0, 0, 0); a halo of the result is left as it is. Source: torchvision.ops.roi_align (He et al. 2017, Mask R-CNN). */
void cnnc_roi_align(const cnnc_roi_align_options *options, const float *map, const float region[4], float *result);

typedef struct {
  cnnc_layout map, result;
  float scale;
} cnnc_roi_pool_options;

/* Maximum in each bin of one region rounded to whole cells; 0 in a bin without cells. Halves are rounded away from zero; NaN cells are
 * passed over. Source: torchvision.ops.roi_pool (Girshick 2015, Fast R-CNN). */
void cnnc_roi_pool(const cnnc_roi_pool_options *options, const float *map, const float region[4], float *result);

typedef struct {
  int32_t levels;                             /* at most CNNC_DETECT_LEVELS */
  int32_t first_level;                        /* number of the first map: 2 for a stride of 4 */
  float canonical_size, canonical_level, eps; /* torchvision: 224, 4, 1e-6 */
} cnnc_level_mapper;

/* Which map a region is taken from: floor(canonical_level + log2(sqrt(area) / canonical_size) + eps) clamped to the levels, less
 * first_level; 0 for a NaN. Source: torchvision.ops.poolers.LevelMapper (Lin et al. 2017, FPN, equation 1). */
int32_t cnnc_assign_level(const cnnc_level_mapper *mapper, const float region[4]);

typedef struct {
  cnnc_level_mapper mapper;
  cnnc_layout map[CNNC_DETECT_LEVELS];
  float scale[CNNC_DETECT_LEVELS];
  cnnc_layout result;
  int32_t sampling_ratio, aligned;
} cnnc_multiscale_options;

/* RoIAlign of one region from the map of its level. Source: torchvision.ops.MultiScaleRoIAlign. */
void cnnc_multiscale_roi_align(const cnnc_multiscale_options *options, const float *const maps[], const float region[4], float *result);

/* ---- Pictures: image.c, warp.c ---- */

/* A picture of 8-bit pixels: channel c of pixel (y, x) is data[y * row + x * pixel + c * channel]. Dense RGB has pixel 3, channel 1. */
typedef struct {
  const uint8_t *data;
  int64_t row, pixel, channel;
  int32_t height, width;
} cnnc_picture;

/* ((byte / divisor) - mean) / std, each step rounded to f32. */
typedef struct {
  float divisor, mean[3], std[3]; /* of channels as the network sees them */
  int32_t reversed;               /* 1: the network's channel c is the picture's channel 2 - c (BGR) */
} cnnc_normalization;

typedef struct {
  cnnc_normalization normalization;
  int32_t min_size, max_size; /* the scale is min(min_size / shorter side, max_size / longer side) */
  cnnc_layout canvas;         /* 3 channels */
} cnnc_image_options;

typedef enum {
  CNNC_IMAGE_OK = 0,
  CNNC_IMAGE_EMPTY = 1,    /* a side of the picture is < 1, or becomes so when it is scaled */
  CNNC_IMAGE_TOO_LARGE = 2 /* the scaled picture does not fit into the canvas */
} cnnc_image_status;

/* Writes geometry[4] = scaled height, scaled width, height, width; a cnnc_image_status. The geometry is written even where the picture is
 * too large. Source: torch.nn.functional.interpolate(recompute_scale_factor = True): floor(side * scale), in f64. */
int32_t cnnc_image_geometry(const cnnc_image_options *options, int32_t height, int32_t width, int32_t geometry[4]);

/* Rows [first, last) of the canvas: the picture normalised and scaled bilinearly in the upper left corner, zeros elsewhere. Per row; calls of
 * eight rows and more share the tables of columns. `geometry` is of this picture and OK.
 * Source: torchvision GeneralizedRCNNTransform; interpolate(mode = "bilinear", align_corners = False). */
void cnnc_image_rows(const cnnc_image_options *options, const cnnc_picture *picture, const int32_t geometry[4], int32_t first, int32_t last, float *canvas);

/* Geometry and all rows of one picture; where the status is not OK the canvas is left as it is. */
int32_t cnnc_image_to_batch(const cnnc_image_options *options, const cnnc_picture *picture, float *canvas, int32_t geometry[4]);

typedef struct {
  cnnc_normalization normalization;
  cnnc_layout result; /* 3 channels; R-CNN: 227 x 227 */
  int32_t padding;    /* pixels of context on each side of the result: 16 in R-CNN; less than half of its sides */
} cnnc_warp_options;

/* One region warped to a fixed size whatever its aspect, bilinearly. The box is enlarged about its centre so that it covers the result less
 * `padding`; what lies outside the picture is the mean, 0 after normalisation. Per region. Source: Girshick et al. 2014, R-CNN, appendix A;
 * the samples are those of torch.nn.functional.grid_sample(padding_mode = "zeros", align_corners = False) on the normalised picture. */
void cnnc_warp_region(const cnnc_warp_options *options, const cnnc_picture *picture, const float box[4], float *result);

/* ---- Masks: masks.c; each function is per mask ---- */

/* Probabilities [height, width], dense, of class `label` of one detection's logits; zeros where the layout has no such channel.
 * Source: torchvision maskrcnn_inference. */
void cnnc_select_mask(const cnnc_layout *layout, const float *logits, int32_t label, float *result);

typedef struct {
  int32_t size;    /* of the mask [size, size] */
  int32_t padding; /* zeros around it; torchvision: 1 */
  float threshold; /* of cnnc_paste_mask_u8: 1 where probability > threshold */
} cnnc_paste_options;

/* One mask scaled to its box, bilinearly, in a picture [height, width] of zeros. The box is enlarged by the padding and rounded towards
 * zero; it may lie anywhere. Source: torchvision.models.detection.roi_heads.paste_masks_in_image. */
void cnnc_paste_mask(const cnnc_paste_options *options, const float *mask, const float box[4], int32_t height, int32_t width, float *result);

/* The same as bytes: 1 where the box holds a probability above the threshold, 0 elsewhere. */
void cnnc_paste_mask_u8(const cnnc_paste_options *options, const float *mask, const float box[4], int32_t height, int32_t width, uint8_t *result);

#ifdef __cplusplus
}
#endif

#endif /* CNNC_DETECT_H */
