/* launch.c - a walk over launches: arguments, halos, and what kernels ask of the runtime. */
#include "internal.h"

#include <string.h>

/* A loop of a kernel. */
typedef struct {
  cnnc_task_context *caller;
  cnnc_task task;
} loop;

static int loop_alone(cnnc_task_context *caller, cnnc_task task, int32_t min, int32_t size, uint8_t *closure) {
  for (int32_t i = 0; i < size; ++i) {
    int result = task(caller, min + i, closure);
    if (result != 0)
      return result;
  }
  return 0;
}

static int run_on_pool(void *context, int32_t thread, int32_t index, uint8_t *closure) {
  const loop *const of = context;
  const cnnc_model *model = of->caller->run->model;
  const uint64_t bytes = cnnc_aligned(model->plan->task_scratch_bytes);
  cnnc_task_context own = *of->caller;
  if (thread > 0) {
    own.scratch = model->worker_scratch + bytes * (uint64_t)(thread - 1);
    own.scratch_end = own.scratch + bytes;
  }
  return of->task(&own, index, closure);
}

static int run_on_host(void *context, int32_t index, uint8_t *closure) {
  const loop *const of = context;
  cnnc_model *model = of->caller->run->model;
  cnnc_task_context own = {of->caller->run, NULL, NULL};
  int result;
  if (model->plan->task_scratch_bytes == 0)
    return of->task(&own, index, closure);
  own.scratch = cnnc_scratch_acquire(model);
  if (!own.scratch)
    return CNNC_ERROR_OUT_OF_MEMORY;
  own.scratch_end = own.scratch + cnnc_aligned(model->plan->task_scratch_bytes);
  result = of->task(&own, index, closure);
  cnnc_scratch_release(model, own.scratch);
  return result;
}

static int loop_on_pool(cnnc_task_context *caller, cnnc_task task, int32_t min, int32_t size, uint8_t *closure) {
  loop whole = {caller, task};
  return cnnc_pool_run(caller->run->pool, run_on_pool, &whole, min, size, closure);
}

static int loop_on_host(cnnc_task_context *caller, cnnc_task task, int32_t min, int32_t size, uint8_t *closure) {
  const cnnc_hooks *hooks = &caller->run->model->hooks;
  loop whole = {caller, task};
  return hooks->parallel_for(hooks->user, run_on_host, &whole, min, size, closure);
}

/* One thread makes its loops without an atomic operation. */
cnnc_loop cnnc_loop_of(const cnnc_model *model, const cnnc_pool *pool) {
  if (pool)
    return loop_on_pool;
  return model->threads != 1 && model->hooks.parallel_for ? loop_on_host : loop_alone;
}

int halide_do_par_for(void *user_context, int (*f)(void *, int, uint8_t *), int min, int size, uint8_t *closure) {
  cnnc_task_context *const caller = user_context;
  return (size > 1 ? caller->run->loop : loop_alone)(caller, f, min, size, closure);
}

void *halide_malloc(void *user_context, size_t bytes) {
  cnnc_task_context *context = user_context;
  uint8_t *memory = context->scratch;
  if (cnnc_aligned(bytes) > (uint64_t)(context->scratch_end - memory))
    return NULL;
  context->scratch += cnnc_aligned(bytes);
  return memory;
}

void halide_free(void *user_context, void *memory) { ((cnnc_task_context *)user_context)->scratch = memory; }

/* Zeroes the halo cells. The right edge of a row and the left edge of the next are one piece, so are the ends of planes. */
static void zero_halo(const cnnc_halo *halo, uint64_t planes, uint8_t *base) {
  const uint64_t rows = halo->rows - halo->top - halo->bottom, edge = (uint64_t)halo->right_bytes + halo->left_bytes;
  const uint64_t before = halo->top * halo->row_bytes + halo->left_bytes, after = halo->bottom * halo->row_bytes + halo->right_bytes;
  for (uint64_t plane = 0; plane < planes; ++plane) {
    uint8_t *cell = base;
    if (rows == 0) {
      memset(cell, 0, halo->rows * halo->row_bytes);
    } else {
      memset(cell, 0, before);
      cell += before + (halo->row_bytes - edge);
      for (uint64_t row = 1; edge > 0 && row < rows; ++row) {
        memset(cell, 0, edge);
        cell += halo->row_bytes;
      }
      memset(base + halo->rows * halo->row_bytes - after, 0, after);
    }
    base += halo->rows * halo->row_bytes;
  }
}

/* A launch that takes several images counts as a call for each. */
static void record(cnnc_launch_times *times, uint64_t ns, uint64_t images) {
  uint64_t least = __atomic_load_n(&times->min_ns, __ATOMIC_RELAXED);
  __atomic_fetch_add(&times->calls, images, __ATOMIC_RELAXED);
  __atomic_fetch_add(&times->total_ns, ns, __ATOMIC_RELAXED);
  ns /= images;
  while (ns < least && !__atomic_compare_exchange_n(&times->min_ns, &least, ns, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

/* The count that a launch's rows depend on, at least 0. */
static int32_t rows_meant(const cnnc_run_context *context, const cnnc_launch_template *template) {
  int32_t rows;
  memcpy(&rows, context->base[template->rows_slot] + template->rows_offset, sizeof rows);
  return rows < 0 ? 0 : rows;
}

static uint64_t row_bytes(const cnnc_arg *result) {
  uint64_t bytes = (uint64_t)cnnc_element_bytes(result->dtype);
  for (int32_t d = 1; d < result->rank; ++d)
    bytes *= (uint64_t)result->extents[d];
  return bytes;
}

/* Rows of a result that are not meant hold what was there before. Callers and traces see zeros. */
static void clear_rows(const cnnc_run_context *context, const cnnc_launch *launch, const cnnc_launch_template *template, uint8_t *data) {
  const cnnc_arg *result = &launch->args[launch->result];
  int32_t rows;
  if (template->rows_slot < 0)
    return;
  rows = rows_meant(context, template);
  if (rows < result->extents[0])
    memset(data + (uint64_t)rows * row_bytes(result), 0, (uint64_t)(result->extents[0] - rows) * row_bytes(result));
}

/* Each of several images has its row of the result, and as large a part of the time as any other. */
static void trace(const cnnc_model *model, int32_t number, int64_t image, int64_t images, const uint8_t *data, uint64_t begin, uint64_t end) {
  const cnnc_launch *launch = &model->plan->launches[number];
  const uint64_t bytes = images > 1 ? row_bytes(&launch->args[launch->result]) : 0;
  cnnc_trace_event event;
  memset(&event, 0, sizeof event);
  event.struct_size = sizeof event;
  event.launch = number;
  event.layer = launch->layer;
  event.kernel = launch->kernel_name;
  event.ndim = launch->rank;
  event.shape = launch->shape;
  event.block = launch->block;
  event.halo = launch->halo_cells;
  event.dtype = launch->args[launch->result].dtype;
  for (int64_t i = 0; i < images; ++i) {
    event.begin_ns = begin + (end - begin) * (uint64_t)i / (uint64_t)images;
    event.end_ns = begin + (end - begin) * (uint64_t)(i + 1) / (uint64_t)images;
    event.data = data + bytes * (uint64_t)i;
    event.image = image + i;
    model->hooks.trace(model->hooks.user, &event);
  }
}

/* The extents that this run has of a capped input, innermost first, in place of their bounds. */
static void cap(cnnc_halide_buffer *buffer, const cnnc_binding *binding, cnnc_halide_dim *dims) {
  int32_t stride = 1;
  for (int32_t d = 0; d < buffer->dimensions; ++d) {
    dims[d] = buffer->dim[d];
    dims[d].extent = (int32_t)binding->shape[buffer->dimensions - 1 - d];
    dims[d].stride = stride;
    stride *= dims[d].extent;
  }
  buffer->dim = dims;
}

/* Extent of a result's dimension 0. */
static int32_t rows_of(const cnnc_halide_buffer *result) { return result->dimensions > 0 ? result->dim[result->dimensions - 1].extent : 1; }

/* How many of a result's rows a launch computes: a counted kernel computes `least` at least. */
static int32_t rows_computed(const cnnc_run_context *context, const cnnc_launch_template *template, int32_t least, const cnnc_halide_buffer *result) {
  const int32_t bound = rows_of(result);
  int32_t rows;
  if (template->rows_slot < 0)
    return bound;
  rows = rows_meant(context, template);
  if (rows > 0 && rows < least)
    rows = least;
  return rows < bound ? rows : bound;
}

static void limit_rows(cnnc_halide_buffer *result, int32_t rows, cnnc_halide_dim *dims) {
  memcpy(dims, result->dim, sizeof *dims * (size_t)result->dimensions);
  dims[result->dimensions - 1].extent = rows;
  result->dim = dims;
}

int32_t cnnc_run_launches(cnnc_run_context *context, uint8_t *scratch, int32_t begin, int32_t end, int64_t images, const volatile int32_t *cancel,
                          cnnc_error *error) {
  const cnnc_model *model = context->model;
  const cnnc_plan *plan = model->plan;
  const int profiling = __atomic_load_n(&model->profiling, __ATOMIC_RELAXED);
  const int timed = profiling || model->hooks.trace;
  cnnc_task_context caller;
  void *user_context = &caller;
  for (int32_t number = begin; number < end; ++number) {
    const cnnc_launch *launch = &plan->launches[number];
    const cnnc_launch_template *template = &model->launches[number];
    cnnc_halide_buffer buffers[CNNC_MAX_ARGS];
    cnnc_halide_dim dims[CNNC_MAX_ARGS][CNNC_MAX_RANK]; /* where they differ from the model's */
    void *argv[CNNC_MAX_ARGS + 1];
    uint64_t started = 0, ended = 0;
    cnnc_halide_buffer *result;
    int32_t rows;
    int status = 0;
    if (cancel && __atomic_load_n(cancel, __ATOMIC_RELAXED))
      return cnnc_fail(context->log, error, CNNC_ERROR_CANCELLED, "cancelled before layer '%.64s' (launch %d of %d)", launch->layer, (int)number,
                       (int)plan->num_launches);
    caller.run = context;
    caller.scratch = scratch;
    caller.scratch_end = scratch + cnnc_aligned(plan->scratch_bytes);
    argv[0] = &user_context;
    for (int32_t i = 0; i < template->num_args; ++i) {
      buffers[i] = template->args[i].buffer;
      buffers[i].host = context->base[template->args[i].slot] + template->args[i].offset + template->args[i].step * (uint64_t)context->place;
      if (template->args[i].capped)
        cap(&buffers[i], &context->bindings[template->args[i].slot], dims[i]);
      argv[i + 1] = &buffers[i];
    }
    if (timed)
      started = cnnc_now_ns();
    result = &buffers[template->result];
    rows = rows_computed(context, template, launch->least_rows, result);
    if (launch->halo && rows > 0)
      zero_halo(launch->halo, launch->halo->planes / (uint64_t)rows_of(result) * (uint64_t)rows, result->host);
    if (template->rows_slot >= 0 && launch->least_rows > 0)
      limit_rows(result, rows, dims[template->result]);
    if (rows > 0 || launch->least_rows == 0)
      status = launch->kernel(argv);
    if (status != 0 && context->message)
      return cnnc_fail(context->log, error, context->status, "layer '%.64s': %s", launch->layer, context->message);
    if (status != 0)
      return cnnc_fail(context->log, error, CNNC_ERROR_INTERNAL, "layer '%.64s', kernel '%.64s': failed with %d (the kernel's or parallel_for's result)",
                       launch->layer, launch->kernel_name, status);
    if (model->hooks.trace || launch->args[template->result].space == CNNC_SPACE_OUTPUT)
      clear_rows(context, launch, template, result->host);
    if (!timed)
      continue;
    ended = cnnc_now_ns();
    if (profiling)
      record(&model->times[number], ended - started, (uint64_t)images);
    if (model->hooks.trace)
      trace(model, number, context->image, images, result->host, started, ended);
  }
  return CNNC_OK;
}
