// What the runtime's tests share: the toy libraries, tensors over vectors, and the expected results.
#pragma once

#include "runtime/cnnc.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <dlfcn.h>
#include <string>
#include <vector>

namespace toy {

constexpr int64_t C = 2, H = 3, W = 5, image = C * H * W;

/// A library opened by path; closed at the end of the scope.
class Library {
public:
  explicit Library(const std::string &name, int flags = RTLD_NOW | RTLD_LOCAL) {
    handle = dlopen((std::string(TOY_DIR) + "/lib" + name + ".so").c_str(), flags);
    if (!handle)
      throw std::runtime_error(dlerror());
    api = reinterpret_cast<cnnc_query_fn>(dlsym(handle, "cnnc_query"))(CNNC_ABI_VERSION);
  }
  ~Library() { dlclose(handle); }
  Library(const Library &) = delete;
  const cnnc_api *operator->() const { return api; }
  const cnnc_api *api = nullptr;

private:
  void *handle = nullptr;
};

inline cnnc_error newError() {
  cnnc_error error{};
  error.struct_size = sizeof error;
  return error;
}

/// Options of runs that end once `*cancel` is not 0.
inline cnnc_run_options cancelledBy(volatile int32_t *cancel) {
  cnnc_run_options options{};
  options.struct_size = sizeof options;
  options.cancel = cancel;
  return options;
}

/// Options of runs in a workspace of the caller's: `bytes` bytes at the first aligned address from `memory` on.
inline cnnc_run_options inWorkspace(void *memory, uint64_t bytes) {
  cnnc_run_options options{};
  options.struct_size = sizeof options;
  options.workspace = reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(memory) + 63) / 64 * 64);
  options.workspace_bytes = bytes;
  return options;
}

/// Hooks with a trace alone, which is called with `user`.
inline cnnc_hooks tracing(void (*trace)(void *, const cnnc_trace_event *), void *user = nullptr) {
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.user = user;
  hooks.trace = trace;
  return hooks;
}

/// A model with its library's table.
struct Model {
  explicit Model(const cnnc_api *api, int threads = 1, const cnnc_hooks *hooks = nullptr) : api(api) {
    cnnc_create_options options{};
    options.struct_size = sizeof options;
    options.threads = threads;
    options.hooks = hooks;
    cnnc_error error = newError();
    EXPECT_EQ(api->create(&options, &model, &error), CNNC_OK) << error.message;
  }
  ~Model() { api->destroy(model); }
  Model(const Model &) = delete;
  const cnnc_api *api;
  cnnc_model *model = nullptr;
};

/// A DLTensor that owns its shape and strides, not its data.
struct Tensor {
  Tensor(void *data, std::vector<int64_t> shape, std::vector<int64_t> strides = {}, DLDataType dtype = {kDLFloat, 32, 1})
      : shape(std::move(shape)), strides(std::move(strides)), data(data), dtype(dtype) {}
  DLTensor view() {
    DLTensor tensor{};
    tensor.data = data;
    tensor.device.device_type = kDLCPU;
    tensor.ndim = static_cast<int32_t>(shape.size());
    tensor.dtype = dtype;
    tensor.shape = shape.data();
    tensor.strides = strides.empty() ? nullptr : strides.data();
    return tensor;
  }
  std::vector<int64_t> shape, strides;
  void *data;
  DLDataType dtype;
};

/// 1, 2, 3, ... shifted by `seed`: sums stay exact in f32.
inline std::vector<float> ramp(int64_t batch, int seed = 0) {
  std::vector<float> x(batch * image);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i % 97 + seed + 1);
  return x;
}

struct Outputs {
  std::vector<float> scaled, sums;
  bool operator==(const Outputs &) const = default;
};

/// What toy_plan.c computes, by its definition.
inline Outputs expected(const std::vector<float> &x, float factor) {
  Outputs out{std::vector<float>(x.size()), std::vector<float>(x.size())};
  for (size_t i = 0; i < x.size(); ++i)
    out.scaled[i] = factor * x[i];
  for (size_t plane = 0; plane < x.size() / (H * W); ++plane)
    for (int64_t y = 0; y < H; ++y)
      for (int64_t c = 0; c < W; ++c)
        for (int64_t v = std::max<int64_t>(0, y - 1); v < std::min(H, y + 2); ++v)
          for (int64_t u = std::max<int64_t>(0, c - 1); u < std::min(W, c + 2); ++u)
            out.sums[plane * H * W + y * W + c] += out.scaled[plane * H * W + v * W + u];
  return out;
}

/// Runs dense tensors; the result's code is returned.
inline int32_t run(const cnnc_api *api, cnnc_model *model, std::vector<float> &x, Outputs &out, cnnc_error *error = nullptr,
                   const cnnc_run_options *options = nullptr) {
  const int64_t batch = static_cast<int64_t>(x.size()) / image;
  out.scaled.assign(x.size(), -1);
  out.sums.assign(x.size(), -1);
  Tensor input(x.data(), {batch, C, H, W}), scaled(out.scaled.data(), {batch, C, H, W}), sums(out.sums.data(), {batch, C, H, W});
  DLTensor in = input.view();
  std::array<DLTensor, 2> outputs{scaled.view(), sums.view()};
  return api->run(model, &in, outputs.data(), options, error);
}

} // namespace toy
