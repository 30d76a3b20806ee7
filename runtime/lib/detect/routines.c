/* routines.c - from the arguments of a plan's launch to the functions of detect.h; loops over regions and masks run in parallel. */
#include "../internal.h"

#include "routines.h"

#include <string.h>

static cnnc_task_context *context_of(void **args) { return *(cnnc_task_context **)args[0]; }
static const cnnc_halide_buffer *buffer_of(void **args, int number) { return args[1 + number]; }
static float *floats(void **args, int number) { return (float *)buffer_of(args, number)->host; }
static int32_t *integers(void **args, int number) { return (int32_t *)buffer_of(args, number)->host; }

/* Box `number` of a tensor of boxes. */
static const float *box_of(void **args, int tensor, int32_t number) { return floats(args, tensor) + 4 * (size_t)number; }

/* Row `number` of a tensor of maps. */
static float *map_row(void **args, int tensor, const cnnc_rows *rows, int32_t number) { return floats(args, tensor) + rows->origin + number * rows->row_step; }

/* Extent of dimension d, counted from the outermost. */
static int32_t extent(void **args, int number, int d) {
  const cnnc_halide_buffer *buffer = buffer_of(args, number);
  return buffer->dim[buffer->dimensions - 1 - d].extent;
}

static size_t elements(void **args, int number) {
  const cnnc_halide_buffer *buffer = buffer_of(args, number);
  size_t count = 1;
  for (int32_t d = 0; d < buffer->dimensions; ++d)
    count *= (size_t)buffer->dim[d].extent;
  return count;
}

/* A count that was read, in [0, bound]. */
static int32_t count_of(void **args, int number, int32_t bound) {
  const int32_t count = *integers(args, number);
  return count < 0 ? 0 : count < bound ? count : bound;
}

static int fail(void **args, int32_t status, const char *message) {
  cnnc_run_context *context = context_of(args)->run;
  context->status = status;
  context->message = message;
  return status;
}

/* The scratch memory, or NULL where there is less than a step needs: the compiler and the runtime disagree. */
static void *scratch_of(void **args, int number, size_t needed) {
  if (elements(args, number) >= needed)
    return buffer_of(args, number)->host;
  fail(args, CNNC_ERROR_INTERNAL, "the plan holds too little scratch memory; recompile the network");
  return NULL;
}

/* One task of a parallel loop over rows. */
typedef struct {
  void **args;
  const void *options;
  void (*row)(void **args, const void *options, int32_t number);
} row_loop;

static int run_row(void *context, int number, uint8_t *closure) {
  const row_loop *loop = (const row_loop *)closure;
  (void)context;
  loop->row(loop->args, loop->options, number);
  return 0;
}

static int for_each_row(void **args, const void *options, int32_t rows, void (*row)(void **args, const void *options, int32_t number)) {
  row_loop loop = {args, options, row};
  return rows > 0 ? halide_do_par_for(context_of(args), run_row, 0, rows, (uint8_t *)&loop) : 0;
}

/* ---- Pictures ---- */

static cnnc_picture picture_of(void **args, int number) {
  const cnnc_halide_buffer *buffer = buffer_of(args, number); /* dimensions: channel, x, y */
  const cnnc_picture picture = {buffer->host, buffer->dim[2].stride, buffer->dim[1].stride, 1, buffer->dim[2].extent, buffer->dim[1].extent};
  return picture;
}

#define ROWS_OF_A_TASK 8

static void canvas_rows(void **args, const void *options, int32_t number) {
  const cnnc_image_to_batch_routine *o = options;
  const cnnc_picture picture = picture_of(args, 0);
  const int32_t first = number * ROWS_OF_A_TASK, height = o->image.canvas.height;
  cnnc_image_rows(&o->image, &picture, integers(args, 2), first, first + ROWS_OF_A_TASK < height ? first + ROWS_OF_A_TASK : height,
                  floats(args, 1) + o->canvas.origin);
}

/* (picture) -> (canvas, geometry) */
int cnnc_routine_image_to_batch(void **args, const cnnc_image_to_batch_routine *options) {
  const cnnc_picture picture = picture_of(args, 0);
  switch (cnnc_image_geometry(&options->image, picture.height, picture.width, integers(args, 2))) {
  case CNNC_IMAGE_OK:
    return for_each_row(args, options, (options->image.canvas.height + ROWS_OF_A_TASK - 1) / ROWS_OF_A_TASK, canvas_rows);
  case CNNC_IMAGE_EMPTY:
    return fail(args, CNNC_ERROR_SHAPE, "the picture is empty, or so narrow that nothing of it is left when it is scaled");
  default:
    return fail(args, CNNC_ERROR_SHAPE, "the scaled picture does not fit the canvas that the network was compiled for; compile with a larger one");
  }
}

static void warp_row(void **args, const void *options, int32_t number) {
  const cnnc_warp_rois_routine *o = options;
  const cnnc_picture picture = picture_of(args, 0);
  cnnc_warp_region(&o->warp, &picture, box_of(args, 1, number), map_row(args, 3, &o->result, number));
}

/* (picture, boxes, count) -> (regions) */
int cnnc_routine_warp_rois(void **args, const cnnc_warp_rois_routine *options) {
  return for_each_row(args, options, count_of(args, 2, extent(args, 1, 0)), warp_row);
}

/* ---- Boxes ---- */

/* (boxes, deltas) -> (boxes) */
int cnnc_routine_decode_boxes(void **args, const cnnc_decode_boxes_routine *options) {
  cnnc_decode_boxes(&options->coder, floats(args, 0), floats(args, 1), extent(args, 0, 0), options->classes, floats(args, 2));
  return 0;
}

/* (boxes, geometry) -> (boxes) */
int cnnc_routine_clip_boxes(void **args, const void *options) {
  const size_t n = elements(args, 0);
  const int32_t *geometry = integers(args, 1);
  (void)options;
  memcpy(floats(args, 2), floats(args, 0), n * sizeof(float));
  cnnc_clip_boxes(floats(args, 2), (int32_t)(n / 4), geometry[0], geometry[1]);
  return 0;
}

/* (boxes, geometry) -> (boxes) */
int cnnc_routine_rescale_boxes(void **args, const cnnc_rescale_boxes_routine *options) {
  const size_t n = elements(args, 0);
  const int32_t *scaled = integers(args, 1), *original = scaled + 2;
  memcpy(floats(args, 2), floats(args, 0), n * sizeof(float));
  if (options->to_scaled)
    cnnc_rescale_boxes(floats(args, 2), (int32_t)(n / 4), original, scaled);
  else
    cnnc_rescale_boxes(floats(args, 2), (int32_t)(n / 4), scaled, original);
  return 0;
}

/* (boxes, scores, count) -> (boxes, scores, count, scratch) */
int cnnc_routine_remove_small(void **args, const cnnc_remove_small_routine *options) {
  const int32_t bound = extent(args, 0, 0);
  const float *boxes = floats(args, 0), *scores = floats(args, 1);
  float *to_boxes = floats(args, 3), *to_scores = floats(args, 4);
  int32_t *kept = scratch_of(args, 6, (size_t)bound * sizeof(int32_t));
  int32_t count;
  if (!kept)
    return CNNC_ERROR_INTERNAL;
  count = cnnc_remove_small(boxes, count_of(args, 2, bound), options->min_size, kept);
  for (int32_t i = 0; i < count; ++i) {
    memcpy(to_boxes + 4 * (size_t)i, boxes + 4 * (size_t)kept[i], 4 * sizeof(float));
    to_scores[i] = scores[kept[i]];
  }
  memset(to_boxes + 4 * (size_t)count, 0, (size_t)(bound - count) * 4 * sizeof(float));
  memset(to_scores + count, 0, (size_t)(bound - count) * sizeof(float));
  *integers(args, 5) = count;
  return 0;
}

/* ---- Order and suppression ---- */

/* (scores, count) -> (values, indices, count, scratch) */
int cnnc_routine_top_k(void **args, const void *options) {
  const int32_t bound = extent(args, 0, 0), k = extent(args, 2, 0);
  const float *scores = floats(args, 0);
  float *values = floats(args, 2);
  int32_t *indices = integers(args, 3), count;
  void *scratch = scratch_of(args, 5, cnnc_top_k_scratch(bound));
  (void)options;
  if (!scratch)
    return CNNC_ERROR_INTERNAL;
  count = cnnc_top_k(scores, count_of(args, 1, bound), k, indices, scratch);
  for (int32_t i = 0; i < count; ++i)
    values[i] = scores[indices[i]];
  memset(values + count, 0, (size_t)(k - count) * sizeof *values);
  memset(indices + count, 0, (size_t)(k - count) * sizeof *indices);
  *integers(args, 4) = count;
  return 0;
}

/* (x, indices, count) -> (x) */
int cnnc_routine_gather_rows(void **args, const void *options) {
  const int32_t rows = extent(args, 0, 0), bound = extent(args, 1, 0), count = count_of(args, 2, bound);
  const size_t bytes = elements(args, 0) / (size_t)rows * (buffer_of(args, 0)->type.bits / 8);
  const uint8_t *from = buffer_of(args, 0)->host;
  uint8_t *to = buffer_of(args, 3)->host;
  (void)options;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t row = integers(args, 1)[i];
    if (row < 0 || row >= rows)
      return fail(args, CNNC_ERROR_INVALID_ARGUMENT, "an index lies outside the rows that it chooses from");
    memcpy(to + (size_t)i * bytes, from + (size_t)row * bytes, bytes);
  }
  memset(to + (size_t)count * bytes, 0, (size_t)(bound - count) * bytes);
  return 0;
}

static size_t padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

/* (boxes, scores, groups, count) -> (indices, count, scratch) */
int cnnc_routine_nms(void **args, const cnnc_nms_routine *options) {
  const int32_t bound = extent(args, 0, 0), cap = extent(args, 4, 0);
  const float *scores = floats(args, 1);
  const size_t sorting = cnnc_top_k_scratch(bound), suppressing = cnnc_nms_scratch(bound);
  int32_t *kept = integers(args, 4), ordered, count = 0;
  uint8_t *scratch = scratch_of(args, 6, padded((size_t)bound * sizeof(int32_t)) + (sorting > suppressing ? sorting : suppressing));
  int32_t *order = (int32_t *)scratch;
  if (!scratch)
    return CNNC_ERROR_INTERNAL;
  scratch += padded((size_t)bound * sizeof(int32_t));
  ordered = cnnc_top_k(scores, count_of(args, 3, bound), bound, order, scratch);
  while (ordered > 0 && !(scores[order[ordered - 1]] >= (float)options->score_threshold) && options->score_threshold == options->score_threshold)
    --ordered;
  if (ordered > 0 && cap > 0)
    count = cnnc_nms(floats(args, 0), integers(args, 2), order, ordered, options->iou_threshold, cap, kept, scratch);
  memset(kept + count, 0, (size_t)(cap - count) * sizeof *kept);
  *integers(args, 5) = count;
  return 0;
}

/* (boxes, scores, count) -> (boxes, scores, labels, count, scratch) */
int cnnc_routine_detections(void **args, const cnnc_detection_options *options) {
  const int32_t bound = extent(args, 1, 0), rows = count_of(args, 2, bound);
  void *scratch = scratch_of(args, 7, cnnc_detections_scratch(options, bound));
  if (!scratch)
    return CNNC_ERROR_INTERNAL;
  *integers(args, 6) = cnnc_detections(options, floats(args, 1), floats(args, 0), NULL, rows, -1, -1, floats(args, 3), floats(args, 4),
                                       integers(args, 5), NULL, scratch);
  return 0;
}

/* (geometry, objectness..., deltas...) -> (boxes, scores, count, scratch) */
int cnnc_routine_proposals(void **args, const cnnc_proposals_routine *options) {
  const int32_t levels = options->proposals.levels, first = 1 + 2 * levels, *geometry = integers(args, 0);
  const float *objectness[CNNC_DETECT_LEVELS], *deltas[CNNC_DETECT_LEVELS];
  void *scratch = scratch_of(args, first + 3, cnnc_proposals_scratch(&options->proposals));
  if (!scratch)
    return CNNC_ERROR_INTERNAL;
  for (int32_t level = 0; level < levels; ++level) {
    objectness[level] = floats(args, 1 + level) + options->objectness[level].origin;
    deltas[level] = floats(args, 1 + levels + level) + options->deltas[level].origin;
  }
  *integers(args, first + 2) =
      cnnc_proposals(&options->proposals, objectness, deltas, geometry[0], geometry[1], floats(args, first), floats(args, first + 1), scratch);
  return 0;
}

/* ---- Regions of maps: (boxes, count, maps...) -> (regions) ---- */

static void align_row(void **args, const void *options, int32_t number) {
  const cnnc_roi_align_routine *o = options;
  cnnc_roi_align(&o->align, floats(args, 2) + o->map.origin, box_of(args, 0, number), map_row(args, 3, &o->result, number));
}

int cnnc_routine_roi_align(void **args, const cnnc_roi_align_routine *options) {
  return for_each_row(args, options, count_of(args, 1, extent(args, 0, 0)), align_row);
}

static void pool_row(void **args, const void *options, int32_t number) {
  const cnnc_roi_pool_routine *o = options;
  cnnc_roi_pool(&o->pool, floats(args, 2) + o->map.origin, box_of(args, 0, number), map_row(args, 3, &o->result, number));
}

int cnnc_routine_roi_pool(void **args, const cnnc_roi_pool_routine *options) {
  return for_each_row(args, options, count_of(args, 1, extent(args, 0, 0)), pool_row);
}

static void align_levels_row(void **args, const void *options, int32_t number) {
  const cnnc_multiscale_roi_align_routine *o = options;
  const int32_t levels = o->align.mapper.levels;
  const float *maps[CNNC_DETECT_LEVELS];
  for (int32_t level = 0; level < levels; ++level)
    maps[level] = floats(args, 2 + level) + o->map[level].origin;
  cnnc_multiscale_roi_align(&o->align, maps, box_of(args, 0, number), map_row(args, 2 + levels, &o->result, number));
}

int cnnc_routine_multiscale_roi_align(void **args, const cnnc_multiscale_roi_align_routine *options) {
  return for_each_row(args, options, count_of(args, 1, extent(args, 0, 0)), align_levels_row);
}

/* (boxes) -> (levels) */
int cnnc_routine_assign_levels(void **args, const cnnc_level_mapper *options) {
  const int32_t rows = extent(args, 0, 0);
  for (int32_t i = 0; i < rows; ++i)
    integers(args, 1)[i] = cnnc_assign_level(options, box_of(args, 0, i));
  return 0;
}

/* ---- Masks ---- */

static void select_row(void **args, const void *options, int32_t number) {
  const cnnc_select_masks_routine *o = options;
  const size_t cells = (size_t)o->logits.height * (size_t)o->logits.width;
  if (number < count_of(args, 2, extent(args, 0, 0)))
    cnnc_select_mask(&o->logits, map_row(args, 0, &o->rows, number), integers(args, 1)[number], floats(args, 3) + (size_t)number * cells);
  else
    memset(floats(args, 3) + (size_t)number * cells, 0, cells * sizeof(float));
}

/* (logits, labels, count) -> (masks) */
int cnnc_routine_select_masks(void **args, const cnnc_select_masks_routine *options) { return for_each_row(args, options, extent(args, 0, 0), select_row); }

/* The picture takes the corner of a plane as large as the largest one. */
static void paste_row(void **args, const void *options, int32_t number) {
  const int32_t *geometry = integers(args, 2), rows = extent(args, 4, 1), columns = extent(args, 4, 2);
  const int32_t height = geometry[2] < rows ? geometry[2] : rows, width = geometry[3] < columns ? geometry[3] : columns;
  const size_t cells = (size_t)extent(args, 0, 1) * (size_t)extent(args, 0, 2), plane = (size_t)rows * (size_t)columns;
  uint8_t *result = buffer_of(args, 4)->host + (size_t)number * plane;
  if (number >= count_of(args, 3, extent(args, 0, 0))) {
    memset(result, 0, plane);
    return;
  }
  cnnc_paste_mask_u8(options, floats(args, 0) + (size_t)number * cells, floats(args, 1) + 4 * (size_t)number, height, width, result);
  if (width == columns) {
    memset(result + (size_t)height * (size_t)columns, 0, plane - (size_t)height * (size_t)columns);
    return;
  }
  /* Dense rows of the picture spread to rows of the plane, from the last. */
  for (int32_t y = rows - 1; y >= 0; --y) {
    uint8_t *row = result + (size_t)y * (size_t)columns;
    if (y < height) {
      memmove(row, result + (size_t)y * (size_t)width, (size_t)width);
      memset(row + width, 0, (size_t)(columns - width));
    } else {
      memset(row, 0, (size_t)columns);
    }
  }
}

/* (masks, boxes, geometry, count) -> (masks) */
int cnnc_routine_paste_masks(void **args, const cnnc_paste_options *options) { return for_each_row(args, options, extent(args, 0, 0), paste_row); }
