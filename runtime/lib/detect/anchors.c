/* anchors.c - reference boxes of a map's cells. */
#include "detect.h"

#include <math.h>

int32_t cnnc_base_anchors(const float *sizes, int32_t size_count, const float *ratios, int32_t ratio_count, float base[][4]) {
  if (size_count < 0 || ratio_count < 0 || (int64_t)size_count * ratio_count > CNNC_DETECT_ANCHORS)
    return 0;
  for (int32_t ratio = 0; ratio < ratio_count; ++ratio)
    for (int32_t size = 0; size < size_count; ++size) {
      const float tall = sqrtf(ratios[ratio]), wide = 1.0f / tall;
      float *box = base[ratio * size_count + size];
      box[2] = rintf(wide * sizes[size] / 2.0f);
      box[3] = rintf(tall * sizes[size] / 2.0f);
      box[0] = -box[2];
      box[1] = -box[3];
    }
  return size_count * ratio_count;
}

void cnnc_anchor_at(const cnnc_anchors *anchors, int32_t width, int32_t index, float box[4]) {
  const int32_t cell = index / anchors->count;
  const float x = (float)((int64_t)(cell % width) * anchors->stride_x), y = (float)((int64_t)(cell / width) * anchors->stride_y);
  const float *base = anchors->base[index % anchors->count];
  for (int side = 0; side < 4; ++side)
    box[side] = (side & 1 ? y : x) + base[side];
}
