/* chain_plan.c - 150 launches whose work is known, for runtime-bench: input x f32 [1] is how many dependent additions each of a launch's 8 tasks
 * does, output y f32 [1] their result in the last one. A launch has operands, a result and a halo as a small convolution has: 32 channels of 8 x 8
 * cells in blocks of 16. */
#include "test/runtime/plan_library.h"

enum { BLOCK = 16, CHANNELS = 32, CELLS = 8, PADDED = CELLS + 2, TASKS = 8, LAUNCHES = 150 };
enum { ROW_BYTES = PADDED * BLOCK * 4, MAP_BYTES = CHANNELS / BLOCK * PADDED * ROW_BYTES };

typedef struct {
  float *to;
  int count;
} work_closure;

static int add(void *context, int index, uint8_t *closure) {
  const work_closure *work = (const work_closure *)closure;
  volatile float one = 1;
  const float step = one;
  float sum = 0;
  (void)context;
  for (int i = 0; i < work->count; ++i) {
    sum += step;
    __asm__ volatile("" : "+x"(sum));
  }
  work->to[((index + 1) * PADDED + 1) * BLOCK] = sum; /* within the halo */
  return 0;
}

static float *host(void *buffer) { return (float *)((cnnc_halide_buffer *)buffer)->host; }

static int work(void **args) {
  work_closure closure = {host(args[3]), (int)host(args[1])[0]};
  return halide_do_par_for(*(void **)args[0], add, 0, TASKS, (uint8_t *)&closure);
}

static int last(void **args) {
  host(args[2])[0] = host(args[1])[(PADDED + 1) * BLOCK];
  return 0;
}

static const int64_t one_shape[] = {1}, map_extents[] = {1, CHANNELS / BLOCK, PADDED, PADDED, BLOCK}, map_shape[] = {1, CHANNELS, CELLS, CELLS};
static const int32_t no_halo[4] = {0, 0, 0, 0}, halo_of_one[4] = {1, 1, 1, 1};
static const cnnc_tensor_info inputs[] = {{sizeof(cnnc_tensor_info), "x", F32, 1, one_shape, one_shape, ""}};
static const cnnc_tensor_info outputs[] = {{sizeof(cnnc_tensor_info), "y", F32, 1, one_shape, one_shape, ""}};
static const uint8_t batched[] = {0};

#define ARENA(half) {CNNC_SPACE_ARENA, 0, (half) * MAP_BYTES, 0, 5, F32, map_extents, 0}
#define ARGS(half) {{CNNC_SPACE_INPUT, 0, 0, 0, 1, F32, one_shape, 0}, ARENA(half), ARENA(1 - half)}
static const cnnc_arg even_args[] = ARGS(0), odd_args[] = ARGS(1);
static const cnnc_arg last_args[] = {{CNNC_SPACE_ARENA, 0, 0, 0, 5, F32, map_extents, 0}, {CNNC_SPACE_OUTPUT, 0, 0, 0, 1, F32, one_shape, 0}};
static const cnnc_halo halo = {CHANNELS / BLOCK, PADDED, ROW_BYTES, 1, 1, BLOCK * 4, BLOCK * 4};

#define LAUNCH(args, halo) {work, "work", "work", 3, 2, args, NULL, 0, halo, 0, 4, BLOCK, map_shape, halo_of_one}
#define PAIR LAUNCH(even_args, NULL), LAUNCH(odd_args, NULL)
#define TEN PAIR, PAIR, PAIR, PAIR, PAIR
static const cnnc_launch launches[] = {LAUNCH(even_args, &halo),
                                       LAUNCH(odd_args, &halo),
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       TEN,
                                       PAIR,
                                       PAIR,
                                       PAIR,
                                       LAUNCH(even_args, NULL),
                                       {last, "y", "last", 2, 1, last_args, NULL, 0, NULL, 0, 1, 0, one_shape, no_halo}};

const cnnc_plan cnnc_plan_data = {
    CNNC_PLAN_VERSION,
    {sizeof(cnnc_info), CNNC_ABI_VERSION, "chain", "toy-cpu", "0", "00", "", 1, 1, inputs, outputs, 0, 2 * MAP_BYTES + 2 * 64, 0, LAUNCHES, "{}"},
    0,
    NULL,
    0,
    2 * MAP_BYTES,
    0,
    0,
    LAUNCHES,
    launches,
    LAUNCHES,
    1,
    0,
    0,
    NULL,
    batched,
    batched,
    NULL};
