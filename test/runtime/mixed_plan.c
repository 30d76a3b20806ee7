/* mixed_plan.c - a network that mixes images: inputs x f32 [2, 3] (batched) and bias f32 [3] (not); output mean f32 [3] = bias plus
 * the mean of x over the batch. Its launch sees all images at once. */
#include "test/runtime/plan_library.h"

static int mean(void **args) {
  const float *x = (const float *)((cnnc_halide_buffer *)args[1])->host, *bias = (const float *)((cnnc_halide_buffer *)args[2])->host;
  float *to = (float *)((cnnc_halide_buffer *)args[3])->host;
  for (int i = 0; i < 3; ++i)
    to[i] = bias[i] + (x[i] + x[3 + i]) / 2;
  return 0;
}

static const int64_t x_shape[] = {2, 3}, row_shape[] = {3};
static const int32_t no_halo[4] = {0, 0, 0, 0};
static const cnnc_tensor_info inputs[] = {{sizeof(cnnc_tensor_info), "x", F32, 2, x_shape, x_shape, "NC"},
                                          {sizeof(cnnc_tensor_info), "bias", F32, 1, row_shape, row_shape, ""}};
static const cnnc_tensor_info outputs[] = {{sizeof(cnnc_tensor_info), "mean", F32, 1, row_shape, row_shape, ""}};
static const uint8_t input_batched[] = {1, 0}, output_batched[] = {0};
static const cnnc_arg args[] = {
    {CNNC_SPACE_INPUT, 0, 0, 0, 2, F32, x_shape, 0}, {CNNC_SPACE_INPUT, 1, 0, 0, 1, F32, row_shape, 0}, {CNNC_SPACE_OUTPUT, 0, 0, 0, 1, F32, row_shape, 0}};
static const cnnc_launch launches[] = {{mean, "mean", "mixed_mean", 3, 2, args, NULL, 0, NULL, 6, 1, 0, row_shape, no_halo}};

const cnnc_plan cnnc_plan_data = {CNNC_PLAN_VERSION,
                                  {sizeof(cnnc_info), CNNC_ABI_VERSION, "mixed", "toy-cpu", "0", "00", "", 2, 1, inputs, outputs, 0, 3 * 64, 6, 1, "{}"},
                                  0,
                                  NULL,
                                  0,
                                  0,
                                  0,
                                  0,
                                  1,
                                  launches,
                                  1,
                                  1,
                                  0,
                                  0,
                                  NULL,
                                  input_batched,
                                  output_batched,
                                  NULL};
