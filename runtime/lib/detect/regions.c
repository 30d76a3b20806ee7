/* regions.c - bins of a region written in any layout. */
#include "regions.h"

static inline int64_t offset_of(const cnnc_layout *layout, int32_t bin) {
  return bin / layout->width * layout->row + (int64_t)(bin % layout->width) * layout->block;
}

static inline float sum_of(const float *cell, float value, int add) { return add ? *cell + value : value; }

/* Channels are planes: lane i of the transposed tile is a run of bins of one channel. */
static void put_dense(const cnnc_layout *layout, float *result, int32_t channel, int32_t first, int32_t n, int add, cnnc_tile *tile) {
  const int contiguous = layout->row == layout->width && !add;
  cnnc_transpose(tile->bin);
  for (int32_t lane = 0; lane < CNNC_LANES && channel + lane < layout->channels; ++lane) {
    float *plane = result + (channel + lane) * layout->plane;
    if (contiguous) {
      cnnc_store_first(plane + first, tile->bin[lane], n);
      continue;
    }
    for (int32_t i = 0; i < n; ++i) {
      float *cell = plane + offset_of(layout, first + i);
      *cell = sum_of(cell, tile->bin[lane][i], add);
    }
  }
}

void cnnc_put_tile(const cnnc_layout *layout, float *result, int32_t channel, int32_t first, int32_t n, int add, cnnc_tile *tile) {
  const int32_t block = layout->block, left = layout->channels - channel;
  const int32_t lanes = (layout->channels + block - 1) / block * block - channel;
  if (left < CNNC_LANES)
    for (int32_t i = 0; i < n; ++i)
      tile->bin[i] = cnnc_lane_numbers() < (cnnc_i32x16)left ? tile->bin[i] : (cnnc_f32x16)0.0f;
  if (block == 1) {
    put_dense(layout, result, channel, first, n, add, tile);
    return;
  }
  for (int32_t i = 0; i < n; ++i) {
    float *cell = result + offset_of(layout, first + i);
    if (block == CNNC_LANES) {
      float *target = cell + channel / CNNC_LANES * layout->plane;
      cnnc_store(target, add ? cnnc_load(target) + tile->bin[i] : tile->bin[i]);
      continue;
    }
    for (int32_t lane = 0; lane < CNNC_LANES && lane < lanes; ++lane) {
      float *target = cell + (channel + lane) / block * layout->plane + (channel + lane) % block;
      *target = sum_of(target, tile->bin[i][lane], add);
    }
  }
}
