/* kernels.c - kernels of the tiny network, with the entry points that lowering/kernels gives to its own. One object a KERNEL. */
#include "runtime/lib/internal.h"

#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_(a, b)

enum { C = 2, H = 3, W = 5, BLOCK = 4, PH = H + 2, PW = W + 2, ELEMENTS = C * H * W };

static float *host(void *buffer) { return (float *)((cnnc_halide_buffer *)buffer)->host; }

/* Dense image, factors packed [1, BLOCK] -> blocked by 4 with a halo of 1; writes the interior only. */
#define ENTRY_scale                                                                                                                                            \
  const float *from = host(args[1]), *factor = host(args[2]);                                                                                                  \
  float *to = host(args[3]);                                                                                                                                   \
  for (int c = 0; c < BLOCK; ++c)                                                                                                                              \
    for (int y = 0; y < H; ++y)                                                                                                                                \
      for (int x = 0; x < W; ++x)                                                                                                                              \
        to[((y + 1) * PW + x + 1) * BLOCK + c] = c < C ? factor[c] * from[(c * H + y) * W + x] : factor[c];                                                    \
  return 0;

/* Blocked with a halo -> dense 3x3 box sums, one task a channel. */
static int box_channel(void *context, int c, uint8_t *closure) {
  const float *from = ((float **)closure)[0];
  float *to = ((float **)closure)[1];
  (void)context;
  for (int y = 0; y < H; ++y)
    for (int x = 0; x < W; ++x) {
      float sum = 0;
      for (int v = 0; v < 3; ++v)
        for (int u = 0; u < 3; ++u)
          sum += from[((y + v) * PW + x + u) * BLOCK + c];
      to[(c * H + y) * W + x] = sum;
    }
  return 0;
}
#define ENTRY_box                                                                                                                                              \
  float *closure[2] = {host(args[1]), host(args[2])};                                                                                                          \
  return halide_do_par_for(*(void **)args[0], box_channel, 0, C, (uint8_t *)closure);

#define ENTRY_twice                                                                                                                                            \
  for (int i = 0; i < ELEMENTS; ++i)                                                                                                                           \
    host(args[2])[i] = 2.0f * host(args[1])[i];                                                                                                                \
  return 0;

/* Reverses the 2 * ELEMENTS values of a view and adds a bias. */
#define ENTRY_reverse                                                                                                                                          \
  for (int i = 0; i < 2 * ELEMENTS; ++i)                                                                                                                       \
    host(args[3])[i] = host(args[1])[2 * ELEMENTS - 1 - i] + host(args[2])[i];                                                                                 \
  return 0;

int CONCAT(CONCAT(test_, KERNEL), _argv)(void **args);
int CONCAT(CONCAT(test_, KERNEL), _argv)(void **args) {
  (void)box_channel;
  CONCAT(ENTRY_, KERNEL)
}
