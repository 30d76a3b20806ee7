/* roi_pool.c - maxima of a region's cells by bins. Channels are the lanes; up to sixteen bins are found before they are written. */
#include "regions.h"

#include <float.h>
#include <math.h>

#define FAR 1000000000 /* cells; further is all the same */

/* Cells [begin, end) of a bin. */
typedef struct {
  int32_t begin, end;
} span;

static int32_t whole(float coordinate) {
  const float rounded = roundf(coordinate);
  return rounded > -FAR ? rounded < FAR ? (int32_t)rounded : FAR : -FAR;
}

static inline int32_t clamped(float cell, int32_t start, int32_t extent) {
  const double at = (double)cell + start;
  return at > 0 ? at < extent ? (int32_t)at : extent : 0;
}

static inline span span_of(int32_t start, float bin_size, int32_t bin, int32_t extent) {
#pragma STDC FP_CONTRACT OFF
  const span result = {clamped(floorf((float)bin * bin_size), start, extent), clamped(ceilf((float)(bin + 1) * bin_size), start, extent)};
  return result;
}

static inline float bin_size_of(int32_t start, int32_t end, int32_t bins) {
  const int32_t cells = end - start + 1;
  return (float)(cells > 1 ? cells : 1) / (float)bins;
}

static inline cnnc_f32x16 maximum(const cnnc_layout *layout, const float *map, int32_t block, int32_t channel, span y, span x) {
  cnnc_f32x16 result = -FLT_MAX;
  if (y.begin >= y.end || x.begin >= x.end)
    return (cnnc_f32x16)0.0f;
  for (int32_t row = y.begin; row < y.end; ++row)
    for (int32_t column = x.begin; column < x.end; ++column)
      result = cnnc_max(cnnc_channels(layout, map, block, channel, row * layout->row + (int64_t)column * block), result);
  return result;
}

static inline void pool(const cnnc_roi_pool_options *options, int32_t block, const float *map, const float region[4], float *result) {
  const cnnc_layout *cells = &options->map;
  const int32_t rows = options->result.height, columns = options->result.width, bins = rows * columns;
  const int32_t x0 = whole(region[0] * options->scale), y0 = whole(region[1] * options->scale);
  const float bin_width = bin_size_of(x0, whole(region[2] * options->scale), columns), bin_height = bin_size_of(y0, whole(region[3] * options->scale), rows);
  for (int32_t first = 0; first < bins; first += CNNC_LANES) {
    const int32_t n = bins - first < CNNC_LANES ? bins - first : CNNC_LANES;
    span y[CNNC_LANES], x[CNNC_LANES];
    for (int32_t i = 0; i < n; ++i) {
      y[i] = span_of(y0, bin_height, (first + i) / columns, cells->height);
      x[i] = span_of(x0, bin_width, (first + i) % columns, cells->width);
    }
    for (int32_t channel = 0; channel < cells->channels; channel += CNNC_LANES) {
      cnnc_tile tile;
      for (int32_t i = 0; i < CNNC_LANES; ++i)
        tile.bin[i] = i < n ? maximum(cells, map, block, channel, y[i], x[i]) : (cnnc_f32x16)0.0f;
      cnnc_put_tile(&options->result, result, channel, first, n, 0, &tile);
    }
  }
}

void cnnc_roi_pool(const cnnc_roi_pool_options *options, const float *map, const float region[4], float *result) {
  switch (options->map.block) {
  case CNNC_LANES:
    pool(options, CNNC_LANES, map, region, result);
    break;
  case 8:
    pool(options, 8, map, region, result);
    break;
  case 4:
    pool(options, 4, map, region, result);
    break;
  case 1:
    pool(options, 1, map, region, result);
    break;
  default:
    pool(options, options->map.block, map, region, result);
    break;
  }
}
