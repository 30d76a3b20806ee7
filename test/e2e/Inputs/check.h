/* Helpers of the programs that share one address space with several libraries. */
#ifndef CHECK_H
#define CHECK_H

#include "cnnc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with a line that says where. */
#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); exit(1); } } while (0)

static inline cnnc_model *create_model(const cnnc_api *api, int32_t threads) {
  cnnc_create_options options;
  cnnc_model *model = NULL;
  memset(&options, 0, sizeof options);
  options.struct_size = (uint32_t)sizeof options;
  options.threads = threads;
  CHECK(api->create(&options, &model, NULL) == CNNC_OK);
  return model;
}

static inline int64_t elements(const cnnc_tensor_info *info) {
  int64_t count = 1;
  int d;
  for (d = 0; d < info->ndim; ++d)
    count *= info->min_shape[d];
  return count;
}

static inline DLTensor dense(const cnnc_tensor_info *info, float *data) {
  DLTensor tensor;
  memset(&tensor, 0, sizeof tensor);
  tensor.data = data;
  tensor.device.device_type = kDLCPU;
  tensor.ndim = info->ndim;
  tensor.dtype = info->dtype;
  tensor.shape = (int64_t *)(uintptr_t)info->min_shape;
  return tensor;
}

/* Runs the smallest batch of a network with one input on in[i] = i % 97 + seed; returns all outputs, one behind the other. */
static inline float *run_once(const cnnc_api *api, cnnc_model *model, int seed) {
  const cnnc_info *info = api->info;
  int64_t i, count = elements(&info->inputs[0]), total = 0, at = 0;
  float *in = malloc((size_t)count * sizeof(float)), *out;
  DLTensor input = dense(&info->inputs[0], in), outputs[4];
  for (i = 0; i < info->num_outputs; ++i)
    total += elements(&info->outputs[i]);
  out = malloc((size_t)total * sizeof(float));
  CHECK(in && out && info->num_inputs == 1 && info->num_outputs <= 4);
  for (i = 0; i < info->num_outputs; at += elements(&info->outputs[i++]))
    outputs[i] = dense(&info->outputs[i], out + at);
  for (i = 0; i < count; ++i)
    in[i] = (float)(i % 97 + seed);
  CHECK(api->run(model, &input, outputs, NULL, NULL) == CNNC_OK);
  free(in);
  return out;
}

static inline size_t output_bytes(const cnnc_api *api) {
  int64_t total = 0;
  int i;
  for (i = 0; i < api->info->num_outputs; ++i)
    total += elements(&api->info->outputs[i]);
  return (size_t)total * sizeof(float);
}

#endif
