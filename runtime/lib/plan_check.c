/* plan_check.c - guards the walk over the plan: what passes here stays inside its buffers. */
#include "internal.h"

#include <string.h>

typedef struct {
  const cnnc_plan *plan;
  const cnnc_hooks *hooks;
  cnnc_error *error;
} checker;

static int32_t broken(const checker *c, const char *layer, const char *what, int64_t got, int64_t limit) {
  return cnnc_fail(c->hooks, c->error, CNNC_ERROR_INTERNAL, "plan of network '%.64s', layer '%.64s': %s is %lld, limit %lld; recompile the network",
                   c->plan->info.name, layer, what, (long long)got, (long long)limit);
}

static int is_element(DLDataType dtype) { return dtype.lanes == 1 && (dtype.bits == 8 || dtype.bits == 16 || dtype.bits == 32 || dtype.bits == 64); }

static int32_t check_tensor(const checker *c, const cnnc_tensor_info *tensor, int batched) {
  if (tensor->ndim < (batched ? 1 : 0) || tensor->ndim > CNNC_MAX_RANK)
    return broken(c, tensor->name, "rank", tensor->ndim, CNNC_MAX_RANK);
  if (!is_element(tensor->dtype))
    return broken(c, tensor->name, "element bits", tensor->dtype.bits, 64);
  for (int32_t d = 0; d < tensor->ndim; ++d)
    if (tensor->min_shape[d] < 0 || tensor->min_shape[d] > tensor->max_shape[d] || tensor->max_shape[d] > INT32_MAX)
      return broken(c, tensor->name, "extent", tensor->min_shape[d], tensor->max_shape[d]);
  return CNNC_OK;
}

/* An argument of a launch that takes `images` images: 1, or those that are gathered. */
static int32_t check_arg(const checker *c, const cnnc_launch *launch, const cnnc_arg *arg, int64_t images) {
  const cnnc_plan *plan = c->plan;
  const int32_t bytes = cnnc_element_bytes(arg->dtype);
  const cnnc_tensor_info *tensor = NULL;
  uint64_t size = (uint64_t)bytes, space = 0, stride = 0;
  int batched = 0;
  if (arg->rank < 0 || arg->rank > CNNC_MAX_RANK)
    return broken(c, launch->layer, "rank", arg->rank, CNNC_MAX_RANK);
  if (!is_element(arg->dtype))
    return broken(c, launch->layer, "element bits", arg->dtype.bits, 64);
  for (int32_t d = 0; d < arg->rank; ++d) {
    if (arg->extents[d] < 0 || arg->extents[d] > INT32_MAX)
      return broken(c, launch->layer, "extent", arg->extents[d], INT32_MAX);
    if (__builtin_mul_overflow(size, (uint64_t)arg->extents[d], &size) || size / (uint64_t)bytes > INT32_MAX)
      return broken(c, launch->layer, "number of elements", INT64_MAX, INT32_MAX); /* Halide's strides are 32-bit */
  }
  switch (arg->space) {
  case CNNC_SPACE_INPUT:
  case CNNC_SPACE_OUTPUT: {
    const int is_input = arg->space == CNNC_SPACE_INPUT;
    const int32_t count = is_input ? plan->info.num_inputs : plan->info.num_outputs;
    if (arg->index < 0 || arg->index >= count)
      return broken(c, launch->layer, "tensor index", arg->index, count - 1);
    tensor = is_input ? &plan->info.inputs[arg->index] : &plan->info.outputs[arg->index];
    batched = is_input ? plan->input_batched[arg->index] : plan->output_batched[arg->index];
    space = cnnc_tensor_bytes(tensor, batched && plan->per_image, 1);
    stride = batched && plan->per_image ? space : 0;
    if (stride)
      space *= (uint64_t)images;
    break;
  }
  case CNNC_SPACE_ARENA:
    space = plan->arena_bytes;
    break;
  case CNNC_SPACE_WEIGHTS:
    space = plan->weights_bytes;
    break;
  case CNNC_SPACE_GATHERED:
    space = plan->gathered_bytes;
    stride = size / (uint64_t)images;
    if (arg->image_stride != stride || arg->offset < CNNC_GATHERED_HEADER)
      return broken(c, launch->layer, "image stride of a gathered value", (int64_t)arg->image_stride, (int64_t)stride);
    size = stride * (uint64_t)plan->images;
    break;
  default:
    return broken(c, launch->layer, "space", arg->space, CNNC_SPACE_GATHERED);
  }
  if (arg->offset > space || size > space - arg->offset)
    return broken(c, launch->layer, "end of an argument", (int64_t)(arg->offset + size), (int64_t)space);
  if (arg->image_stride != 0 && arg->image_stride != stride)
    return broken(c, launch->layer, "image stride", (int64_t)arg->image_stride, (int64_t)stride);
  return CNNC_OK;
}

/* What single images left anywhere but in the gathered space is gone, and each row of a result is an image's. */
static int32_t check_gathering(const checker *c, const cnnc_launch *launch) {
  const cnnc_arg *result = &launch->args[launch->result];
  for (int32_t i = 0; i < launch->num_args; ++i)
    if (launch->args[i].space == CNNC_SPACE_INPUT)
      return broken(c, launch->layer, "space of an argument of a gathering launch", launch->args[i].space, CNNC_SPACE_GATHERED);
  if (launch->rows || launch->least_rows < 1 || result->rank < 1 || result->extents[0] != c->plan->images)
    return broken(c, launch->layer, "rows of a gathering launch", result->rank < 1 ? 0 : result->extents[0], c->plan->images);
  if (launch->least_rows > c->plan->images)
    return broken(c, launch->layer, "least number of rows", launch->least_rows, c->plan->images);
  return CNNC_OK;
}

static int32_t check_launch(const checker *c, const cnnc_launch *launch, int64_t images) {
  const cnnc_halo *halo = launch->halo;
  if (launch->num_args < 1 || launch->num_args > CNNC_MAX_ARGS)
    return broken(c, launch->layer, "number of arguments", launch->num_args, CNNC_MAX_ARGS);
  if (launch->result < 0 || launch->result >= launch->num_args)
    return broken(c, launch->layer, "number of the result", launch->result, launch->num_args - 1);
  for (int32_t i = 0; i < launch->num_args; ++i) {
    int32_t status = check_arg(c, launch, &launch->args[i], images);
    if (status)
      return status;
  }
  if (launch->rows) {
    int32_t status = check_arg(c, launch, launch->rows, 1);
    if (status)
      return status;
    if (launch->args[launch->result].rank < 1 || launch->least_rows < 0 || launch->least_rows > launch->args[launch->result].extents[0])
      return broken(c, launch->layer, "least number of rows", launch->least_rows, launch->args[launch->result].rank);
  }
  if (halo) {
    const cnnc_arg *result = &launch->args[launch->result];
    if (result->rank < 1 || result->extents[0] < 1)
      return broken(c, launch->layer, "rank of a result with a halo", result->rank, CNNC_MAX_RANK);
    uint64_t size = (uint64_t)cnnc_element_bytes(result->dtype);
    for (int32_t d = 0; d < result->rank; ++d)
      size *= (uint64_t)result->extents[d];
    if ((uint64_t)halo->top + halo->bottom > halo->rows)
      return broken(c, launch->layer, "rows of the halo", (int64_t)halo->top + halo->bottom, (int64_t)halo->rows);
    if ((uint64_t)halo->left_bytes + halo->right_bytes > halo->row_bytes)
      return broken(c, launch->layer, "row bytes of the halo", (int64_t)halo->left_bytes + halo->right_bytes, (int64_t)halo->row_bytes);
    if (halo->planes * halo->rows * halo->row_bytes > size)
      return broken(c, launch->layer, "size of the halo's planes", (int64_t)(halo->planes * halo->rows * halo->row_bytes), (int64_t)size);
  }
  return CNNC_OK;
}

int32_t cnnc_plan_check(const cnnc_plan *plan, const cnnc_hooks *hooks, cnnc_error *error) {
  const checker c = {plan, hooks, error};
  const cnnc_info *info = &plan->info;
  int64_t largest = 1;
  int32_t status;
  if (plan->version != CNNC_PLAN_VERSION)
    return broken(&c, "", "plan version", plan->version, CNNC_PLAN_VERSION);
  if (info->num_inputs < 0 || info->num_outputs < 0 || (int64_t)info->num_inputs + info->num_outputs > CNNC_MAX_TENSORS)
    return broken(&c, "", "number of inputs and outputs", (int64_t)info->num_inputs + info->num_outputs, CNNC_MAX_TENSORS);
  if (info->num_launches != plan->num_launches || plan->num_launches < 0)
    return broken(&c, "", "number of launches", plan->num_launches, info->num_launches);
  for (int32_t i = 0; i < info->num_inputs; ++i) {
    if ((status = check_tensor(&c, &info->inputs[i], plan->input_batched[i])))
      return status;
    if (plan->input_batched[i])
      largest = info->inputs[i].max_shape[0];
  }
  for (int32_t i = 0; i < info->num_outputs; ++i) {
    if ((status = check_tensor(&c, &info->outputs[i], plan->output_batched[i])))
      return status;
    if (plan->output_batched[i])
      largest = info->outputs[i].max_shape[0];
  }
  if (plan->gathering < 0 || plan->gathering > plan->num_launches)
    return broken(&c, "", "first gathering launch", plan->gathering, plan->num_launches);
  if (plan->images < 1 || (plan->gathering < plan->num_launches && (!plan->per_image || !plan->output_gathered || plan->gathered_bytes < CNNC_GATHERED_HEADER)))
    return broken(&c, "", "number of gathered images", plan->images, plan->per_image);
  if (info->workspace_bytes != cnnc_workspace_bytes(plan, largest))
    return broken(&c, "", "workspace_bytes", (int64_t)info->workspace_bytes, (int64_t)cnnc_workspace_bytes(plan, largest));
  for (int32_t i = 0; i < plan->num_launches; ++i) {
    const int gathers = i >= plan->gathering;
    if ((status = check_launch(&c, &plan->launches[i], gathers ? plan->images : 1)) || (gathers && (status = check_gathering(&c, &plan->launches[i]))))
      return status;
  }
  return CNNC_OK;
}
