/* image.c - a picture scaled and normalised into the upper left corner of a canvas. */
#include "sample.h"

#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

#define BAND 8

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

/* floor(side * scale), or `most` where that is more. */
static int32_t scaled(int32_t side, double scale, int32_t most) {
  const double result = floor(side * scale);
  return result > 0 ? result < most ? (int32_t)result : most : 0;
}

int32_t cnnc_image_geometry(const cnnc_image_options *options, int32_t height, int32_t width, int32_t geometry[4]) {
  const int32_t shorter = height < width ? height : width, longer = height < width ? width : height;
  geometry[0] = geometry[1] = 0;
  geometry[2] = height;
  geometry[3] = width;
  if (shorter < 1)
    return CNNC_IMAGE_EMPTY;
  const double up = (double)options->min_size / shorter, down = (double)options->max_size / longer, scale = up < down ? up : down;
  geometry[0] = scaled(height, scale, INT32_MAX);
  geometry[1] = scaled(width, scale, INT32_MAX);
  if (geometry[0] < 1 || geometry[1] < 1)
    return CNNC_IMAGE_EMPTY;
  return geometry[0] > options->canvas.height || geometry[1] > options->canvas.width ? CNNC_IMAGE_TOO_LARGE : CNNC_IMAGE_OK;
}

/* Samples [first, first + count) of an axis of `from` pixels scaled to `to`. A product and a difference are rounded once. */
static void samples_of(int32_t from, int32_t to, int32_t first, int32_t count, cnnc_samples *result) {
  const float ratio = (float)from / (float)to;
  result->count = count;
  for (int32_t i = 0; i < CNNC_SAMPLES; ++i) {
    const float at = (float)((double)ratio * ((double)(first + i) + 0.5) - 0.5), inside = at > 0.0f ? at : 0.0f;
    const int32_t index = (int32_t)inside < from - 1 ? (int32_t)inside : from - 1;
    const float high = from == to || index == from - 1 || i >= count ? 0.0f : inside - (float)index;
    result->index[i] = i < count ? index : 0;
    result->high[i] = high;
    result->low[i] = 1.0f - high;
  }
}

/* Zeros in cells [first, last) of a row. */
static void clear(const cnnc_layout *layout, float *canvas, int32_t y, int32_t first, int32_t last) {
  const int32_t blocks = (3 + layout->block - 1) / layout->block;
  for (int32_t block = 0; block < blocks && first < last; ++block)
    memset(canvas + block * layout->plane + y * layout->row + (int64_t)first * layout->block, 0, (size_t)(last - first) * layout->block * sizeof *canvas);
}

/* Columns from one tap table in a band of rows: few enough rows that their pages stay at hand. */
static void sample_band(const cnnc_image_options *options, const cnnc_picture *picture, const int32_t geometry[4], int32_t first, int32_t count,
                        float *canvas) {
  const cnnc_layout *layout = &options->canvas;
  cnnc_samples x, y;
  samples_of(geometry[2], geometry[0], first, count, &y);
  for (int32_t column = 0; column < geometry[1]; column += CNNC_SAMPLES) {
    samples_of(geometry[3], geometry[1], column, smaller(geometry[1] - column, CNNC_SAMPLES), &x);
    for (int32_t row = 0; row < count; ++row)
      cnnc_sample_row(picture, &options->normalization, &y, row, &x, layout, canvas + (first + row) * layout->row + (int64_t)column * layout->block);
  }
}

void cnnc_image_rows(const cnnc_image_options *options, const cnnc_picture *picture, const int32_t geometry[4], int32_t first, int32_t last, float *canvas) {
  for (int32_t row = first; row < smaller(last, geometry[0]); row += BAND)
    sample_band(options, picture, geometry, row, smaller(smaller(last, geometry[0]) - row, BAND), canvas);
  for (int32_t row = first; row < last; ++row)
    clear(&options->canvas, canvas, row, row < geometry[0] ? geometry[1] : 0, options->canvas.width);
}

int32_t cnnc_image_to_batch(const cnnc_image_options *options, const cnnc_picture *picture, float *canvas, int32_t geometry[4]) {
  const int32_t status = cnnc_image_geometry(options, picture->height, picture->width, geometry);
  if (status == CNNC_IMAGE_OK)
    cnnc_image_rows(options, picture, geometry, 0, options->canvas.height, canvas);
  return status;
}
