/* internal.h - what the files of lib/ share. Everything here is hidden in a generated library.
 *
 * The library holds no mutable global: all state hangs off a cnnc_model, and one run's off a cnnc_run_context on its stack. */
#ifndef CNNC_INTERNAL_H
#define CNNC_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity, madvise; hence this header comes first */
#endif

#include "plan.h"

#include <time.h>

#define CNNC_MAX_THREADS 1024
#define CNNC_WORKSPACE_SLOTS 64
#define CNNC_MAX_CPUS 8192
#define CNNC_WORKER_STACK (1u << 20)

#ifdef __cplusplus
extern "C" {
#endif

/* Emitted by the compiler. */
extern const cnnc_plan cnnc_plan_data __attribute__((visibility("hidden")));

/* api.c: what the emitted `cnnc_query` and `<net>_cnnc_query` return. */
const cnnc_api *cnnc_query_impl(uint32_t max_abi);

typedef struct cnnc_pool cnnc_pool;

typedef struct {
  unsigned long words[CNNC_MAX_CPUS / (8 * sizeof(unsigned long))];
} cnnc_cpu_set;

/* One buffer argument with everything but the base address resolved at create. */
typedef struct {
  cnnc_halide_buffer buffer; /* `host` is NULL, `dim` points into the model */
  uint64_t offset, step;     /* step: bytes from one gathered image to the next, for launches of one image */
  int32_t slot;              /* index into cnnc_run_context.base */
  int32_t capped;
} cnnc_arg_template;

typedef struct {
  const cnnc_arg_template *args;
  int32_t num_args, result;
  int32_t rows_slot; /* of the count of rows; -1: all are computed */
  uint64_t rows_offset;
} cnnc_launch_template;

typedef struct {
  uint64_t calls, total_ns, min_ns;
} cnnc_launch_times;

struct cnnc_model {
  const cnnc_plan *plan;
  cnnc_hooks hooks;
  int32_t threads;
  int32_t lanes;    /* whether images of a batch run side by side */
  int32_t confined; /* whether the workers are kept on `cpus` */
  cnnc_cpu_set cpus;
  int32_t profiling;                      /* atomic */
  cnnc_pool *pool;                        /* atomic; NULL when threads == 1 or the host brings parallel_for */
  void *workspaces[CNNC_WORKSPACE_SLOTS]; /* atomic; free workspaces of workspace_bytes */
  uint64_t workspace_bytes;
  uint8_t *worker_scratch;                  /* task_scratch_bytes for each worker of the pool */
  void *host_scratch[CNNC_WORKSPACE_SLOTS]; /* atomic; free ones of task_scratch_bytes, for tasks on the host's threads */
  const uint8_t *weights;
  void *weights_map; /* NULL unless external */
  cnnc_launch_template *launches;
  cnnc_launch_times *times;
};

/* A checked tensor of one run. Slots count inputs first, then outputs. */
typedef struct {
  uint8_t *data;                  /* first element of image 0 */
  int64_t strides[CNNC_MAX_RANK]; /* elements */
  const int64_t *shape;           /* the caller's */
  int64_t step;                   /* bytes to the next image; 0 when the launches see all images or none */
  int32_t staged;                 /* goes through a packed copy in the workspace */
} cnnc_binding;

typedef struct cnnc_task_context cnnc_task_context;

/* Runs task(context of its thread, i, closure) for min <= i < min + size; the first non-zero result. */
typedef int (*cnnc_loop)(cnnc_task_context *caller, cnnc_task task, int32_t min, int32_t size, uint8_t *closure);

typedef struct {
  cnnc_model *model;
  cnnc_pool *pool;
  cnnc_loop loop;
  const cnnc_hooks *log; /* where a failure is reported besides the error; may be NULL */
  const cnnc_binding *bindings;
  uint8_t *base[CNNC_MAX_TENSORS + 3]; /* per slot, for the current image; then arena, weights, gathered values */
  int64_t image, place;                /* the current image's number, and its place among those gathered */
  /* Set by a routine that fails: a cnnc_status, and what is wrong. */
  int32_t status;
  const char *message;
} cnnc_run_context;

/* The slot of what is gathered of several images. */
static inline int32_t cnnc_gathered_slot(const cnnc_plan *plan) { return plan->info.num_inputs + plan->info.num_outputs + 2; }

/* The `user_context` of kernels and of their tasks: one thread's part in a run. */
struct cnnc_task_context {
  cnnc_run_context *run;
  uint8_t *scratch, *scratch_end; /* what is free of the thread's scratch memory */
};

/* Monotonic. */
static inline uint64_t cnnc_now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* errors.c */
/* Fills `error` as far as its struct_size reaches, sends the message to the log hook, returns `code`. Both pointers may be NULL. */
int32_t cnnc_fail(const cnnc_hooks *hooks, cnnc_error *error, int32_t code, const char *format, ...) __attribute__((format(printf, 4, 5)));
void cnnc_warn(const cnnc_hooks *hooks, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Copies a versioned struct over the zeroed `to` of `known` bytes; 0 when its struct_size is below `minimum`. */
int cnnc_read_struct(void *to, size_t known, const void *from, size_t minimum);

/* workspace.c */
void *cnnc_alloc(const cnnc_hooks *hooks, uint64_t bytes);
void cnnc_free(const cnnc_hooks *hooks, void *pointer);
/* Whether a gathering launch writes the tensor in `slot` (inputs first, then outputs). */
int cnnc_is_gathered(const cnnc_plan *plan, int32_t slot);
/* Bytes of the packed copy of the tensor in `slot` in the workspace of runs with `batch` images. */
uint64_t cnnc_packed_bytes(const cnnc_plan *plan, int32_t slot, int64_t batch);
uint64_t cnnc_workspace_bytes(const cnnc_plan *plan, int64_t batch);
/* A free workspace of the model, or a new one; NULL when memory is out. Lock-free, hence usable in a forked child. */
void *cnnc_workspace_acquire(cnnc_model *model);
void cnnc_workspace_release(cnnc_model *model, void *workspace);
/* The same for the scratch memory of a task on a host's thread. */
void *cnnc_scratch_acquire(cnnc_model *model);
void cnnc_scratch_release(cnnc_model *model, void *scratch);
void cnnc_workspace_free_all(cnnc_model *model); /* scratch memory too */

/* cpu.c */
/* The registers that decide about features; all zero off x86. */
typedef struct {
  uint32_t leaf1_ecx, leaf7_ebx, leaf7_ecx, leaf7_edx, leaf7_1_eax;
  uint64_t xcr0;
} cnnc_cpu_state;
cnnc_cpu_state cnnc_cpu_read(void);
int cnnc_cpu_has(const cnnc_cpu_state *state, int32_t feature);
int32_t cnnc_check_target(cnnc_error *error);

/* affinity.c */
/* The affinity mask of the calling thread; how many CPUs it has, 0 when the system does not say. */
int32_t cnnc_affinity(cnnc_cpu_set *cpus);
/* CPUs that this process may use: its affinity mask, limited by the cgroup's CPU quota. At least 1. */
int32_t cnnc_usable_cpus(void);
/* Threads of a model that asks for no number: one for each core of `cpus`, limited by the cgroup's CPU quota. Where `cpus` span memory nodes,
 * they are first narrowed to those on the node of CPU `cpu`. The system's files are looked for under the folder `root` ("": where they are). */
int32_t cnnc_default_threads(const char *root, int32_t cpu, cnnc_cpu_set *cpus);
/* The smallest CPU quota, rounded up, of the cgroups of this process and of those above them; 0: none. */
int64_t cnnc_cgroup_cpus(const char *root);

/* pool.c */
/* `threads` counts the caller; its workers are kept on `cpus`, NULL: inherit the caller's. NULL when memory is out; fewer workers when the system gives no
 * more threads. */
cnnc_pool *cnnc_pool_create(const cnnc_hooks *hooks, int32_t threads, const cnnc_cpu_set *cpus);
/* The model's pool, remade when this process is a fork of the one that made it. */
cnnc_pool *cnnc_pool_current(cnnc_model *model);
/* A task on thread `thread` of the pool: 0 is the caller, workers count from 1. */
typedef int (*cnnc_pool_task)(void *context, int32_t thread, int32_t index, uint8_t *closure);
/* Runs f(context, thread, i, closure) for min <= i < min + size on the pool, or on the caller alone when the pool is busy. */
int cnnc_pool_run(cnnc_pool *pool, cnnc_pool_task f, void *context, int32_t min, int32_t size, uint8_t *closure);
void cnnc_pool_destroy(const cnnc_hooks *hooks, cnnc_pool *pool);

/* sha256.c */
#define CNNC_SHA256_HEX 65
void cnnc_sha256_hex(const uint8_t *data, uint64_t bytes, char hex[CNNC_SHA256_HEX]);

/* weights.c */
/* Sets model->weights: the embedded ones, or the mapped and digest-checked file at `path`. */
int32_t cnnc_weights_open(cnnc_model *model, const char *path, cnnc_error *error);
void cnnc_weights_close(cnnc_model *model);

/* plan_check.c */
/* CNNC_ERROR_INTERNAL unless every index, offset and size of the plan stays inside its space. */
int32_t cnnc_plan_check(const cnnc_plan *plan, const cnnc_hooks *hooks, cnnc_error *error);

/* tensor.c */
/* Checks all tensors of a run and fills one binding per slot and the batch (1 for a network without a batch dimension). */
int32_t cnnc_bind(const cnnc_model *model, const DLTensor *inputs, const DLTensor *outputs, cnnc_binding *bindings, int64_t *batch, cnnc_error *error);
static inline int32_t cnnc_element_bytes(DLDataType dtype) { return dtype.bits / 8 * dtype.lanes; }

/* strided.c */
/* Copies `rank` nested extents between two strided views; strides in elements of `bytes` (1, 2, 4 or 8) bytes. */
void cnnc_copy_strided(uint8_t *to, const int64_t *to_strides, const uint8_t *from, const int64_t *from_strides, int32_t rank, const int64_t *extents,
                       int32_t bytes);

/* launch.c */
/* How a run makes the loops of its kernels: on `pool`, on the host's threads, or alone when there are none. */
cnnc_loop cnnc_loop_of(const cnnc_model *model, const cnnc_pool *pool);
/* Launches `begin` to `end` - 1 once, for the context's image (0 when they see all images) or for `images` from it on. The context's bases are set. */
int32_t cnnc_run_launches(cnnc_run_context *context, uint8_t *scratch, int32_t begin, int32_t end, int64_t images, const volatile int32_t *cancel,
                          cnnc_error *error);

/* The parallel loops of kernels call this by Halide's name. */
int halide_do_par_for(void *user_context, int (*f)(void *, int, uint8_t *), int min, int size, uint8_t *closure);
/* Their scratch memory, by Halide's names: the last taken is given back first. What a kernel takes was planned when it was built. */
void *halide_malloc(void *user_context, size_t bytes);
void halide_free(void *user_context, void *memory);

/* run.c */
int32_t cnnc_run(cnnc_model *model, const DLTensor *inputs, DLTensor *outputs, const cnnc_run_options *options, cnnc_error *error);

#ifdef __cplusplus
}
#endif
#endif /* CNNC_INTERNAL_H */
