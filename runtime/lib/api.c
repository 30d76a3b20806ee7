/* api.c - the table, and the life of a model. */
#include "internal.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#define LAST_CACHE_BYTES (16u << 20) /* where the system does not say */

/* Sums the bytes of everything that a model owns in one allocation. */
typedef struct {
  uint8_t *base; /* NULL while counting */
  uint64_t bytes;
} carver;

static void *carve(carver *c, uint64_t count, uint64_t size) {
  void *piece = c->base ? c->base + c->bytes : NULL;
  c->bytes += (count * size + CNNC_ALIGNMENT - 1) / CNNC_ALIGNMENT * CNNC_ALIGNMENT;
  return piece;
}

static int32_t slot_of(const cnnc_plan *plan, const cnnc_arg *arg) {
  const int32_t tensors = plan->info.num_inputs + plan->info.num_outputs;
  switch (arg->space) {
  case CNNC_SPACE_INPUT:
    return arg->index;
  case CNNC_SPACE_OUTPUT:
    return plan->info.num_inputs + arg->index;
  case CNNC_SPACE_ARENA:
    return tensors;
  case CNNC_SPACE_GATHERED:
    return cnnc_gathered_slot(plan);
  default:
    return tensors + 1;
  }
}

static void fill_arg(const cnnc_plan *plan, const cnnc_arg *arg, cnnc_arg_template *to, cnnc_halide_dim *dims) {
  int32_t stride = 1;
  to->offset = arg->offset;
  to->step = arg->space == CNNC_SPACE_GATHERED ? arg->image_stride : 0;
  to->slot = slot_of(plan, arg);
  to->capped = arg->capped;
  to->buffer.type.code = arg->dtype.code;
  to->buffer.type.bits = arg->dtype.bits;
  to->buffer.type.lanes = arg->dtype.lanes;
  to->buffer.dimensions = arg->rank;
  to->buffer.dim = dims;
  for (int32_t d = 0; d < arg->rank; ++d) { /* Halide counts from the innermost */
    dims[d].extent = (int32_t)arg->extents[arg->rank - 1 - d];
    dims[d].stride = stride;
    stride *= dims[d].extent;
  }
}

/* The model and its tables in one zeroed block; called twice, first to count. */
static cnnc_model *lay_out(const cnnc_plan *plan, carver *c) {
  cnnc_model *model = carve(c, 1, sizeof *model);
  cnnc_launch_template *launches = carve(c, (uint64_t)plan->num_launches, sizeof *launches);
  cnnc_launch_times *times = carve(c, (uint64_t)plan->num_launches, sizeof *times);
  if (model) {
    model->launches = launches;
    model->times = times;
  }
  for (int32_t i = 0; i < plan->num_launches; ++i) {
    const cnnc_launch *launch = &plan->launches[i];
    cnnc_arg_template *args = carve(c, (uint64_t)launch->num_args, sizeof *args);
    if (model) {
      launches[i].args = args;
      launches[i].num_args = launch->num_args;
      launches[i].result = launch->result;
      launches[i].rows_slot = launch->rows ? slot_of(plan, launch->rows) : i >= plan->gathering ? cnnc_gathered_slot(plan) : -1;
      launches[i].rows_offset = launch->rows ? launch->rows->offset : 0;
    }
    for (int32_t a = 0; a < launch->num_args; ++a) {
      cnnc_halide_dim *dims = carve(c, (uint64_t)launch->args[a].rank, sizeof *dims);
      if (model)
        fill_arg(plan, &launch->args[a], &args[a], dims);
    }
  }
  return model;
}

static void destroy(cnnc_model *model) {
  cnnc_hooks hooks;
  if (!model)
    return;
  hooks = model->hooks;
  cnnc_pool_destroy(&hooks, model->pool);
  cnnc_workspace_free_all(model);
  cnnc_weights_close(model);
  cnnc_free(&hooks, model);
}

/* As many threads as cores near the caller; they stay there when there are others. */
static int32_t choose_threads(cnnc_model *model) {
  const int32_t allowed = cnnc_affinity(&model->cpus);
  int32_t threads;
  cnnc_cpu_set all = model->cpus;
  if (allowed == 0)
    return cnnc_usable_cpus();
  threads = cnnc_default_threads("", sched_getcpu(), &model->cpus);
  model->confined = memcmp(&all, &model->cpus, sizeof all) != 0;
  return threads;
}

/* Makes the workspaces for images side by side, a thread each. That spares the threads all waiting for each other, as long as the memory between layers
 * stays in the last cache. */
static void make_lanes(cnnc_model *model) {
  const cnnc_plan *plan = model->plan;
  const long known = sysconf(_SC_LEVEL3_CACHE_SIZE);
  const uint64_t cache = known > 0 ? (uint64_t)known : LAST_CACHE_BYTES;
  int64_t batch = 1;
  for (int32_t i = 0; i < plan->info.num_inputs; ++i)
    if (plan->input_batched[i])
      batch = plan->info.inputs[i].max_shape[0];
  if (!plan->per_image || batch < model->threads || model->threads > CNNC_WORKSPACE_SLOTS || plan->arena_bytes > cache / (uint64_t)model->threads)
    return;
  for (int32_t t = 1; t < model->threads; ++t)
    if (!(model->workspaces[t] = cnnc_alloc(&model->hooks, model->workspace_bytes)))
      return;
  model->lanes = 1;
}

static int32_t create(const cnnc_create_options *options, cnnc_model **result, cnnc_error *error) {
  const cnnc_plan *plan = &cnnc_plan_data;
  cnnc_create_options known;
  cnnc_hooks hooks;
  cnnc_model *model;
  carver c = {NULL, 0};
  int32_t status;
  memset(&known, 0, sizeof known);
  memset(&hooks, 0, sizeof hooks);
  if (!result)
    return cnnc_fail(NULL, error, CNNC_ERROR_INVALID_ARGUMENT, "model is NULL; pass the address of a cnnc_model pointer");
  *result = NULL;
  if ((status = cnnc_check_target(error)))
    return status;
  if (options && !cnnc_read_struct(&known, sizeof known, options, sizeof known))
    return cnnc_fail(NULL, error, CNNC_ERROR_INVALID_ARGUMENT, "create options: struct_size is %u, expected %u or more", (unsigned)options->struct_size,
                     (unsigned)sizeof known);
  if (known.hooks && !cnnc_read_struct(&hooks, sizeof hooks, known.hooks, sizeof hooks))
    return cnnc_fail(NULL, error, CNNC_ERROR_INVALID_ARGUMENT, "hooks: struct_size is %u, expected %u or more", (unsigned)known.hooks->struct_size,
                     (unsigned)sizeof hooks);
  if (!hooks.alloc != !hooks.free)
    return cnnc_fail(&hooks, error, CNNC_ERROR_INVALID_ARGUMENT, "hooks: alloc and free come together; set both or none");
  if (known.threads < 0 || known.threads > CNNC_MAX_THREADS)
    return cnnc_fail(&hooks, error, CNNC_ERROR_INVALID_ARGUMENT, "threads is %d, expected 0 (one for each core) to %d", (int)known.threads, CNNC_MAX_THREADS);
  if ((status = cnnc_plan_check(plan, &hooks, error)))
    return status;

  lay_out(plan, &c);
  c.base = cnnc_alloc(&hooks, c.bytes);
  if (!c.base)
    return cnnc_fail(&hooks, error, CNNC_ERROR_OUT_OF_MEMORY, "no memory for the model (%llu bytes)", (unsigned long long)c.bytes);
  memset(c.base, 0, c.bytes);
  c.bytes = 0;
  model = lay_out(plan, &c);
  model->plan = plan;
  model->hooks = hooks;
  model->threads = known.threads ? known.threads : choose_threads(model);
  model->workspace_bytes = plan->info.workspace_bytes;
  if ((status = cnnc_weights_open(model, known.weights_path, error))) {
    destroy(model);
    return status;
  }
  model->workspaces[0] = cnnc_alloc(&hooks, model->workspace_bytes);
  if (model->workspaces[0] && model->threads > 1 && !hooks.parallel_for) {
    model->worker_scratch = cnnc_alloc(&hooks, cnnc_aligned(plan->task_scratch_bytes) * (uint64_t)(model->threads - 1));
    model->pool = model->worker_scratch ? cnnc_pool_create(&hooks, model->threads, model->confined ? &model->cpus : NULL) : NULL;
  }
  if (!model->workspaces[0] || (model->threads > 1 && !hooks.parallel_for && !model->pool)) {
    status = cnnc_fail(&hooks, error, CNNC_ERROR_OUT_OF_MEMORY, "no memory for a workspace of %llu bytes and %d threads",
                       (unsigned long long)model->workspace_bytes, (int)model->threads);
    destroy(model);
    return status;
  }
  if (model->pool)
    make_lanes(model);
  *result = model;
  return CNNC_OK;
}

static uint64_t workspace_size(const cnnc_model *model, int64_t batch) {
  const cnnc_plan *plan = &cnnc_plan_data;
  const cnnc_info *info = &plan->info;
  if (!model || batch <= 0)
    return 0;
  for (int32_t i = 0; i < info->num_inputs; ++i)
    if (plan->input_batched[i] && (batch < info->inputs[i].min_shape[0] || batch > info->inputs[i].max_shape[0]))
      return 0;
  for (int32_t i = 0; i < info->num_outputs; ++i)
    if (plan->output_batched[i] && (batch < info->outputs[i].min_shape[0] || batch > info->outputs[i].max_shape[0]))
      return 0;
  return cnnc_workspace_bytes(plan, batch);
}

static int32_t profile(cnnc_model *model, int32_t enable, cnnc_profile_entry *entries, int32_t capacity) {
  const cnnc_plan *plan = &cnnc_plan_data;
  if (!model)
    return 0;
  if (enable == 1) {
    for (int32_t i = 0; i < plan->num_launches; ++i) {
      __atomic_store_n(&model->times[i].calls, 0, __ATOMIC_RELAXED);
      __atomic_store_n(&model->times[i].total_ns, 0, __ATOMIC_RELAXED);
      __atomic_store_n(&model->times[i].min_ns, UINT64_MAX, __ATOMIC_RELAXED);
    }
  }
  if (enable == 0 || enable == 1)
    __atomic_store_n(&model->profiling, enable, __ATOMIC_RELAXED);
  for (int32_t i = 0; entries && i < plan->num_launches && i < capacity; ++i) {
    entries[i].layer = plan->launches[i].layer;
    entries[i].kernel = plan->launches[i].kernel_name;
    entries[i].calls = __atomic_load_n(&model->times[i].calls, __ATOMIC_RELAXED);
    entries[i].total_ns = __atomic_load_n(&model->times[i].total_ns, __ATOMIC_RELAXED);
    entries[i].min_ns = entries[i].calls ? __atomic_load_n(&model->times[i].min_ns, __ATOMIC_RELAXED) : 0;
    entries[i].macs = plan->launches[i].macs;
  }
  return plan->num_launches;
}

const cnnc_api *cnnc_query_impl(uint32_t max_abi) {
  static const cnnc_api api = {sizeof(cnnc_api), CNNC_ABI_VERSION, &cnnc_plan_data.info, cnnc_check_target, create, cnnc_run, workspace_size, destroy, profile};
  return max_abi >= CNNC_ABI_VERSION ? &api : NULL;
}
