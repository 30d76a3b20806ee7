/* warp.c - a region of a picture warped to a fixed size. */
#include "sample.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

/* Samples [first, first + CNNC_SAMPLES) of `to` along one side of the enlarged box, in an axis of `extent` pixels. */
static void samples_of(float start, float end, int32_t padding, int32_t to, int32_t first, int32_t extent, cnnc_samples *result) {
  const double size = ((double)end - start) * to / (to - 2.0 * padding), origin = ((double)start + end - size) / 2;
  result->count = to - first < CNNC_SAMPLES ? to - first : CNNC_SAMPLES;
  for (int32_t i = 0; i < CNNC_SAMPLES; ++i) {
    const double at = origin + (first + i + 0.5) * size / to - 0.5;
    result->index[i] = 0;
    result->low[i] = result->high[i] = 0.0f;
    if (extent < 1 || !(at > -1 && at < extent) || i >= result->count)
      continue;
    const int32_t index = (int32_t)floor(at);
    const float high = (float)(at - index);
    if (index < 0) {
      result->low[i] = high;
    } else {
      result->index[i] = index;
      result->low[i] = 1.0f - high;
      result->high[i] = index < extent - 1 ? high : 0.0f;
    }
  }
}

void cnnc_warp_region(const cnnc_warp_options *options, const cnnc_picture *picture, const float box[4], float *result) {
  const cnnc_layout *layout = &options->result;
  const int32_t height = picture->width > 0 && picture->height > 0 ? picture->height : 0, width = height ? picture->width : 0;
  const uint8_t nothing[3] = {0, 0, 0};
  const cnnc_picture blank = {nothing, 0, 0, 1, 1, 1};
  for (int32_t top = 0; top < layout->height; top += CNNC_SAMPLES) {
    cnnc_samples y;
    samples_of(box[1], box[3], options->padding, layout->height, top, height, &y);
    for (int32_t left = 0; left < layout->width; left += CNNC_SAMPLES) {
      cnnc_samples x;
      samples_of(box[0], box[2], options->padding, layout->width, left, width, &x);
      for (int32_t row = 0; row < y.count; ++row)
        cnnc_sample_row(height ? picture : &blank, &options->normalization, &y, row, &x, layout,
                        result + (top + row) * layout->row + (int64_t)left * layout->block);
    }
  }
}
