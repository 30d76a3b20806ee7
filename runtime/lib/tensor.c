/* tensor.c - checks the caller's tensors. Nothing is read through `data` here. */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What one check needs to say where it failed. */
typedef struct {
  const cnnc_hooks *hooks;
  cnnc_error *error;
  const cnnc_tensor_info *info;
  const char *kind; /* "input" or "output" */
  int batched;      /* dimension 0 is the batch */
  int per_image;
} checker;

/* Addresses that a tensor touches, as [low, high). */
typedef struct {
  uintptr_t low, high;
  int32_t gapless;
} span;

#define SHAPE_TEXT 72
#define TYPE_TEXT 32

/* "[1..8, 3, 224, 224]"; cut with "..." when it is too long. */
static const char *shape_text(char text[SHAPE_TEXT], const int64_t *min, const int64_t *max, int32_t rank) {
  size_t length = 1;
  strcpy(text, "[");
  for (int32_t d = 0; d < rank; ++d) {
    char part[48];
    size_t bytes;
    if (min[d] == max[d])
      snprintf(part, sizeof part, "%s%" PRId64, d ? ", " : "", min[d]);
    else
      snprintf(part, sizeof part, "%s%" PRId64 "..%" PRId64, d ? ", " : "", min[d], max[d]);
    bytes = strlen(part);
    if (length + bytes + 5 > SHAPE_TEXT) {
      strcpy(text + length, "...");
      length += 3;
      break;
    }
    memcpy(text + length, part, bytes);
    length += bytes;
  }
  strcpy(text + length, "]");
  return text;
}

static const char *dtype_name(DLDataType dtype, char text[TYPE_TEXT]) {
  static const char *const prefixes[] = {"i", "u", "f", "opaque", "bf"};
  if (dtype.code < sizeof prefixes / sizeof prefixes[0] && dtype.lanes == 1)
    snprintf(text, TYPE_TEXT, "%s%d", prefixes[dtype.code], dtype.bits);
  else
    snprintf(text, TYPE_TEXT, "code %d bits %d x%d", dtype.code, dtype.bits, dtype.lanes);
  return text;
}

static int32_t check_shape(const checker *c, const DLTensor *tensor) {
  char expected[SHAPE_TEXT], got[SHAPE_TEXT];
  int fits = tensor->ndim == c->info->ndim;
  if (tensor->ndim < 0 || (tensor->ndim > 0 && !tensor->shape))
    return cnnc_fail(c->hooks, c->error, CNNC_ERROR_INVALID_ARGUMENT, "%s '%.64s': ndim is %d and shape is %s; fill in the DLTensor", c->kind, c->info->name,
                     (int)tensor->ndim, tensor->shape ? "set" : "NULL");
  for (int32_t d = 0; fits && d < tensor->ndim; ++d) {
    int empty_batch = d == 0 && c->batched && c->per_image && tensor->shape[0] == 0;
    fits = empty_batch || (tensor->shape[d] >= c->info->min_shape[d] && tensor->shape[d] <= c->info->max_shape[d]);
  }
  if (fits)
    return CNNC_OK;
  return cnnc_fail(c->hooks, c->error, CNNC_ERROR_SHAPE, "%s '%.48s': expected shape %s (%.8s), got %s; resize the data or compile for it", c->kind,
                   c->info->name, shape_text(expected, c->info->min_shape, c->info->max_shape, c->info->ndim), c->info->layout ? c->info->layout : "",
                   shape_text(got, tensor->shape, tensor->shape, tensor->ndim));
}

static int32_t check_kind(const checker *c, const DLTensor *tensor) {
  char expected[TYPE_TEXT], got[TYPE_TEXT];
  if (tensor->device.device_type != kDLCPU)
    return cnnc_fail(c->hooks, c->error, CNNC_ERROR_DEVICE, "%s '%.64s': device type %d, expected %d (CPU); copy the data to the CPU", c->kind, c->info->name,
                     (int)tensor->device.device_type, (int)kDLCPU);
  if (tensor->dtype.code != c->info->dtype.code || tensor->dtype.bits != c->info->dtype.bits || tensor->dtype.lanes != c->info->dtype.lanes)
    return cnnc_fail(c->hooks, c->error, CNNC_ERROR_DTYPE, "%s '%.64s': expected %s, got %s; convert the data", c->kind, c->info->name,
                     dtype_name(c->info->dtype, expected), dtype_name(tensor->dtype, got));
  return CNNC_OK;
}

/* Fills the binding's strides and data, and the span. */
static int32_t check_memory(const checker *c, const DLTensor *tensor, cnnc_binding *binding, span *span) {
  const int32_t bytes = cnnc_element_bytes(tensor->dtype), rank = tensor->ndim;
  int64_t elements = 1, below = 0, above = 0;
  for (int32_t d = rank - 1; d >= 0; --d) {
    binding->strides[d] = elements;
    elements *= tensor->shape[d];
  }
  if (tensor->strides && elements > 0)
    memcpy(binding->strides, tensor->strides, sizeof(int64_t) * (size_t)rank);
  memset(span, 0, sizeof *span);
  span->gapless = 1;
  if (elements == 0)
    return CNNC_OK;
  if (!tensor->data)
    return cnnc_fail(c->hooks, c->error, CNNC_ERROR_INVALID_ARGUMENT, "%s '%.64s': data is NULL; point it at %" PRId64 " elements", c->kind, c->info->name,
                     elements);
  binding->data = (uint8_t *)tensor->data + tensor->byte_offset;
  if ((uintptr_t)binding->data % (uintptr_t)bytes != 0)
    return cnnc_fail(c->hooks, c->error, CNNC_ERROR_ALIGNMENT, "%s '%.64s': data + byte_offset is not a multiple of %d bytes; align it to its element", c->kind,
                     c->info->name, (int)bytes);
  for (int32_t d = 0; d < rank; ++d) {
    int64_t reach;
    if (tensor->shape[d] == 1) {
      binding->strides[d] = 0; /* never stepped along; may hold anything */
      continue;
    }
    if (__builtin_mul_overflow(binding->strides[d], tensor->shape[d] * bytes, &reach) || reach > INT64_MAX / 16 || reach < -INT64_MAX / 16)
      return cnnc_fail(c->hooks, c->error, CNNC_ERROR_STRIDE, "%s '%.64s': stride %" PRId64 " of dimension %d reaches outside of memory", c->kind,
                       c->info->name, binding->strides[d], (int)d);
    reach -= binding->strides[d] * bytes;
    *(reach < 0 ? &below : &above) += reach;
  }
  span->low = (uintptr_t)binding->data - (uintptr_t)(-below);
  span->high = (uintptr_t)binding->data + (uintptr_t)above + (uintptr_t)bytes;
  if (span->low > (uintptr_t)binding->data || span->high <= (uintptr_t)binding->data)
    return cnnc_fail(c->hooks, c->error, CNNC_ERROR_STRIDE, "%s '%.64s': strides or byte_offset reach outside of memory", c->kind, c->info->name);
  span->gapless = above - below + bytes == elements * bytes;
  return CNNC_OK;
}

/* Whether each element has its own address: every dimension steps over all that the smaller steps reach. */
static int is_injective(const int64_t *strides, const int64_t *shape, int32_t rank) {
  int64_t sorted[CNNC_MAX_RANK], extent[CNNC_MAX_RANK], reach = 0;
  int32_t count = 0;
  for (int32_t d = 0; d < rank; ++d) {
    int64_t stride = strides[d] < 0 ? -strides[d] : strides[d];
    int32_t at = count;
    if (shape[d] == 1)
      continue;
    for (; at > 0 && sorted[at - 1] > stride; --at) {
      sorted[at] = sorted[at - 1];
      extent[at] = extent[at - 1];
    }
    sorted[at] = stride;
    extent[at] = shape[d];
    ++count;
  }
  for (int32_t i = 0; i < count; ++i) {
    if (sorted[i] <= reach)
      return 0;
    reach += sorted[i] * (extent[i] - 1);
  }
  return 1;
}

/* Whether dimensions first.. are row-major without gaps. */
static int is_dense(const int64_t *strides, const int64_t *shape, int32_t first, int32_t rank) {
  int64_t expected = 1;
  for (int32_t d = rank - 1; d >= first; --d) {
    if (shape[d] != 1 && strides[d] != expected)
      return 0;
    expected *= shape[d];
  }
  return 1;
}

static int overlaps(const span *a, const span *b) {
  /* Views that interleave (the columns of one matrix) have overlapping spans and no common element. */
  return (a->gapless || b->gapless) && a->low < b->high && b->low < a->high;
}

int32_t cnnc_bind(const cnnc_model *model, const DLTensor *inputs, const DLTensor *outputs, cnnc_binding *bindings, int64_t *batch, cnnc_error *error) {
  const cnnc_plan *plan = model->plan;
  const int32_t num_inputs = plan->info.num_inputs, count = num_inputs + plan->info.num_outputs;
  span spans[CNNC_MAX_TENSORS];
  int32_t leader = -1; /* the slot that set the batch */
  *batch = 1;
  if ((num_inputs > 0 && !inputs) || (count > num_inputs && !outputs))
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_INVALID_ARGUMENT, "%s is NULL; pass an array of %d DLTensor",
                     num_inputs > 0 && !inputs ? "inputs" : "outputs", (int)(num_inputs > 0 && !inputs ? num_inputs : count - num_inputs));
  for (int32_t slot = 0; slot < count; ++slot) {
    const int is_output = slot >= num_inputs;
    const int32_t index = is_output ? slot - num_inputs : slot;
    const DLTensor *tensor = is_output ? &outputs[index] : &inputs[index];
    cnnc_binding *binding = &bindings[slot];
    const cnnc_tensor_info *info = is_output ? &plan->info.outputs[index] : &plan->info.inputs[index];
    const checker c = {&model->hooks,  error, info, is_output ? "output" : "input", is_output ? plan->output_batched[index] : plan->input_batched[index],
                       plan->per_image};
    const int32_t first = c.batched && c.per_image ? 1 : 0;
    int32_t status;
    memset(binding, 0, sizeof *binding);
    binding->shape = tensor->shape;
    if ((status = check_shape(&c, tensor)) || (status = check_kind(&c, tensor)))
      return status;
    if (c.batched && leader < 0) {
      leader = slot;
      *batch = tensor->shape[0];
    } else if (c.batched && tensor->shape[0] != *batch) {
      return cnnc_fail(&model->hooks, error, CNNC_ERROR_SHAPE, "%s '%.64s': batch %" PRId64 " differs from the batch %" PRId64 " of %s '%.64s'", c.kind,
                       info->name, tensor->shape[0], *batch, leader < num_inputs ? "input" : "output",
                       leader < num_inputs ? plan->info.inputs[leader].name : plan->info.outputs[leader - num_inputs].name);
    }
    if ((status = check_memory(&c, tensor, binding, &spans[slot])))
      return status;
    if (!binding->data)
      continue;
    if (is_output && !is_injective(binding->strides, tensor->shape, tensor->ndim))
      return cnnc_fail(&model->hooks, error, CNNC_ERROR_STRIDE, "output '%.64s': its strides put several elements at one address; use distinct memory",
                       info->name);
    for (int32_t other = 0; is_output && other < slot; ++other)
      if (overlaps(&spans[slot], &spans[other]))
        return cnnc_fail(&model->hooks, error, CNNC_ERROR_INVALID_ARGUMENT, "output '%.64s' overlaps %s '%.64s' in memory; give it its own buffer", info->name,
                         other < num_inputs ? "input" : "output",
                         other < num_inputs ? plan->info.inputs[other].name : plan->info.outputs[other - num_inputs].name);
    binding->staged = !is_dense(binding->strides, tensor->shape, first, tensor->ndim);
    binding->step = first ? binding->strides[0] * cnnc_element_bytes(info->dtype) : 0;
  }
  return CNNC_OK;
}
