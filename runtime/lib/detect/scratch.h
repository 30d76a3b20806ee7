/* scratch.h - a caller's scratch carved into arrays. With a NULL base the same steps only measure. */
#ifndef CNNC_DETECT_SCRATCH_H
#define CNNC_DETECT_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t *base;
  size_t used;
} cnnc_scratch;

/* `count` elements of `size` bytes, aligned to 64. */
static inline void *cnnc_carve(cnnc_scratch *scratch, size_t count, size_t size) {
  void *result = scratch->base ? scratch->base + scratch->used : NULL;
  scratch->used += (count * size + 63) / 64 * 64;
  return result;
}

#endif /* CNNC_DETECT_SCRATCH_H */
