/* gather_plan.c - images of a batch that meet: input x f32 [1..7, 4]; output twice f32 [N, 4] = 2 x, written image by image, and output sums f32
 * [N, 4] = 2 x + n, where n is the number of images that the last launches were called with. Those take three at once; the first of them computes two
 * rows at least, the second three. With GATHER_INPUT the last launch reads the input, which is not allowed. */
#include "test/runtime/plan_library.h"

#include <string.h>

enum { CELLS = 4, ROW_BYTES = CELLS * 4, IMAGES = 3, MOST = 7 };

static float *values(void *argument) { return (float *)((cnnc_halide_buffer *)argument)->host; }
static int32_t rows(void *argument) { return ((cnnc_halide_buffer *)argument)->dim[1].extent; }

static int twice(void **args) {
  for (int i = 0; i < CELLS; ++i)
    values(args[2])[i] = 2 * values(args[1])[i];
  return 0;
}

static int keep(void **args) {
  memcpy(values(args[2]), values(args[1]), ROW_BYTES);
  return 0;
}

static int copy_rows(void **args) {
  memcpy(values(args[2]), values(args[1]), (size_t)rows(args[2]) * ROW_BYTES);
  return 0;
}

/* The rows that it is asked for, of which the runtime makes three at least: the number of images lies before what is gathered. */
static int sum_rows(void **args) {
  const int32_t images = *(int32_t *)(values(args[2]) - CNNC_GATHERED_HEADER / 4);
  for (int i = 0; i < rows(args[3]) * CELLS; ++i)
    values(args[3])[i] = values(args[1])[i] + (float)images;
  return 0;
}

static const int64_t least_shape[] = {1, CELLS}, most_shape[] = {MOST, CELLS}, one_shape[] = {1, CELLS}, all_shape[] = {IMAGES, CELLS};
static const int32_t no_halo[4] = {0, 0, 0, 0};
static const cnnc_tensor_info inputs[] = {{sizeof(cnnc_tensor_info), "x", F32, 2, least_shape, most_shape, "NC"}};
static const cnnc_tensor_info outputs[] = {{sizeof(cnnc_tensor_info), "twice", F32, 2, least_shape, most_shape, "NC"},
                                           {sizeof(cnnc_tensor_info), "sums", F32, 2, least_shape, most_shape, "NC"}};
static const uint8_t input_batched[] = {1}, output_batched[] = {1, 1}, output_gathered[] = {0, 1};
#define ARENA {CNNC_SPACE_ARENA, 0, 0, 0, 2, F32, all_shape, 0}
#define GATHERED(shape) {CNNC_SPACE_GATHERED, 0, CNNC_GATHERED_HEADER, ROW_BYTES, 2, F32, shape, 0}
#ifdef GATHER_INPUT
#define LAST_READS {CNNC_SPACE_INPUT, 0, 0, ROW_BYTES, 2, F32, one_shape, 0}
#else
#define LAST_READS ARENA
#endif
static const cnnc_arg twice_args[] = {{CNNC_SPACE_INPUT, 0, 0, ROW_BYTES, 2, F32, one_shape, 0}, {CNNC_SPACE_OUTPUT, 0, 0, ROW_BYTES, 2, F32, one_shape, 0}};
static const cnnc_arg keep_args[] = {{CNNC_SPACE_OUTPUT, 0, 0, ROW_BYTES, 2, F32, one_shape, 0}, GATHERED(one_shape)};
static const cnnc_arg copy_args[] = {GATHERED(all_shape), ARENA};
static const cnnc_arg sum_args[] = {LAST_READS, GATHERED(all_shape), {CNNC_SPACE_OUTPUT, 1, 0, ROW_BYTES, 2, F32, all_shape, 0}};
static const cnnc_launch launches[] = {{twice, "twice", "twice", 2, 1, twice_args, NULL, 0, NULL, 0, 2, 0, one_shape, no_halo},
                                       {keep, "keep", "keep", 2, 1, keep_args, NULL, 0, NULL, 0, 2, 0, one_shape, no_halo},
                                       {copy_rows, "copy", "copy_rows", 2, 1, copy_args, NULL, 2, NULL, 0, 2, 0, one_shape, no_halo},
                                       {sum_rows, "sums", "sum_rows", 3, 2, sum_args, NULL, 3, NULL, 0, 2, 0, one_shape, no_halo}};

/* Arena, header and gathered values, packed copies of the input, one image of "twice" and three of "sums". */
const cnnc_plan cnnc_plan_data = {
    CNNC_PLAN_VERSION,
    {sizeof(cnnc_info), CNNC_ABI_VERSION, TEXT(TOY_NAME), "toy-cpu", "0", "00", "", 1, 2, inputs, outputs, 0, 64 + (64 + 64) + 64 + 64 + 64, 0, 4, "{}"},
    1,
    NULL,
    0,
    IMAGES *ROW_BYTES,
    0,
    0,
    4,
    launches,
    2,
    IMAGES,
    CNNC_GATHERED_HEADER + IMAGES *ROW_BYTES,
    0,
    NULL,
    input_batched,
    output_batched,
    output_gathered};
