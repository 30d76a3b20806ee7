/* vector.h - sixteen lanes at a time. The code generator splits them where registers are narrower. */
#ifndef CNNC_DETECT_VECTOR_H
#define CNNC_DETECT_VECTOR_H

#include <stdint.h>
#include <string.h>

#define CNNC_LANES 16

typedef float cnnc_f32x16 __attribute__((ext_vector_type(CNNC_LANES)));
typedef int32_t cnnc_i32x16 __attribute__((ext_vector_type(CNNC_LANES)));

static inline cnnc_f32x16 cnnc_load(const float *source) {
  cnnc_f32x16 value;
  memcpy(&value, source, sizeof value);
  return value;
}

static inline void cnnc_store(float *target, cnnc_f32x16 value) { memcpy(target, &value, sizeof value); }

static inline cnnc_i32x16 cnnc_load_i32(const int32_t *source) {
  cnnc_i32x16 value;
  memcpy(&value, source, sizeof value);
  return value;
}

/* The first n <= 16 lanes. */
static inline void cnnc_store_first(float *target, cnnc_f32x16 value, int32_t n) {
  const float *lanes = (const float *)&value;
  if (n >= CNNC_LANES) {
    cnnc_store(target, value);
    return;
  }
  if (n & 8)
    memcpy(target, lanes, 8 * sizeof *target), target += 8, lanes += 8;
  if (n & 4)
    memcpy(target, lanes, 4 * sizeof *target), target += 4, lanes += 4;
  if (n & 2)
    memcpy(target, lanes, 2 * sizeof *target), target += 2, lanes += 2;
  if (n & 1)
    *target = *lanes;
}

static inline cnnc_f32x16 cnnc_max(cnnc_f32x16 a, cnnc_f32x16 b) { return a > b ? a : b; }
static inline cnnc_f32x16 cnnc_min(cnnc_f32x16 a, cnnc_f32x16 b) { return a < b ? a : b; }

/* Whether any lane of a comparison is true. */
static inline int cnnc_any(cnnc_i32x16 mask) { return __builtin_reduce_or(mask) != 0; }

static inline cnnc_i32x16 cnnc_lane_numbers(void) { return (cnnc_i32x16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; }

/* Exchanges the blocks off the diagonal of each square of 2 * DISTANCE rows; `low` picks the left halves, `high` the right ones. */
#define CNNC_EXCHANGE(rows, distance, low, high)                                                                                                               \
  for (int i = 0; i < CNNC_LANES; ++i)                                                                                                                         \
    if (!(i & (distance))) {                                                                                                                                   \
      const cnnc_f32x16 a = (rows)[i], b = (rows)[i + (distance)];                                                                                             \
      (rows)[i] = __builtin_shufflevector(a, b, low);                                                                                                          \
      (rows)[i + (distance)] = __builtin_shufflevector(a, b, high);                                                                                            \
    }

#define CNNC_LOW_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define CNNC_HIGH_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define CNNC_LOW_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define CNNC_HIGH_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define CNNC_LOW_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define CNNC_HIGH_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define CNNC_LOW_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define CNNC_HIGH_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

/* Row i becomes column i, in place. */
static inline void cnnc_transpose(cnnc_f32x16 rows[CNNC_LANES]) {
  CNNC_EXCHANGE(rows, 8, CNNC_LOW_8, CNNC_HIGH_8)
  CNNC_EXCHANGE(rows, 4, CNNC_LOW_4, CNNC_HIGH_4)
  CNNC_EXCHANGE(rows, 2, CNNC_LOW_2, CNNC_HIGH_2)
  CNNC_EXCHANGE(rows, 1, CNNC_LOW_1, CNNC_HIGH_1)
}

#endif /* CNNC_DETECT_VECTOR_H */
