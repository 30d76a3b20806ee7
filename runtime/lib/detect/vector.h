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

static inline cnnc_f32x16 cnnc_max(cnnc_f32x16 a, cnnc_f32x16 b) { return a > b ? a : b; }
static inline cnnc_f32x16 cnnc_min(cnnc_f32x16 a, cnnc_f32x16 b) { return a < b ? a : b; }

/* Whether any lane of a comparison is true. */
static inline int cnnc_any(cnnc_i32x16 mask) { return __builtin_reduce_or(mask) != 0; }

#endif /* CNNC_DETECT_VECTOR_H */
