/* regions.h - what the pools of regions share: channels sixteen at a time and bins written sixteen at a time, in any layout. */
#ifndef CNNC_DETECT_REGIONS_H
#define CNNC_DETECT_REGIONS_H

#include "detect.h"
#include "vector.h"

/* Channels [channel, channel + 16) of the cell at `offset` = y * row + x * block; lanes past the last channel hold anything. `block` is the
 * layout's, a constant of the caller. */
static inline cnnc_f32x16 cnnc_channels(const cnnc_layout *layout, const float *map, int32_t block, int32_t channel, int64_t offset) {
  cnnc_f32x16 value = 0.0f;
  float *lanes = (float *)&value;
  if (block == CNNC_LANES)
    return cnnc_load(map + channel / CNNC_LANES * layout->plane + offset);
  if ((block == 8 || block == 4) && channel + CNNC_LANES <= layout->channels) {
    for (int32_t lane = 0; lane < CNNC_LANES; lane += block)
      memcpy(lanes + lane, map + (channel + lane) / block * layout->plane + offset, (size_t)block * sizeof *lanes);
    return value;
  }
  for (int32_t lane = 0; lane < CNNC_LANES && channel + lane < layout->channels; ++lane)
    lanes[lane] = map[(channel + lane) / block * layout->plane + offset + (channel + lane) % block];
  return value;
}

/* Sixteen consecutive bins in the order of rows, from `first` on; each holds sixteen channels. */
typedef struct {
  cnnc_f32x16 bin[CNNC_LANES];
} cnnc_tile;

/* Writes n bins of channels [channel, channel + 16), or adds to what is there. `tile` is spent. */
void cnnc_put_tile(const cnnc_layout *layout, float *result, int32_t channel, int32_t first, int32_t n, int add, cnnc_tile *tile);

#endif /* CNNC_DETECT_REGIONS_H */
