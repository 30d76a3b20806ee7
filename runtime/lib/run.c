/* run.c - one inference: check, then for each image stage strided inputs, walk the launches, stage strided outputs. Where the last launches gather images, they
 * walk once for each group of images that came so far. */
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
  uint8_t *packed[CNNC_MAX_TENSORS]; /* copies of strided tensors, and of gathered outputs */
  uint8_t *scratch;
  int32_t begun;
} lane;

static void lay_out(lane *to, const run *of, uint8_t *workspace, cnnc_pool *pool, cnnc_loop loop, const cnnc_hooks *log) {
  const cnnc_plan *plan = of->model->plan;
  const int32_t count = plan->info.num_inputs + plan->info.num_outputs, gathered = cnnc_gathered_slot(plan);
  memset(to, 0, sizeof *to);
  to->context.model = of->model;
  to->context.pool = pool;
  to->context.loop = loop;
  to->context.log = log;
  to->context.bindings = of->bindings;
  to->context.base[count] = workspace;
  to->context.base[count + 1] = (uint8_t *)of->model->weights; /* kernels only read it */
  to->scratch = workspace + cnnc_aligned(plan->arena_bytes);
  to->context.base[gathered] = to->scratch + cnnc_aligned(plan->scratch_bytes);
  workspace = to->context.base[gathered] + cnnc_aligned(plan->gathered_bytes);
  for (int32_t slot = 0; slot < count; ++slot) {
    to->packed[slot] = workspace;
    workspace += cnnc_packed_bytes(plan, slot, of->batch);
  }
}

/* The launches of one image. `image` counts from 0; they see all images at once when the plan is not per image. */
static int32_t run_image(lane *in, const run *of, int64_t image, int64_t place, cnnc_error *error) {
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
  in->context.image = image;
  in->context.place = place;
  status = cnnc_run_launches(&in->context, in->scratch, 0, plan->gathering, 1, of->cancel, error);
  if (status != CNNC_OK)
    return status;
  for (int32_t slot = num_inputs; slot < count; ++slot)
    if (bindings[slot].staged && !cnnc_is_gathered(plan, slot))
      stage(&bindings[slot], &info->outputs[slot - num_inputs], plan->output_batched[slot - num_inputs], plan->per_image, image, in->packed[slot], 0);
  return CNNC_OK;
}

/* The launches that take `images` images from `first` on, which lie in the lane's gathered space. They may write as many rows as the plan has images, one after
 * the other: an output where that does not fit gets its images from its packed copy. */
static int32_t run_gathered(lane *in, const run *of, int64_t first, int64_t images, cnnc_error *error) {
  const cnnc_plan *plan = of->model->plan;
  const cnnc_info *info = &plan->info;
  const cnnc_binding *bindings = of->bindings;
  const int32_t num_inputs = info->num_inputs, count = num_inputs + info->num_outputs, rows = (int32_t)images;
  int32_t status;
  memcpy(in->context.base[cnnc_gathered_slot(plan)], &rows, sizeof rows);
  for (int32_t slot = num_inputs; slot < count; ++slot) {
    const int fits =
        !bindings[slot].staged && images == plan->images && bindings[slot].step == (int64_t)cnnc_tensor_bytes(&info->outputs[slot - num_inputs], 1, 1);
    in->context.base[slot] = fits ? bindings[slot].data + first * bindings[slot].step : in->packed[slot];
  }
  in->context.image = first;
  in->context.place = 0;
  status = cnnc_run_launches(&in->context, in->scratch, plan->gathering, plan->num_launches, images, of->cancel, error);
  for (int32_t slot = num_inputs; status == CNNC_OK && slot < count; ++slot) {
    const cnnc_tensor_info *output = &info->outputs[slot - num_inputs];
    if (!cnnc_is_gathered(plan, slot) || in->context.base[slot] != in->packed[slot])
      continue;
    for (int64_t i = 0; i < images; ++i)
      stage(&bindings[slot], output, 1, 1, first + i, in->packed[slot] + cnnc_tensor_bytes(output, 1, (int64_t)i), 0);
  }
  return status;
}

/* Images side by side: each thread has its own, and makes the loops of its launches alone. */
typedef struct {
  const run *of;
  const lane *whole;  /* what they gather lies in its workspace */
  uint8_t *workspace; /* of lane 0; the others take free ones of the model */
  int64_t first, next, end;
  int32_t failed;
  cnnc_error error; /* of the first lane that failed */
} side_by_side;

static int run_lane(void *context, int32_t thread, int32_t index, uint8_t *closure) {
  side_by_side *all = context;
  cnnc_model *model = all->of->model;
  const int32_t gathered = cnnc_gathered_slot(model->plan);
  uint8_t *workspace = index == 0 ? all->workspace : cnnc_workspace_acquire(model);
  int32_t status = CNNC_OK;
  lane own;
  (void)thread, (void)closure;
  if (!workspace) /* the others have more to do */
    return 0;
  lay_out(&own, all->of, workspace, NULL, cnnc_loop_of(model, NULL), NULL);
  own.context.base[gathered] = all->whole->context.base[gathered];
  while (status == CNNC_OK) {
    const int64_t image = __atomic_fetch_add(&all->next, 1, __ATOMIC_RELAXED);
    int32_t none = 0;
    cnnc_error error;
    if (image >= all->end)
      break;
    memset(&error, 0, sizeof error);
    error.struct_size = sizeof error;
    status = run_image(&own, all->of, image, image - all->first, &error);
    if (status != CNNC_OK && __atomic_compare_exchange_n(&all->failed, &none, 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      all->error = error;
      __atomic_store_n(&all->next, all->end, __ATOMIC_RELAXED);
    }
  }
  if (index > 0)
    cnnc_workspace_release(model, workspace);
  return status;
}

/* The launches of single images, for `images` of them from `first` on. Those that make whole rounds of the threads run side by side where the model is made for
 * it, the others one after another on all threads. */
static int32_t run_singles(lane *whole, const run *of, uint8_t *workspace, int own_workspace, int64_t first, int64_t images, cnnc_error *error) {
  cnnc_model *model = of->model;
  int64_t image = first;
  int32_t status = CNNC_OK;
  if (of->pool && model->lanes && own_workspace && !model->hooks.trace && images >= model->threads) {
    side_by_side all = {of, whole, workspace, first, first, first + images - images % model->threads, 0, {0, 0, ""}};
    status = cnnc_pool_run(of->pool, run_lane, &all, 0, model->threads, NULL);
    if (status != CNNC_OK)
      return cnnc_fail(&model->hooks, error, all.error.code, "%s", all.error.message);
    image = all.end;
  }
  for (; image < first + images && status == CNNC_OK; ++image)
    status = run_image(whole, of, image, image - first, error);
  return status;
}

static int32_t run_images(const run *of, uint8_t *workspace, int own_workspace, cnnc_error *error) {
  const cnnc_plan *plan = of->model->plan;
  const int gathers = plan->gathering < plan->num_launches;
  const int64_t images = plan->per_image ? of->batch : 1, most = gathers ? plan->images : images;
  int32_t status = CNNC_OK;
  lane whole;
  lay_out(&whole, of, workspace, of->pool, cnnc_loop_of(of->model, of->pool), &of->model->hooks);
  for (int64_t first = 0; first < images && status == CNNC_OK; first += most) {
    const int64_t some = images - first < most ? images - first : most;
    status = run_singles(&whole, of, workspace, own_workspace, first, some, error);
    if (status == CNNC_OK && gathers)
      status = run_gathered(&whole, of, first, some, error);
  }
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
