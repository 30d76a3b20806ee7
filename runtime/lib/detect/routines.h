/* routines.h - the steps of detect.h as entries of a plan: `cnnc_routine_<op>(args, options)` for each op of the compiler's dialect that
 * works on candidates. `args` are a kernel's: args[0] = void **user_context, then a cnnc_halide_buffer * for each operand, each result and
 * the scratch memory. The compiler writes the options as constants; those without members take none. Each returns 0, or fails the run.
 *
 * A count of rows is an i32 [1]. Rows of operands past it are not read; those of results are zeros, but for pools of regions, which
 * leave them as they are. */
#ifndef CNNC_DETECT_ROUTINES_H
#define CNNC_DETECT_ROUTINES_H

#include "detect.h"

/* Where a tensor [rows, channels, height, width] lies: row r, cell (0, 0, 0) is at data[origin + r * row_step], in floats. */
typedef struct {
  int64_t origin, row_step;
} cnnc_rows;

typedef struct {
  cnnc_image_options image;
  cnnc_rows canvas;
} cnnc_image_to_batch_routine;

typedef struct {
  cnnc_box_coder coder;
  int32_t classes;
} cnnc_decode_boxes_routine;

typedef struct {
  int32_t to_scaled; /* 1: from the original picture to the scaled one */
} cnnc_rescale_boxes_routine;

typedef struct {
  float min_size;
} cnnc_remove_small_routine;

typedef struct {
  double iou_threshold, score_threshold;
} cnnc_nms_routine;

typedef struct {
  cnnc_proposal_options proposals;
  cnnc_rows objectness[CNNC_DETECT_LEVELS], deltas[CNNC_DETECT_LEVELS];
} cnnc_proposals_routine;

typedef struct {
  cnnc_roi_align_options align;
  cnnc_rows map, result;
} cnnc_roi_align_routine;

typedef struct {
  cnnc_roi_pool_options pool;
  cnnc_rows map, result;
} cnnc_roi_pool_routine;

typedef struct {
  cnnc_multiscale_options align;
  cnnc_rows map[CNNC_DETECT_LEVELS], result;
} cnnc_multiscale_roi_align_routine;

typedef struct {
  cnnc_layout logits;
  cnnc_rows rows;
} cnnc_select_masks_routine;

typedef struct {
  cnnc_warp_options warp;
  cnnc_rows result;
} cnnc_warp_rois_routine;

#endif /* CNNC_DETECT_ROUTINES_H */
