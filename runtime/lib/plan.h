/* plan.h - the constant tables that the compiler emits into each library, and that lib/ walks at run time.
 * Emission (compiler/emit) builds these structs field by field; the two must change together (CNNC_PLAN_VERSION). */
#ifndef CNNC_PLAN_H
#define CNNC_PLAN_H

#include "../cnnc.h"

#define CNNC_PLAN_VERSION 4u
#define CNNC_MAX_ARGS 16
#define CNNC_MAX_RANK 8
#define CNNC_MAX_TENSORS 64 /* inputs and outputs together */
#define CNNC_ALIGNMENT 64u  /* of the arena, of workspaces, and of every staging slot */
#define CNNC_GATHERED_HEADER CNNC_ALIGNMENT

/* Halide 21's buffer layout (HalideRuntime.h); kernels read `host` only. */
typedef struct {
  int32_t min, extent, stride;
  uint32_t flags;
} cnnc_halide_dim;
typedef struct {
  uint64_t device;
  const void *device_interface;
  uint8_t *host;
  uint64_t flags;
  struct {
    uint8_t code, bits;
    uint16_t lanes;
  } type;
  int32_t dimensions;
  cnnc_halide_dim *dim;
  void *padding;
} cnnc_halide_buffer;

typedef enum { CNNC_SPACE_INPUT = 0, CNNC_SPACE_OUTPUT = 1, CNNC_SPACE_ARENA = 2, CNNC_SPACE_WEIGHTS = 3, CNNC_SPACE_GATHERED = 4 } cnnc_space;

/* One buffer argument of a launch. For image i of the batch, or of those gathered: base(space, index) + offset + i * image_stride. */
typedef struct {
  int32_t space;         /* cnnc_space */
  int32_t index;         /* which input or output; 0 for arena and weights */
  uint64_t offset;       /* bytes */
  uint64_t image_stride; /* bytes from one image to the next in a dense input or output, or gathered; 0 for arena, weights, and unbatched tensors */
  int32_t rank;          /* of the physical buffer */
  DLDataType dtype;
  const int64_t *extents; /* physical, outermost first */
  int32_t capped;         /* 1: of an input with extents that are bounds; a run passes the extents that it has */
} cnnc_arg;

/* The halo of a launch's (first) result, zeroed before the kernel runs. planes = N * ceil(C/block). */
typedef struct {
  uint64_t planes, rows;            /* rows: padded height */
  uint64_t row_bytes;               /* padded width * block * element size */
  uint32_t top, bottom;             /* rows */
  uint32_t left_bytes, right_bytes; /* within an interior row */
} cnnc_halo;

typedef struct {
  int (*kernel)(void **args); /* the Halide `_argv` entry: args[0] = void **user_context, then cnnc_halide_buffer * */
  const char *layer, *kernel_name;
  int32_t num_args; /* operands, then results; a routine's scratch memory last */
  int32_t result;   /* number of the (first) result */
  const cnnc_arg *args;
  /* How many rows (dimension 0) of the result are meant, an i32; NULL: all, or of a gathering launch one for each image. A counted kernel
   * computes `least_rows` at least, and is not called for none; 0: a kernel that computes all, or a routine that reads the count itself. */
  const cnnc_arg *rows;
  int32_t least_rows;
  const cnnc_halo *halo; /* NULL: none, or zeroed by an earlier launch */
  uint64_t macs;         /* of one image */
  /* logical (first) result, for trace */
  int32_t rank, block;
  const int64_t *shape;      /* batch included; shape[0] is 1 when plan.per_image */
  const int32_t *halo_cells; /* 4 */
} cnnc_launch;

/* One CPU feature that the code needs; `name` as printed in errors. `id` is a cnnc_cpu_feature. */
typedef struct {
  int32_t id;
  const char *name;
} cnnc_feature;

typedef enum {
  CNNC_CPU_SSE41 = 0,
  CNNC_CPU_AVX,
  CNNC_CPU_AVX2,
  CNNC_CPU_FMA,
  CNNC_CPU_F16C,
  CNNC_CPU_AVX512F,
  CNNC_CPU_AVX512BW,
  CNNC_CPU_AVX512DQ,
  CNNC_CPU_AVX512VL,
  CNNC_CPU_AVX512CD,
  CNNC_CPU_AVX512VNNI,
  CNNC_CPU_AVX512BF16,
  CNNC_CPU_BMI2,
  CNNC_CPU_NEON,
  CNNC_CPU_AMX_TILE,
  CNNC_CPU_AMX_BF16
} cnnc_cpu_feature;

/* Emitted once per library as the hidden constant `cnnc_plan_data`. */
typedef struct {
  uint32_t version; /* CNNC_PLAN_VERSION */
  cnnc_info info;
  /* 1: launches are compiled for one image and the whole list runs once per image, in one arena, in order of images;
   * 0: the network mixes images (its batch is static), the list runs once. */
  int32_t per_image;
  const uint8_t *weights; /* NULL: external */
  uint64_t weights_bytes;
  uint64_t arena_bytes; /* of one pass over the launches: 64-byte aligned offsets, peak of the memory plan */
  /* What kernels take while they run: the thread that walks the launches, and each other thread that runs their tasks. */
  uint64_t scratch_bytes, task_scratch_bytes;
  int32_t num_launches;
  const cnnc_launch *launches;
  /* Launches from number `gathering` on (num_launches: none) take up to `images` images at once, one for each row of their results. They run after those
   * before them have run for each of these images, and find in the gathered space what these wrote there: CNNC_GATHERED_HEADER bytes, which begin with the
   * number of images, an i32, and then values of so many images. */
  int32_t gathering, images;
  uint64_t gathered_bytes;
  int32_t num_features;
  const cnnc_feature *features;
  /* Whether the batch dimension of input/output i is its dimension 0 (1) or it has none (0). */
  const uint8_t *input_batched, *output_batched;
  const uint8_t *output_gathered; /* Whether a gathering launch writes the output; NULL where there are none. */
} cnnc_plan;

static inline uint64_t cnnc_aligned(uint64_t bytes) { return (bytes + CNNC_ALIGNMENT - 1) / CNNC_ALIGNMENT * CNNC_ALIGNMENT; }

/* Bytes of a dense tensor, with so many images when it is batched. */
static inline uint64_t cnnc_tensor_bytes(const cnnc_tensor_info *tensor, int batched, int64_t images) {
  uint64_t bytes = (uint64_t)tensor->dtype.bits / 8 * tensor->dtype.lanes;
  for (int32_t d = 0; d < tensor->ndim; ++d)
    bytes *= (uint64_t)(d == 0 && batched ? images : tensor->max_shape[d]);
  return bytes;
}

/* Bytes of the packed copy of a tensor, with so many images when it is batched: one when the plan is per image (plan.images where gathering launches write
 * it), else the whole batch. A strided tensor is staged through it, and so is a gathered output of fewer than plan.images images. `info.workspace_bytes` is
 * arena_bytes, scratch_bytes and gathered_bytes, each rounded up to CNNC_ALIGNMENT, plus this for every input and output, at the largest batch. */
static inline uint64_t cnnc_staging_bytes(const cnnc_tensor_info *tensor, int batched, int64_t images) {
  return cnnc_aligned(cnnc_tensor_bytes(tensor, batched, images));
}

#endif /* CNNC_PLAN_H */
