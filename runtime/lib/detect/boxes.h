/* boxes.h - steps of one box, for loops that hold it at hand. Each operation is rounded to f32 by itself. */
#ifndef CNNC_DETECT_BOXES_H
#define CNNC_DETECT_BOXES_H

#include "detect.h"

#include <math.h>

static inline void cnnc_decode_box(const cnnc_box_coder *coder, const float box[4], const float delta[4], float result[4]) {
#pragma STDC FP_CONTRACT OFF
  for (int axis = 0; axis < 2; ++axis) {
    const float size = box[2 + axis] - box[axis], centre = box[axis] + 0.5f * size;
    const float shift = delta[axis] / coder->weights[axis], growth = delta[2 + axis] / coder->weights[2 + axis];
    const float at = shift * size + centre, half = 0.5f * (expf(growth > coder->clip ? coder->clip : growth) * size);
    result[axis] = at - half;
    result[2 + axis] = at + half;
  }
}

static inline float cnnc_clamp(float value, float high) {
  value = value < 0.0f ? 0.0f : value;
  return value > high ? high : value;
}

static inline void cnnc_clip_box(float box[4], int32_t height, int32_t width) {
  for (int side = 0; side < 4; ++side)
    box[side] = cnnc_clamp(box[side], (float)(side & 1 ? height : width));
}

/* Also true of a box with a NaN. */
static inline int cnnc_is_small(const float box[4], float min_size) { return !(box[2] - box[0] >= min_size && box[3] - box[1] >= min_size); }

static inline float cnnc_sigmoid(float logit) { return 1.0f / (1.0f + expf(-logit)); }

#endif /* CNNC_DETECT_BOXES_H */
