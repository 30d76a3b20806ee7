/* counted_plan.c - a result of up to four rows, as many as the input count i32 [1] says: each is one cell within a halo of one. Output cells f32 [4, 3, 3]
 * shows its memory. The first launch is a routine, or with COUNTED_LEAST a counted kernel that computes so many rows at least. */
#include "test/runtime/plan_library.h"

#include <string.h>

#ifndef COUNTED_LEAST
#define COUNTED_LEAST 0
#endif
enum { ROWS = 4, PADDED = 3, ROW_CELLS = PADDED * PADDED, BYTES = ROWS * ROW_CELLS * 4 };

static const cnnc_halide_buffer *buffer(void *argument) { return argument; }

static int fill(void **args) {
  const int32_t rows = COUNTED_LEAST ? buffer(args[2])->dim[2].extent : *(const int32_t *)buffer(args[1])->host;
  for (int32_t row = 0; row < rows; ++row)
    ((float *)buffer(args[2])->host)[row * ROW_CELLS + PADDED + 1] = 1;
  return 0;
}

static int show(void **args) {
  memcpy(buffer(args[2])->host, buffer(args[1])->host, BYTES);
  return 0;
}

static const int64_t one_shape[] = {1}, cells_shape[] = {ROWS, PADDED, PADDED}, logical_shape[] = {ROWS, 1, 1, 1};
static const int32_t no_halo[4] = {0, 0, 0, 0}, halo_of_one[4] = {1, 1, 1, 1};
static const cnnc_tensor_info inputs[] = {{sizeof(cnnc_tensor_info), "count", I32, 1, one_shape, one_shape, ""}};
static const cnnc_tensor_info outputs[] = {{sizeof(cnnc_tensor_info), "cells", F32, 3, cells_shape, cells_shape, ""}};
static const uint8_t batched[] = {0};
static const cnnc_halo halo = {ROWS, PADDED, PADDED * 4, 1, 1, 4, 4};
static const cnnc_arg count = {CNNC_SPACE_INPUT, 0, 0, 0, 1, I32, one_shape, 0};
static const cnnc_arg fill_args[] = {{CNNC_SPACE_INPUT, 0, 0, 0, 1, I32, one_shape, 0}, {CNNC_SPACE_ARENA, 0, 0, 0, 3, F32, cells_shape, 0}};
static const cnnc_arg show_args[] = {{CNNC_SPACE_ARENA, 0, 0, 0, 3, F32, cells_shape, 0}, {CNNC_SPACE_OUTPUT, 0, 0, 0, 3, F32, cells_shape, 0}};
static const cnnc_launch launches[] = {{fill, "fill", "fill", 2, 1, fill_args, &count, COUNTED_LEAST, &halo, 0, 4, 1, logical_shape, halo_of_one},
                                       {show, "cells", "show", 2, 1, show_args, NULL, 0, NULL, 0, 3, 0, cells_shape, no_halo}};

const cnnc_plan cnnc_plan_data = {
    CNNC_PLAN_VERSION,
    {sizeof(cnnc_info), CNNC_ABI_VERSION, TEXT(TOY_NAME), "toy-cpu", "0", "00", "", 1, 1, inputs, outputs, 0, (BYTES + 63) / 64 * 64 * 2 + 64, 0, 2, "{}"},
    0,
    NULL,
    0,
    BYTES,
    0,
    0,
    2,
    launches,
    2,
    1,
    0,
    0,
    NULL,
    batched,
    batched,
    NULL};
