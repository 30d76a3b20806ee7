/* boxes.c - arithmetic of boxes: decoding, clipping, filtering, scaling; which level of a pyramid a region is taken from. */
#include "boxes.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

void cnnc_decode_boxes(const cnnc_box_coder *coder, const float *boxes, const float *deltas, int32_t n, int32_t classes, float *result) {
  for (int32_t i = 0; i < n; ++i)
    for (int32_t k = 0; k < classes; ++k) {
      const size_t at = 4 * ((size_t)i * classes + k);
      cnnc_decode_box(coder, boxes + 4 * (size_t)i, deltas + at, result + at);
    }
}

void cnnc_clip_boxes(float *boxes, int32_t n, int32_t height, int32_t width) {
  for (int32_t i = 0; i < n; ++i)
    cnnc_clip_box(boxes + 4 * (size_t)i, height, width);
}

int32_t cnnc_remove_small(const float *boxes, int32_t n, float min_size, int32_t *kept) {
  int32_t count = 0;
  for (int32_t i = 0; i < n; ++i) {
    kept[count] = i;
    count += !cnnc_is_small(boxes + 4 * (size_t)i, min_size);
  }
  return count;
}

void cnnc_rescale_boxes(float *boxes, int32_t n, const int32_t from[2], const int32_t to[2]) {
  if (from[0] == 0 || from[1] == 0)
    return;
  const float vertical = (float)to[0] / (float)from[0], horizontal = (float)to[1] / (float)from[1];
  for (int32_t i = 0; i < n; ++i)
    for (int32_t side = 0; side < 4; ++side)
      boxes[4 * (size_t)i + side] *= side & 1 ? vertical : horizontal;
}

int32_t cnnc_assign_level(const cnnc_level_mapper *mapper, const float region[4]) {
  const float size = sqrtf((region[2] - region[0]) * (region[3] - region[1]));
  const float level = floorf(mapper->canonical_level + log2f(size / mapper->canonical_size) + mapper->eps) - (float)mapper->first_level;
  const int32_t last = mapper->levels - 1;
  return level > 0.0f ? level < (float)last ? (int32_t)level : last : 0;
}
