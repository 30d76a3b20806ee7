/* roi_align.c - bilinear samples of a region, averaged by bins. Weights are computed once for a bin, channels are the lanes. */
#include "detect.h"
#include "vector.h"

/* Two neighbouring cells along one axis and their weights; both weights are 0 for a sample outside the map. */
typedef struct {
  int32_t low, high;
  float low_weight, high_weight;
} tap;

static inline tap tap_at(float coordinate, int32_t extent) {
  tap result = {0, 0, 0.0f, 0.0f};
  if (!(coordinate >= -1.0f && coordinate <= (float)extent))
    return result;
  if (coordinate < 0.0f)
    coordinate = 0.0f;
  result.low = (int32_t)coordinate;
  if (result.low >= extent - 1) {
    result.low = result.high = extent - 1;
    coordinate = (float)result.low;
  } else {
    result.high = result.low + 1;
  }
  result.high_weight = coordinate - (float)result.low;
  result.low_weight = 1.0f - result.high_weight;
  return result;
}

static inline int32_t samples_of(float extent, int32_t bins, int32_t ratio) {
  float samples;
  if (ratio > 0)
    return ratio;
  samples = __builtin_ceilf(extent / (float)bins);
  return samples >= 1.0f ? (samples < 1e6f ? (int32_t)samples : 1000000) : 0;
}

void cnnc_roi_align(const cnnc_feature_map *map, const float region[4], const cnnc_roi_align_options *options, float *result) {
  const float shift = options->aligned ? 0.5f : 0.0f, least = options->aligned ? 0.0f : 1.0f;
  const float x0 = region[0] * map->scale - shift, y0 = region[1] * map->scale - shift;
  float width = region[2] * map->scale - shift - x0, height = region[3] * map->scale - shift - y0;
  const int64_t bins = (int64_t)options->rows * options->columns;
  if (!options->aligned) {
    width = width > least ? width : least;
    height = height > least ? height : least;
  }
  const float bin_width = width / (float)options->columns, bin_height = height / (float)options->rows;
  const int32_t across = samples_of(width, options->columns, options->sampling_ratio), down = samples_of(height, options->rows, options->sampling_ratio);
  const int64_t samples = (int64_t)across * down;
  const float share = 1.0f / (float)(samples > 1 ? samples : 1);
  memset(result, 0, (size_t)(bins * map->blocks) * CNNC_LANES * sizeof *result);
  for (int32_t row = 0; row < options->rows; ++row)
    for (int32_t column = 0; column < options->columns; ++column) {
      float *bin = result + ((int64_t)row * options->columns + column) * CNNC_LANES;
      for (int32_t j = 0; j < down; ++j) {
        const tap y = tap_at(y0 + (float)row * bin_height + ((float)j + 0.5f) * bin_height / (float)down, map->height);
        for (int32_t i = 0; i < across; ++i) {
          const tap x = tap_at(x0 + (float)column * bin_width + ((float)i + 0.5f) * bin_width / (float)across, map->width);
          const int64_t a = y.low * map->row + x.low * CNNC_LANES, b = y.low * map->row + x.high * CNNC_LANES;
          const int64_t c = y.high * map->row + x.low * CNNC_LANES, d = y.high * map->row + x.high * CNNC_LANES;
          const float wa = y.low_weight * x.low_weight * share, wb = y.low_weight * x.high_weight * share;
          const float wc = y.high_weight * x.low_weight * share, wd = y.high_weight * x.high_weight * share;
          for (int32_t block = 0; block < map->blocks; ++block) {
            const float *plane = map->data + block * map->plane;
            float *cell = bin + block * bins * CNNC_LANES;
            cnnc_store(cell, cnnc_load(cell) + cnnc_load(plane + a) * wa + cnnc_load(plane + b) * wb + cnnc_load(plane + c) * wc + cnnc_load(plane + d) * wd);
          }
        }
      }
    }
}
