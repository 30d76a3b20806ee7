/* roi_align.c - bilinear samples of a region, averaged by bins.
 *
 * The samples of a bin form a grid, so its weights are products of one weight by row and one by column: the samples of an axis are first
 * merged by the cells they touch. Channels are the lanes; up to sixteen bins are summed before they are written. */
#include "regions.h"

#include <math.h>

#define AXIS_ROWS 16
#define AXIS_COLUMNS 32
#define TAPS (AXIS_ROWS * AXIS_COLUMNS)

/* The samples of one bin along an axis that are still to be taken: sample i is at origin + (i + 0.5) * size / samples. */
typedef struct {
  float origin, size;
  int32_t samples, next, end, extent;
} line;

/* Cells along an axis and the sum of their samples' weights. */
typedef struct {
  int32_t count, cell[AXIS_COLUMNS];
  float weight[AXIS_COLUMNS];
} axis;

/* Weights of cells for bins [first, first + bins); those of bin i end at end[i]. */
typedef struct {
  int32_t first, bins, add, end[CNNC_LANES], count;
  int64_t offset[TAPS];
  float weight[TAPS];
} batch;

static int32_t clamped(double value, int32_t high) { return value > 0 ? value < high ? (int32_t)value : high : 0; }

static line line_of(float origin, float size, int32_t samples, int32_t extent) {
  line result = {origin, size, samples, 0, samples, extent};
  const double step = (double)size / samples;
  if (samples > AXIS_COLUMNS && step > 0) { /* skips what is far outside; the margin covers the rounding of f32 */
    const double margin = 4 + fabs((double)origin) / step * 0x1p-20;
    result.next = clamped((-1.0 - origin) / step - margin, samples);
    result.end = clamped((extent - origin) / step + margin, samples);
  }
  return result;
}

/* Samples run along the axis, so that a cell seen before is among the last two. */
static inline void add_weight(axis *taken, int32_t cell, float weight) {
  for (int32_t at = taken->count - 1; at >= 0 && at >= taken->count - 2; --at)
    if (taken->cell[at] == cell) {
      taken->weight[at] += weight;
      return;
    }
  taken->cell[taken->count] = cell;
  taken->weight[taken->count++] = weight;
}

/* Takes samples until the line ends or `capacity` cells may not hold one more. */
static void take(line *samples, int32_t capacity, axis *taken) {
  taken->count = 0;
  for (; samples->next < samples->end && taken->count + 2 <= capacity; ++samples->next) {
#pragma STDC FP_CONTRACT OFF
    float at = samples->origin + ((float)samples->next + 0.5f) * samples->size / (float)samples->samples;
    int32_t low;
    if (!(at >= -1.0f && at <= (float)samples->extent) || samples->extent <= 0)
      continue;
    at = at > 0.0f ? at : 0.0f;
    low = (int32_t)at;
    if (low >= samples->extent - 1) {
      add_weight(taken, samples->extent - 1, 1.0f);
    } else {
      const float high_weight = at - (float)low;
      add_weight(taken, low, 1.0f - high_weight);
      add_weight(taken, low + 1, high_weight);
    }
  }
}

static int32_t samples_of(float extent, int32_t bins, int32_t ratio) {
  float samples;
  if (ratio > 0)
    return ratio;
  samples = ceilf(extent / (float)bins);
  return samples >= 1.0f ? (samples < 0x1p24f ? (int32_t)samples : 1 << 24) : 0;
}

static inline void sum_batch(const cnnc_roi_align_options *options, int32_t block, const float *map, const batch *b, float *result) {
  for (int32_t channel = 0; channel < options->map.channels; channel += CNNC_LANES) {
    cnnc_tile tile;
    for (int32_t i = 0, tap = 0; i < b->bins; ++i) {
      cnnc_f32x16 sum = 0.0f;
      for (; tap < b->end[i]; ++tap)
        sum += cnnc_channels(&options->map, map, block, channel, b->offset[tap]) * b->weight[tap];
      tile.bin[i] = sum;
    }
    for (int32_t i = b->bins; i < CNNC_LANES; ++i)
      tile.bin[i] = 0.0f;
    cnnc_put_tile(&options->result, result, channel, b->first, b->bins, b->add, &tile);
  }
}

static void flush(const cnnc_roi_align_options *options, const float *map, batch *b, float *result) {
  switch (options->map.block) {
  case CNNC_LANES:
    sum_batch(options, CNNC_LANES, map, b, result);
    break;
  case 8:
    sum_batch(options, 8, map, b, result);
    break;
  case 4:
    sum_batch(options, 4, map, b, result);
    break;
  case 1:
    sum_batch(options, 1, map, b, result);
    break;
  default:
    sum_batch(options, options->map.block, map, b, result);
    break;
  }
  b->bins = b->count = 0;
}

static inline int fits(const batch *b, int32_t bin, int32_t add, int32_t taps) {
  return b->bins < CNNC_LANES && b->first + b->bins == bin && b->add == add && b->count + taps <= TAPS;
}

void cnnc_roi_align(const cnnc_roi_align_options *options, const float *map, const float region[4], float *result) {
#pragma STDC FP_CONTRACT OFF
  const cnnc_layout *cells = &options->map;
  const int32_t rows = options->result.height, columns = options->result.width;
  const float shift = options->aligned ? 0.5f : 0.0f;
  const float x0 = region[0] * options->scale - shift, y0 = region[1] * options->scale - shift;
  float width = region[2] * options->scale - shift - x0, height = region[3] * options->scale - shift - y0;
  batch b = {.bins = 0, .count = 0};
  if (!options->aligned) {
    width = width > 1.0f ? width : 1.0f;
    height = height > 1.0f ? height : 1.0f;
  }
  const float bin_width = width / (float)columns, bin_height = height / (float)rows;
  const int32_t across = samples_of(width, columns, options->sampling_ratio), down = samples_of(height, rows, options->sampling_ratio);
  const float samples = (float)across * (float)down, share = 1.0f / (samples > 1.0f ? samples : 1.0f);
  for (int32_t row = 0; row < rows; ++row) {
    line y_line = line_of(y0 + (float)row * bin_height, bin_height, down, cells->height);
    int32_t add_rows = 0;
    do {
      axis y;
      take(&y_line, AXIS_ROWS, &y);
      for (int32_t column = 0; column < columns; ++column) {
        line x_line = line_of(x0 + (float)column * bin_width, bin_width, across, cells->width);
        int32_t add = add_rows;
        do {
          axis x;
          take(&x_line, AXIS_COLUMNS, &x);
          if (!fits(&b, row * columns + column, add, y.count * x.count)) {
            if (b.bins)
              flush(options, map, &b, result);
            b.first = row * columns + column;
            b.add = add;
          }
          for (int32_t j = 0; j < y.count; ++j)
            for (int32_t i = 0; i < x.count; ++i, ++b.count) {
              b.offset[b.count] = y.cell[j] * cells->row + (int64_t)x.cell[i] * cells->block;
              b.weight[b.count] = y.weight[j] * share * x.weight[i];
            }
          b.end[b.bins++] = b.count;
          add = 1;
        } while (x_line.next < x_line.end);
      }
      add_rows = 1;
    } while (y_line.next < y_line.end);
  }
  if (b.bins)
    flush(options, map, &b, result);
}

void cnnc_multiscale_roi_align(const cnnc_multiscale_options *options, const float *const maps[], const float region[4], float *result) {
  const int32_t level = cnnc_assign_level(&options->mapper, region);
  const cnnc_roi_align_options one = {options->map[level], options->result, options->scale[level], options->sampling_ratio, options->aligned};
  cnnc_roi_align(&one, maps[level], region, result);
}
