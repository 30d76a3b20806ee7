/* run.c - one inference: check, then for each image stage strided inputs, walk the launches, stage strided outputs. */
#include "internal.h"

#include <string.h>

/* Copies between a strided tensor and its packed copy: one image, or all of it when the launches see all images. */
static void stage(const cnnc_binding *binding, const cnnc_tensor_info *info, int batched, int per_image, int64_t image, uint8_t *packed, int to_packed) {
  const int32_t first = batched && per_image ? 1 : 0, rank = info->ndim - first, bytes = cnnc_element_bytes(info->dtype);
  int64_t extents[CNNC_MAX_RANK], dense[CNNC_MAX_RANK], elements = 1;
  uint8_t *view = binding->data + image * binding->step;
  for (int32_t d = rank - 1; d >= 0; --d) {
    extents[d] = binding->shape[d + first];
    dense[d] = elements;
    elements *= extents[d];
  }
  if (to_packed)
    cnnc_copy_strided(packed, dense, view, binding->strides + first, rank, extents, bytes);
  else
    cnnc_copy_strided(view, binding->strides + first, packed, dense, rank, extents, bytes);
}

/* A run: the same for all of its images. */
typedef struct {
  cnnc_model *model;
  const cnnc_binding *bindings;
  int64_t batch;
  cnnc_pool *pool;
  const volatile int32_t *cancel;
} run;

/* A workspace with images passing through it, one at a time. */
typedef struct {
  cnnc_run_context context;
  uint8_t *packed[CNNC_MAX_TENSORS]; /* copies of strided tensors */
  uint8_t *scratch;
  int32_t begun;
} lane;

static void lay_out(lane *to, const run *of, uint8_t *workspace, cnnc_pool *pool, cnnc_loop loop, const cnnc_hooks *log) {
  const cnnc_plan *plan = of->model->plan;
  const cnnc_info *info = &plan->info;
  const int32_t num_inputs = info->num_inputs, count = num_inputs + info->num_outputs;
  memset(to, 0, sizeof *to);
  to->context.model = of->model;
  to->context.pool = pool;
  to->context.loop = loop;
  to->context.log = log;
  to->context.bindings = of->bindings;
  to->context.base[count] = workspace;
  to->context.base[count + 1] = (uint8_t *)of->model->weights; /* kernels only read it */
  to->scratch = workspace + cnnc_aligned(plan->arena_bytes);
  workspace = to->scratch + cnnc_aligned(plan->scratch_bytes);
  for (int32_t slot = 0; slot < count; ++slot) {
    const int is_input = slot < num_inputs;
    const int32_t index = is_input ? slot : slot - num_inputs;
    to->packed[slot] = workspace;
    workspace += cnnc_staging_bytes(is_input ? &info->inputs[index] : &info->outputs[index],
                                    is_input ? plan->input_batched[index] : plan->output_batched[index], plan->per_image, of->batch);
  }
}

/* `image` counts from 0; the launches see all images at once when the plan is not per image. */
static int32_t run_image(lane *in, const run *of, int64_t image, cnnc_error *error) {
  const cnnc_plan *plan = of->model->plan;
  const cnnc_info *info = &plan->info;
  const cnnc_binding *bindings = of->bindings;
  const int32_t num_inputs = info->num_inputs, count = num_inputs + info->num_outputs;
  int32_t status;
  for (int32_t slot = 0; slot < count; ++slot) {
    in->context.base[slot] = bindings[slot].staged ? in->packed[slot] : bindings[slot].data + image * bindings[slot].step;
    if (slot < num_inputs && bindings[slot].staged && (!in->begun || plan->input_batched[slot]))
      stage(&bindings[slot], &info->inputs[slot], plan->input_batched[slot], plan->per_image, image, in->packed[slot], 1);
  }
  in->begun = 1;
  status = cnnc_run_launches(&in->context, in->scratch, image, of->cancel, error);
  if (status != CNNC_OK)
    return status;
  for (int32_t slot = num_inputs; slot < count; ++slot)
    if (bindings[slot].staged)
      stage(&bindings[slot], &info->outputs[slot - num_inputs], plan->output_batched[slot - num_inputs], plan->per_image, image, in->packed[slot], 0);
  return CNNC_OK;
}

/* Images side by side: each thread has its own, and makes the loops of its launches alone. */
typedef struct {
  const run *of;
  uint8_t *workspace; /* of lane 0; the others take free ones of the model */
  int64_t next, end;
  int32_t failed;
  cnnc_error error; /* of the first lane that failed */
} side_by_side;

static int run_lane(void *context, int32_t thread, int32_t index, uint8_t *closure) {
  side_by_side *all = context;
  cnnc_model *model = all->of->model;
  uint8_t *workspace = index == 0 ? all->workspace : cnnc_workspace_acquire(model);
  int32_t status = CNNC_OK;
  lane own;
  (void)thread, (void)closure;
  if (!workspace) /* the others have more to do */
    return 0;
  lay_out(&own, all->of, workspace, NULL, cnnc_loop_of(model, NULL), NULL);
  while (status == CNNC_OK) {
    const int64_t image = __atomic_fetch_add(&all->next, 1, __ATOMIC_RELAXED);
    int32_t none = 0;
    cnnc_error error;
    if (image >= all->end)
      break;
    memset(&error, 0, sizeof error);
    error.struct_size = sizeof error;
    status = run_image(&own, all->of, image, &error);
    if (status != CNNC_OK && __atomic_compare_exchange_n(&all->failed, &none, 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      all->error = error;
      __atomic_store_n(&all->next, all->end, __ATOMIC_RELAXED);
    }
  }
  if (index > 0)
    cnnc_workspace_release(model, workspace);
  return status;
}

/* All images. Those that make whole rounds of the threads run side by side where the model is made for it, the others one after another on all
 * threads. */
static int32_t run_images(const run *of, uint8_t *workspace, int own_workspace, cnnc_error *error) {
  cnnc_model *model = of->model;
  const cnnc_plan *plan = model->plan;
  const int64_t images = plan->per_image ? of->batch : 1;
  int64_t image = 0;
  int32_t status = CNNC_OK;
  lane whole;
  if (of->pool && model->lanes && own_workspace && !model->hooks.trace && images >= model->threads) {
    side_by_side all = {of, workspace, 0, images - images % model->threads, 0, {0, 0, ""}};
    status = cnnc_pool_run(of->pool, run_lane, &all, 0, model->threads, NULL);
    if (status != CNNC_OK)
      return cnnc_fail(&model->hooks, error, all.error.code, "%s", all.error.message);
    image = all.end;
  }
  lay_out(&whole, of, workspace, of->pool, cnnc_loop_of(model, of->pool), &model->hooks);
  for (; image < images && status == CNNC_OK; ++image)
    status = run_image(&whole, of, image, error);
  return status;
}

int32_t cnnc_run(cnnc_model *model, const DLTensor *inputs, DLTensor *outputs, const cnnc_run_options *options, cnnc_error *error) {
  cnnc_binding bindings[CNNC_MAX_TENSORS];
  cnnc_run_options known;
  run self = {model, bindings, 0, NULL, NULL};
  void *workspace;
  int32_t status;
  if (!model)
    return cnnc_fail(NULL, error, CNNC_ERROR_INVALID_ARGUMENT, "model is NULL; make one with create");
  memset(&known, 0, sizeof known);
  if (options && !cnnc_read_struct(&known, sizeof known, options, sizeof known))
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_INVALID_ARGUMENT, "run options: struct_size is %u, expected %u or more", (unsigned)options->struct_size,
                     (unsigned)sizeof known);
  status = cnnc_bind(model, inputs, outputs, bindings, &self.batch, error);
  if (status != CNNC_OK || self.batch == 0)
    return status;
  self.pool = cnnc_pool_current(model);
  self.cancel = known.cancel;
  if (known.workspace) {
    const uint64_t needed = cnnc_workspace_bytes(model->plan, self.batch);
    if (known.workspace_bytes < needed || (uintptr_t)known.workspace % CNNC_ALIGNMENT != 0)
      return cnnc_fail(&model->hooks, error, CNNC_ERROR_WORKSPACE, "workspace: %llu bytes, aligned to %u; needs %llu bytes, aligned to %u; ask workspace_size",
                       (unsigned long long)known.workspace_bytes, (unsigned)((uintptr_t)known.workspace & -(uintptr_t)known.workspace),
                       (unsigned long long)needed, CNNC_ALIGNMENT);
    return run_images(&self, known.workspace, 0, error);
  }
  workspace = cnnc_workspace_acquire(model);
  if (!workspace)
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_OUT_OF_MEMORY, "no memory for a workspace of %llu bytes; run fewer at once or pass one",
                     (unsigned long long)model->workspace_bytes);
  status = run_images(&self, workspace, 1, error);
  cnnc_workspace_release(model, workspace);
  return status;
}
