/* masks.c - the mask of a detection's class, and its place in the picture. */
#include "boxes.h"
#include "vector.h"

#pragma STDC FP_CONTRACT OFF

#define CHUNK 256

typedef uint8_t u8x16 __attribute__((ext_vector_type(CNNC_LANES)));

void cnnc_select_mask(const cnnc_layout *layout, const float *logits, int32_t label, float *result) {
  const int known = label >= 0 && label < layout->channels;
  for (int32_t y = 0; y < layout->height; ++y)
    for (int32_t x = 0; x < layout->width; ++x)
      result[(size_t)y * layout->width + x] =
          known ? cnnc_sigmoid(logits[label / layout->block * layout->plane + y * layout->row + (int64_t)x * layout->block + label % layout->block]) : 0.0f;
}

/* Part of an axis of the picture that the enlarged box covers, and where the box's first cell lies. */
typedef struct {
  int32_t begin, end;
  int64_t start, cells;
} span;

/* Columns of a chunk: the padded mask's cells `index` and `index` + 1, less the padding. */
typedef struct {
  int32_t count, low[CHUNK], high[CHUNK];
  float weight[CHUNK];
} taps;

/* Rounds towards zero; far coordinates keep their side. */
static int64_t whole(float coordinate) {
  const float far = 0x1p40f;
  return coordinate > -far ? coordinate < far ? (int64_t)coordinate : (int64_t)far : -(int64_t)far;
}

static span span_of(const cnnc_paste_options *options, float low, float high, int32_t extent) {
  const float scale = (float)((double)(options->size + 2 * options->padding) / options->size);
  const float half = (high - low) * 0.5f * scale, centre = (high + low) * 0.5f;
  span result = {0, 0, 0, 1};
  if (!(half - half == 0.0f && centre - centre == 0.0f))
    return result;
  const int64_t start = whole(centre - half), end = whole(centre + half) + 1;
  result.start = start;
  result.cells = end - start > 1 ? end - start : 1;
  result.begin = (int32_t)(start > 0 ? start < extent ? start : extent : 0);
  result.end = (int32_t)(end < extent ? end > result.begin ? end : result.begin : extent);
  return result;
}

/* The mask's cell at a sample of the span, its neighbour and the neighbour's weight; cells of the padding are -1. */
static inline float tap_at(const cnnc_paste_options *options, const span *s, int32_t at, int32_t *low, int32_t *high) {
  const int32_t padded = options->size + 2 * options->padding;
  const float ratio = (float)padded / (float)s->cells;
  const float sample = (float)((double)ratio * ((double)(at - s->start) + 0.5) - 0.5), inside = sample > 0.0f ? sample : 0.0f;
  const int32_t index = (int32_t)inside < padded - 1 ? (int32_t)inside : padded - 1, next = index < padded - 1 ? index + 1 : index;
  const int32_t first = index - options->padding, second = next - options->padding;
  *low = first >= 0 && first < options->size ? first : -1;
  *high = second >= 0 && second < options->size ? second : -1;
  return inside - (float)index < 1.0f ? inside - (float)index : 1.0f;
}

/* One row of the mask at a chunk's columns. */
static void stretch_row(const cnnc_paste_options *options, const taps *x, const float *mask, int32_t row, float *result) {
  const float *cells = mask + (size_t)(row > 0 ? row : 0) * options->size;
  for (int32_t i = 0; i < x->count; ++i) {
    const float low = row >= 0 && x->low[i] >= 0 ? cells[x->low[i]] : 0.0f, high = row >= 0 && x->high[i] >= 0 ? cells[x->high[i]] : 0.0f;
    result[i] = low * (1.0f - x->weight[i]) + high * x->weight[i];
  }
  for (int32_t i = x->count; i % CNNC_LANES; ++i)
    result[i] = 0.0f;
}

/* Two rows of the mask, stretched; a neighbouring pair keeps the row that it shares with the last one. */
typedef struct {
  int32_t row[2];
  float *at[2];
} window;

static void hold(const cnnc_paste_options *options, const taps *x, const float *mask, int32_t low, int32_t high, window *w) {
  if (w->row[0] != low && w->row[1] == low) {
    float *const spare = w->at[0];
    w->at[0] = w->at[1];
    w->at[1] = spare;
    w->row[1] = w->row[0];
    w->row[0] = low;
  }
  if (w->row[0] != low)
    stretch_row(options, x, mask, w->row[0] = low, w->at[0]);
  if (w->row[1] != high)
    stretch_row(options, x, mask, w->row[1] = high, w->at[1]);
}

/* Probabilities to `floats`, or their comparison to `bytes`: the other is NULL. Both point to the first column of the chunk. */
static void blend(const window *w, float weight, float threshold, int32_t count, float *floats, uint8_t *bytes) {
  for (int32_t i = 0; i < count; i += CNNC_LANES) {
    const int32_t left = count - i < CNNC_LANES ? count - i : CNNC_LANES;
    const cnnc_f32x16 value = cnnc_load(w->at[0] + i) * (1.0f - weight) + cnnc_load(w->at[1] + i) * weight;
    if (floats) {
      cnnc_store_first(floats + i, value, left);
    } else {
      const u8x16 reached = __builtin_convertvector((value > (cnnc_f32x16)threshold) & 1, u8x16);
      if (left == CNNC_LANES)
        memcpy(bytes + i, &reached, sizeof reached);
      else
        for (int32_t lane = 0; lane < left; ++lane)
          bytes[i + lane] = reached[lane];
    }
  }
}

/* Zeros around the spans of a plane of elements of `size` bytes. */
static void clear_around(const span *y, const span *x, int32_t height, int32_t width, size_t size, void *plane) {
  uint8_t *const base = plane;
  const size_t row = (size_t)width * size;
  memset(base, 0, (size_t)y->begin * row);
  for (int32_t i = y->begin; i < y->end; ++i) {
    memset(base + (size_t)i * row, 0, (size_t)x->begin * size);
    memset(base + (size_t)i * row + (size_t)x->end * size, 0, (size_t)(width - x->end) * size);
  }
  memset(base + (size_t)y->end * row, 0, (size_t)(height - y->end) * row);
}

static void paste(const cnnc_paste_options *options, const float *mask, const float box[4], int32_t height, int32_t width, float *floats, uint8_t *bytes) {
  if (height < 1 || width < 1)
    return;
  const span x = span_of(options, box[0], box[2], width), y = span_of(options, box[1], box[3], height);
  clear_around(&y, &x, height, width, floats ? sizeof *floats : sizeof *bytes, floats ? (void *)floats : (void *)bytes);
  for (int32_t column = x.begin; column < x.end; column += CHUNK) {
    float rows[2][CHUNK];
    window w = {{-2, -2}, {rows[0], rows[1]}};
    taps columns = {.count = x.end - column < CHUNK ? x.end - column : CHUNK};
    for (int32_t i = 0; i < columns.count; ++i)
      columns.weight[i] = tap_at(options, &x, column + i, &columns.low[i], &columns.high[i]);
    for (int32_t row = y.begin; row < y.end; ++row) {
      const size_t at = (size_t)row * width + column;
      int32_t low, high;
      const float weight = tap_at(options, &y, row, &low, &high);
      hold(options, &columns, mask, low, high, &w);
      blend(&w, weight, options->threshold, columns.count, floats ? floats + at : NULL, bytes ? bytes + at : NULL);
    }
  }
}

void cnnc_paste_mask(const cnnc_paste_options *options, const float *mask, const float box[4], int32_t height, int32_t width, float *result) {
  paste(options, mask, box, height, width, result, NULL);
}

void cnnc_paste_mask_u8(const cnnc_paste_options *options, const float *mask, const float box[4], int32_t height, int32_t width, uint8_t *result) {
  paste(options, mask, box, height, width, NULL, result);
}
