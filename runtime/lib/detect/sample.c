/* sample.c - sixteen samples at a time: a neighbouring pair of pixels is one load of eight bytes. */
#include "sample.h"
#include "vector.h"

#define PAIR_BYTES 8

typedef uint64_t u64x16 __attribute__((ext_vector_type(CNNC_LANES)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(CNNC_LANES)));

/* Channels of two neighbouring pixels, a byte each from the lowest up. */
static uint64_t pair_by_bytes(const cnnc_picture *picture, const uint8_t *row, int32_t x) {
  uint64_t result = 0;
  for (int32_t pixel = 0; pixel < 2; ++pixel)
    for (int32_t channel = 0; channel < 3 && x + pixel < picture->width; ++channel)
      result |= (uint64_t)row[(x + pixel) * picture->pixel + channel * picture->channel] << 8 * (3 * pixel + channel);
  return result;
}

static inline u64x16 load_pairs(const cnnc_picture *picture, const uint8_t *row, const int32_t *index) {
  const int dense = picture->pixel == 3 && picture->channel == 1;
  uint64_t pairs[CNNC_LANES];
  u64x16 result;
  for (int lane = 0; lane < CNNC_LANES; ++lane) {
    if (dense && (int64_t)index[lane] * 3 + PAIR_BYTES <= (int64_t)picture->width * 3)
      memcpy(&pairs[lane], row + (int64_t)index[lane] * 3, PAIR_BYTES);
    else
      pairs[lane] = pair_by_bytes(picture, row, index[lane]);
  }
  memcpy(&result, pairs, sizeof result);
  return result;
}

/* Bytes of one channel of the left and the right pixels, weighted. */
static inline cnnc_f32x16 across(u64x16 pairs, int32_t channel, cnnc_f32x16 low, cnnc_f32x16 high) {
  const u32x16 left = __builtin_convertvector(pairs >> (u64x16)(uint64_t)(8 * channel), u32x16) & 255u;
  const u32x16 right = __builtin_convertvector(pairs >> (u64x16)(uint64_t)(8 * channel + 24), u32x16) & 255u;
  return __builtin_convertvector((cnnc_i32x16)left, cnnc_f32x16) * low + __builtin_convertvector((cnnc_i32x16)right, cnnc_f32x16) * high;
}

/* n <= 16 cells of three channels. */
static inline void put(const cnnc_layout *layout, float *cells, cnnc_f32x16 value[CNNC_LANES], int32_t n) {
  if (layout->block == 1) {
    for (int32_t channel = 0; channel < 3; ++channel)
      cnnc_store_first(cells + channel * layout->plane, value[channel], n);
  } else if (layout->block == CNNC_LANES) {
    for (int32_t channel = 3; channel < CNNC_LANES; ++channel)
      value[channel] = 0.0f;
    cnnc_transpose(value);
    for (int32_t i = 0; i < n; ++i)
      cnnc_store(cells + i * CNNC_LANES, value[i]);
  } else {
    const int32_t padded = (3 + layout->block - 1) / layout->block * layout->block;
    for (int32_t i = 0; i < n; ++i)
      for (int32_t channel = 0; channel < padded; ++channel)
        cells[channel / layout->block * layout->plane + (int64_t)i * layout->block + channel % layout->block] = channel < 3 ? value[channel][i] : 0.0f;
  }
}

void cnnc_sample_row(const cnnc_picture *picture, const cnnc_normalization *normalization, const cnnc_samples *y, int32_t row, const cnnc_samples *x,
                     const cnnc_layout *layout, float *cells) {
  const uint8_t *above = picture->data + y->index[row] * picture->row;
  const uint8_t *below = y->high[row] != 0.0f ? above + picture->row : above;
  const cnnc_f32x16 y_low = y->low[row], y_high = y->high[row];
  for (int32_t first = 0; first < x->count; first += CNNC_LANES) {
    const u64x16 upper = load_pairs(picture, above, x->index + first), lower = load_pairs(picture, below, x->index + first);
    const cnnc_f32x16 low = cnnc_load(x->low + first), high = cnnc_load(x->high + first), weight = (y_low + y_high) * (low + high);
    cnnc_f32x16 value[CNNC_LANES];
    for (int32_t channel = 0; channel < 3; ++channel) {
      const int32_t from = normalization->reversed ? 2 - channel : channel;
      const cnnc_f32x16 byte = across(upper, from, low, high) * y_low + across(lower, from, low, high) * y_high;
      value[channel] = (byte / normalization->divisor - weight * normalization->mean[channel]) / normalization->std[channel];
    }
    put(layout, cells + (int64_t)first * layout->block, value, x->count - first < CNNC_LANES ? x->count - first : CNNC_LANES);
  }
}
