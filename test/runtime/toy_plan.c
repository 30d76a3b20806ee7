/* toy_plan.c - a network written by hand as the compiler would emit it: y = TOY_FACTOR * x, and its 3x3 box sums.
 *
 * Input x: f32 [1..4, 2, 3, 5]. Outputs: `scaled` [N, 2, 3, 5], and `sums` [N, 2, 3, 5], the 3x3 box sums of `scaled`.
 * Launch 0 "scale" writes `scaled` (dense); launch 1 "pad" writes it blocked by 4 with a halo of 1 into the arena;
 * launch 2 "box" reads the halo. All arena cells outside of the interior are garbage unless the runtime zeroes the halo. "box" sums in scratch memory:
 * 100 bytes of factors for all its tasks, a row for each. */
#include "test/runtime/plan_library.h"

#ifndef TOY_ARENA_CUT
#define TOY_ARENA_CUT 0 /* more than 12: a plan that reaches outside of its arena */
#endif

#ifndef TOY_FEATURE
#if defined(__x86_64__)
#define TOY_FEATURE {CNNC_CPU_SSE41, "sse4.1"}
#else
#define TOY_FEATURE {CNNC_CPU_NEON, "neon"}
#endif
#endif

enum { C = 2, H = 3, W = 5, BLOCK = 4, PH = H + 2, PW = W + 2, IMAGE = C * H * W, MAX_BATCH = 4 };
enum { IMAGE_BYTES = IMAGE * 4, ROW_BYTES = PW * BLOCK * 4, BLOCKED_BYTES = PH * ROW_BYTES };

enum { SHARED_SCRATCH = 128, TASK_SCRATCH = 64 };

typedef struct {
  const float *from;
  float *to;
  const float *factors;
} rows_closure;

static int scale_row(void *context, int row, uint8_t *closure) {
  const rows_closure *rows = (const rows_closure *)closure;
  (void)context;
  for (int x = 0; x < W; ++x)
    rows->to[row * W + x] = TOY_FACTOR * rows->from[row * W + x];
  /* What a kernel reports by itself: an input of 666 makes its row fail with 66. */
  return rows->from[row * W] == 666.0f ? 66 : 0;
}

static float *host(void *buffer) { return (float *)((cnnc_halide_buffer *)buffer)->host; }

static int scale(void **args) {
  const float *factor = host(args[2]);
  rows_closure closure = {host(args[1]), host(args[3]), NULL};
  if (*factor != TOY_FACTOR)
    return 67;
  return halide_do_par_for(*(void **)args[0], scale_row, 0, C * H, (uint8_t *)&closure);
}

static int pad(void **args) {
  const float *from = host(args[1]);
  float *to = host(args[2]);
  for (int c = 0; c < BLOCK; ++c)
    for (int y = 0; y < H; ++y)
      for (int x = 0; x < W; ++x)
        to[((y + 1) * PW + x + 1) * BLOCK + c] = c < C ? from[(c * H + y) * W + x] : 0.0f;
  return 0;
}

static int box_row(void *context, int row, uint8_t *closure) {
  const rows_closure *rows = (const rows_closure *)closure;
  float *sums = halide_malloc(context, W * sizeof(float));
  if (!sums || halide_malloc(context, TASK_SCRATCH + SHARED_SCRATCH))
    return 69;
  for (int x = 0; x < W; ++x) {
    sums[x] = 0;
    for (int dy = 0; dy < 3; ++dy)
      for (int dx = 0; dx < 3; ++dx)
        sums[x] += rows->factors[3 * dy + dx] * rows->from[((row % H + dy) * PW + x + dx) * BLOCK + row / H];
  }
  for (int x = 0; x < W; ++x)
    rows->to[row * W + x] = sums[x];
  halide_free(context, sums);
  return 0;
}

static int box(void **args) {
  void *context = *(void **)args[0];
  float *factors = halide_malloc(context, 100);
  rows_closure closure = {host(args[1]), host(args[2]), factors};
  const cnnc_halide_buffer *in = args[1];
  int status;
  if (!factors)
    return 69;
  for (int i = 0; i < 25; ++i)
    factors[i] = 1;
  if (in->dimensions != 5 || in->dim[0].extent != BLOCK || in->dim[1].stride != BLOCK || in->dim[2].extent != PH)
    return 68;
  status = halide_do_par_for(context, box_row, 0, C * H, (uint8_t *)&closure);
  halide_free(context, factors);
  return status;
}

static const int64_t min_shape[] = {1, C, H, W}, max_shape[] = {MAX_BATCH, C, H, W}, image_shape[] = {1, C, H, W};
static const int64_t blocked_extents[] = {1, 1, PH, PW, BLOCK}, factor_extents[] = {1};
static const int32_t no_halo[4] = {0, 0, 0, 0}, halo_of_one[4] = {1, 1, 1, 1};
static const cnnc_tensor_info inputs[] = {{sizeof(cnnc_tensor_info), "x", F32, 4, min_shape, max_shape, "NCHW"}};
static const cnnc_tensor_info outputs[] = {{sizeof(cnnc_tensor_info), "scaled", F32, 4, min_shape, max_shape, "NCHW"},
                                           {sizeof(cnnc_tensor_info), "sums", F32, 4, min_shape, max_shape, "NCHW"}};
static const uint8_t batched[] = {1, 1};

#define INPUT_X {CNNC_SPACE_INPUT, 0, 0, IMAGE_BYTES, 4, F32, image_shape, 0}
#define WEIGHT_FACTOR {CNNC_SPACE_WEIGHTS, 0, 64, 0, 1, F32, factor_extents, 0}
#define OUTPUT_SCALED {CNNC_SPACE_OUTPUT, 0, 0, IMAGE_BYTES, 4, F32, image_shape, 0}
#define OUTPUT_SUMS {CNNC_SPACE_OUTPUT, 1, 0, IMAGE_BYTES, 4, F32, image_shape, 0}
#define ARENA_PADDED {CNNC_SPACE_ARENA, 0, 128, 0, 5, F32, blocked_extents, 0}

static const cnnc_arg scale_args[] = {INPUT_X, WEIGHT_FACTOR, OUTPUT_SCALED};
static const cnnc_arg pad_args[] = {OUTPUT_SCALED, ARENA_PADDED};
static const cnnc_arg box_args[] = {ARENA_PADDED, OUTPUT_SUMS};
static const cnnc_halo padded_halo = {1, PH, ROW_BYTES, 1, 1, BLOCK * 4, BLOCK * 4};
static const cnnc_launch launches[] = {
    {scale, "scale", "toy_scale", 3, 2, scale_args, NULL, 0, NULL, IMAGE, 4, 0, image_shape, no_halo},
    {pad, "pad", "toy_pad", 2, 1, pad_args, NULL, 0, &padded_halo, 0, 4, BLOCK, image_shape, halo_of_one},
    {box, "box", "toy_box", 2, 1, box_args, NULL, 0, NULL, 9 * IMAGE, 4, 0, image_shape, no_halo},
};
static const cnnc_feature features[] = {TOY_FEATURE};

#ifdef TOY_EXTERNAL_WEIGHTS
#define TOY_WEIGHTS NULL
#else
static const float weights[32] __attribute__((aligned(64))) = {[16] = TOY_FACTOR};
#define TOY_WEIGHTS (const uint8_t *)weights
#endif

/* Of 128 bytes, all zero but the float 2 at byte 64. */
#define TOY_DIGEST "cc40c2c49c6cd2284e91ee3e48566ff6042d51ac071aae3191ff5f49379f1f59"

enum { ARENA_BYTES = 128 + BLOCKED_BYTES + 12 - TOY_ARENA_CUT, ALIGNED_IMAGE = (IMAGE_BYTES + 63) / 64 * 64 };

#define VISIBLE_INFO                                                                                                                                           \
  {sizeof(cnnc_info),                                                                                                                                          \
   CNNC_ABI_VERSION,                                                                                                                                           \
   TEXT(TOY_NAME),                                                                                                                                             \
   "toy-cpu",                                                                                                                                                  \
   "0",                                                                                                                                                        \
   "00",                                                                                                                                                       \
   TOY_DIGEST,                                                                                                                                                 \
   1,                                                                                                                                                          \
   2,                                                                                                                                                          \
   inputs,                                                                                                                                                     \
   outputs,                                                                                                                                                    \
   128,                                                                                                                                                        \
   (ARENA_BYTES + 63) / 64 * 64 + SHARED_SCRATCH + TASK_SCRATCH + 3 * ALIGNED_IMAGE,                                                                           \
   10 * IMAGE,                                                                                                                                                 \
   3,                                                                                                                                                          \
   "{\"network\": \"" TEXT(TOY_NAME) "\"}"}

const cnnc_plan cnnc_plan_data = {
    CNNC_PLAN_VERSION, VISIBLE_INFO, 1,       TOY_WEIGHTS, 128, ARENA_BYTES, SHARED_SCRATCH + TASK_SCRATCH, TASK_SCRATCH, 3, launches, 3, 1, 0, 1,
    features,          batched,      batched, NULL};
