/* top_k.c - the k best of n scores: a histogram finds the digit where the k-th lies, the survivors are sorted by radix. */
#include "detect.h"

#include <string.h>

#define RADIX_BITS 8
#define RADIX (1 << RADIX_BITS)
#define COARSE_BITS 12
#define COARSE (1 << COARSE_BITS)

/* Smaller keys come first: larger scores, -0 as +0, NaN last. */
static inline uint32_t key_of(float score) {
  uint32_t bits;
  if (score != score)
    return UINT32_MAX;
  score += 0.0f;
  memcpy(&bits, &score, sizeof bits);
  return bits & 0x80000000u ? bits : ~(bits | 0x80000000u);
}

static size_t padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t cnnc_top_k_scratch(int32_t n) { return 4 * padded((size_t)n * sizeof(uint32_t)) + padded(COARSE * sizeof(int32_t)); }

/* Stable sort of (key, index) by key, in place: an even number of passes ends where it began. */
static void sort_pairs(uint32_t *keys, int32_t *indices, uint32_t *other_keys, int32_t *other_indices, int32_t n) {
  for (int shift = 0; shift < 32; shift += RADIX_BITS) {
    int32_t count[RADIX] = {0};
    int32_t sum = 0;
    uint32_t *keys_swap;
    int32_t *indices_swap;
    for (int32_t i = 0; i < n; ++i)
      ++count[keys[i] >> shift & (RADIX - 1)];
    for (int digit = 0; digit < RADIX; ++digit) {
      const int32_t own = count[digit];
      count[digit] = sum;
      sum += own;
    }
    for (int32_t i = 0; i < n; ++i) {
      const int32_t to = count[keys[i] >> shift & (RADIX - 1)]++;
      other_keys[to] = keys[i];
      other_indices[to] = indices[i];
    }
    keys_swap = keys, keys = other_keys, other_keys = keys_swap;
    indices_swap = indices, indices = other_indices, other_indices = indices_swap;
  }
}

int32_t cnnc_top_k(const float *scores, int32_t n, int32_t k, int32_t *indices, void *scratch) {
  const size_t bytes = padded((size_t)n * sizeof(uint32_t));
  uint32_t *keys = scratch, *other_keys = (uint32_t *)((uint8_t *)scratch + bytes);
  int32_t *survivors = (int32_t *)((uint8_t *)scratch + 2 * bytes), *other_survivors = (int32_t *)((uint8_t *)scratch + 3 * bytes);
  int32_t *histogram = (int32_t *)((uint8_t *)scratch + 4 * bytes);
  uint32_t last = UINT32_MAX;
  int32_t taken = 0;
  if (k > n)
    k = n;
  if (k <= 0)
    return 0;
  if (k < n) {
    int32_t seen = 0, digit = 0;
    memset(histogram, 0, COARSE * sizeof *histogram);
    for (int32_t i = 0; i < n; ++i)
      ++histogram[key_of(scores[i]) >> (32 - COARSE_BITS)];
    while (seen + histogram[digit] < k)
      seen += histogram[digit++];
    last = (uint32_t)digit << (32 - COARSE_BITS) | ((1u << (32 - COARSE_BITS)) - 1);
  }
  for (int32_t i = 0; i < n; ++i) {
    const uint32_t key = key_of(scores[i]);
    keys[taken] = key;
    survivors[taken] = i;
    taken += key <= last;
  }
  sort_pairs(keys, survivors, other_keys, other_survivors, taken);
  memcpy(indices, survivors, (size_t)k * sizeof *indices);
  return k;
}
