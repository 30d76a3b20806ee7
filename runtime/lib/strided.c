/* strided.c - copies between strided views. */
#include "internal.h"

#include <string.h>

#define COPY_ROW(type)                                                                                                                                         \
  do {                                                                                                                                                         \
    type *t = (type *)to;                                                                                                                                      \
    const type *f = (const type *)from;                                                                                                                        \
    for (int64_t i = 0; i < count; ++i)                                                                                                                        \
      t[i * to_stride] = f[i * from_stride];                                                                                                                   \
  } while (0)

static void copy_row(uint8_t *to, int64_t to_stride, const uint8_t *from, int64_t from_stride, int64_t count, int32_t bytes) {
  if (to_stride == 1 && from_stride == 1) {
    memcpy(to, from, (size_t)(count * bytes));
    return;
  }
  switch (bytes) {
  case 1:
    COPY_ROW(uint8_t);
    break;
  case 2:
    COPY_ROW(uint16_t);
    break;
  case 4:
    COPY_ROW(uint32_t);
    break;
  default:
    COPY_ROW(uint64_t);
    break;
  }
}

void cnnc_copy_strided(uint8_t *to, const int64_t *to_strides, const uint8_t *from, const int64_t *from_strides, int32_t rank, const int64_t *extents,
                       int32_t bytes) {
  int64_t extent[CNNC_MAX_RANK], ts[CNNC_MAX_RANK], fs[CNNC_MAX_RANK], at[CNNC_MAX_RANK];
  int32_t dims = 0;
  for (int32_t d = 0; d < rank; ++d) {
    if (extents[d] == 0)
      return;
    if (extents[d] == 1)
      continue;
    if (dims > 0 && ts[dims - 1] == to_strides[d] * extents[d] && fs[dims - 1] == from_strides[d] * extents[d]) {
      extent[dims - 1] *= extents[d]; /* continues the dimension outside it */
      ts[dims - 1] = to_strides[d];
      fs[dims - 1] = from_strides[d];
      continue;
    }
    extent[dims] = extents[d];
    ts[dims] = to_strides[d];
    fs[dims] = from_strides[d];
    ++dims;
  }
  if (dims == 0) {
    memcpy(to, from, (size_t)bytes);
    return;
  }
  memset(at, 0, sizeof at);
  for (;;) {
    int32_t d = dims - 2;
    copy_row(to, ts[dims - 1], from, fs[dims - 1], extent[dims - 1], bytes);
    for (; d >= 0; --d) {
      to += ts[d] * bytes;
      from += fs[d] * bytes;
      if (++at[d] < extent[d])
        break;
      to -= ts[d] * extent[d] * bytes;
      from -= fs[d] * extent[d] * bytes;
      at[d] = 0;
    }
    if (d < 0)
      return;
  }
}
