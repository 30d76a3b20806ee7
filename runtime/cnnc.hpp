// cnnc.hpp - C++17 over cnnc.h, header-only. Link with the system's libdl where dlopen lives there.
//
//   cnnc::Model model(cnnc::Library::open("out/libresnet50.so"));
//   std::vector<float> image(3 * 224 * 224);
//   std::vector<float> logits = model.run(image).front();
//
// With views, an own buffer and a linked library:
//
//   cnnc::Model model(cnnc::Library::linked(resnet50_cnnc_query), {.threads = 4});   // C++20 spelling of the options
//   model.run({cnnc::Tensor(pixels, {1, 3, 224, 224}, {0, 1, 3 * 224, 3})},         // HWC picture, no copy by the caller
//             {cnnc::Tensor(logits.data(), {1, 1000})});
#pragma once

#include "cnnc.h"

#include <cstdint>
#include <dlfcn.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cnnc {

/// A failed call. `what()` says what, where and what to do.
class Error : public std::runtime_error {
public:
  Error(int32_t code, const std::string &message) : std::runtime_error(message), status(code) {}
  /// A cnnc_status.
  int32_t code() const noexcept { return status; }

private:
  int32_t status;
};

/// DLPack's type of a C++ arithmetic type.
template <typename T> constexpr DLDataType dtypeOf() {
  static_assert(std::is_arithmetic_v<T>, "pass a DLDataType for other element types");
  const DLDataTypeCode code = std::is_floating_point_v<T> ? kDLFloat : std::is_signed_v<T> ? kDLInt : kDLUInt;
  return DLDataType{static_cast<uint8_t>(code), static_cast<uint8_t>(sizeof(T) * 8), 1};
}

/// A view of the caller's memory. Owns shape and strides, not data.
class Tensor {
public:
  /// `strides` in elements; empty means dense row-major. Const data is for inputs: `run` writes outputs only.
  template <typename T>
  Tensor(T *data, std::vector<int64_t> shape, std::vector<int64_t> strides = {})
      : Tensor(const_cast<std::remove_const_t<T> *>(data), dtypeOf<std::remove_const_t<T>>(), std::move(shape), std::move(strides)) {}

  /// For element types that C++ does not have. Throws Error when `strides` has another length than `shape`.
  Tensor(void *data, DLDataType dtype, std::vector<int64_t> shape, std::vector<int64_t> strides = {})
      : data(data), dtype(dtype), shape(std::move(shape)), strides(std::move(strides)) {
    if (!this->strides.empty() && this->strides.size() != this->shape.size())
      throw Error(CNNC_ERROR_INVALID_ARGUMENT, "tensor: " + std::to_string(this->strides.size()) + " strides for " + std::to_string(this->shape.size()) +
                                                   " dimensions; give one each or none");
  }

  /// Valid as long as this object lives.
  DLTensor view() const {
    DLTensor tensor{};
    tensor.data = data;
    tensor.device.device_type = kDLCPU;
    tensor.ndim = static_cast<int32_t>(shape.size());
    tensor.dtype = dtype;
    tensor.shape = const_cast<int64_t *>(shape.data()); // DLPack has no const; the library reads it
    tensor.strides = strides.empty() ? nullptr : const_cast<int64_t *>(strides.data());
    return tensor;
  }

private:
  void *data;
  DLDataType dtype;
  std::vector<int64_t> shape, strides;
};

/// Whether dimension 0 of an input or output is a batch that may vary.
inline bool isBatched(const cnnc_tensor_info &tensor) {
  bool alone = tensor.ndim > 0 && tensor.min_shape[0] != tensor.max_shape[0];
  for (int32_t d = 1; d < tensor.ndim; ++d)
    alone = alone && tensor.min_shape[d] == tensor.max_shape[d];
  return alone;
}

/// The declared shape of an input or output; a dimension 0 that is a range gets the batch.
inline std::vector<int64_t> shapeAt(const cnnc_tensor_info &tensor, int64_t batch) {
  std::vector<int64_t> shape(tensor.max_shape, tensor.max_shape + tensor.ndim);
  if (isBatched(tensor))
    shape[0] = batch;
  return shape;
}

/// A compiled network's code. Copies share it; the last one closes it.
class Library {
public:
  /// Loads a library. Throws Error when it cannot be opened or is no cnnc library of a known ABI.
  static Library open(const std::string &path) {
    std::shared_ptr<void> handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL), [](void *opened) {
      if (opened)
        dlclose(opened);
    });
    if (!handle) {
      const char *reason = dlerror();
      throw Error(CNNC_ERROR_INVALID_ARGUMENT, "cannot load '" + path + "': " + (reason ? reason : "unknown reason"));
    }
    auto query = reinterpret_cast<cnnc_query_fn>(dlsym(handle.get(), "cnnc_query"));
    if (!query)
      throw Error(CNNC_ERROR_INVALID_ARGUMENT, "'" + path + "' exports no cnnc_query; pass a library that cnnc wrote");
    Library library = linked(query);
    library.handle = std::move(handle);
    return library;
  }

  /// A library that is linked into the program, by its `<net>_cnnc_query`.
  static Library linked(cnnc_query_fn query) {
    Library library;
    library.api = query(CNNC_ABI_VERSION);
    if (!library.api)
      throw Error(CNNC_ERROR_INVALID_ARGUMENT, "the library speaks no ABI up to " + std::to_string(CNNC_ABI_VERSION) + "; update cnnc.hpp");
    return library;
  }

  const cnnc_info &info() const noexcept { return *api->info; }

  /// Throws Error with CNNC_ERROR_TARGET when this CPU cannot run the library.
  void checkTarget() const {
    cnnc_error error = emptyError();
    check(api->check_target(&error), error);
  }

private:
  friend class Model;
  Library() = default;
  static cnnc_error emptyError() {
    cnnc_error error{};
    error.struct_size = sizeof error;
    return error;
  }
  static void check(int32_t status, const cnnc_error &error) {
    if (status != CNNC_OK)
      throw Error(status, error.message);
  }

  std::shared_ptr<void> handle;
  const cnnc_api *api = nullptr;
};

struct ModelOptions {
  int32_t threads = 0;               ///< 0: one for each core near the caller that the process may use; 1: makes no threads.
  const cnnc_hooks *hooks = nullptr; ///< Copied; what `hooks->user` points at must outlive the model.
  std::string weightsPath;           ///< For libraries compiled with --external-weights.
};

struct RunOptions {
  void *workspace = nullptr; ///< 64-byte aligned, `workspaceSize(batch)` bytes; NULL: the model's own.
  uint64_t workspaceBytes = 0;
  const volatile int32_t *cancel = nullptr; ///< Polled between layers; non-zero stops the run.
};

/// A network ready to run. Move-only. `run` is safe from many threads at once; everything else is not while runs are in flight.
class Model {
public:
  /// Throws Error: unsupported CPU, missing or wrong weights, memory.
  explicit Model(Library library, const ModelOptions &options = {}) : library(std::move(library)) {
    cnnc_create_options create{};
    create.struct_size = sizeof create;
    create.threads = options.threads;
    create.hooks = options.hooks;
    create.weights_path = options.weightsPath.empty() ? nullptr : options.weightsPath.c_str();
    cnnc_error error = Library::emptyError();
    Library::check(this->library.api->create(&create, &model, &error), error);
  }
  Model(Model &&other) noexcept : library(other.library), model(std::exchange(other.model, nullptr)) {}
  Model &operator=(Model &&other) noexcept {
    std::swap(library, other.library);
    std::swap(model, other.model);
    return *this;
  }
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;
  ~Model() { library.api->destroy(model); }

  const cnnc_info &info() const noexcept { return library.info(); }

  /// Bytes that RunOptions::workspace needs for this batch; 0 outside of the declared range.
  uint64_t workspaceSize(int64_t batch) const noexcept { return library.api->workspace_size(model, batch); }

  /// Runs on the caller's memory, tensors in the order of `info()`. Throws Error.
  void run(const std::vector<Tensor> &inputs, const std::vector<Tensor> &outputs, const RunOptions &options = {}) const {
    expectCount("inputs", inputs.size(), info().num_inputs);
    expectCount("outputs", outputs.size(), info().num_outputs);
    std::vector<DLTensor> in, out;
    for (const Tensor &tensor : inputs)
      in.push_back(tensor.view());
    for (const Tensor &tensor : outputs)
      out.push_back(tensor.view());
    cnnc_run_options run{};
    run.struct_size = sizeof run;
    run.workspace = options.workspace;
    run.workspace_bytes = options.workspaceBytes;
    run.cancel = options.cancel;
    cnnc_error error = Library::emptyError();
    Library::check(library.api->run(model, in.data(), out.data(), &run, &error), error);
  }

  /// Runs a network with one input on a dense batch and returns its outputs, dense, in the order of `info()`. The batch follows from
  /// the size of `input`; all tensors have elements of type T. Throws Error.
  template <typename T> std::vector<std::vector<T>> run(const std::vector<T> &input) const {
    expectCount("inputs", 1, info().num_inputs);
    const cnnc_tensor_info &declared = info().inputs[0];
    const bool batched = declared.ndim > 0;
    int64_t imageElements = 1;
    for (int32_t d = 1; d < declared.ndim; ++d)
      imageElements *= declared.max_shape[d];
    const auto size = static_cast<int64_t>(input.size());
    const int64_t batch = batched && imageElements > 0 ? size / imageElements : 1;
    if (batch * imageElements != size)
      throw Error(CNNC_ERROR_SHAPE, std::string("input '") + declared.name + "': " + std::to_string(size) + " elements are no multiple of " +
                                        std::to_string(imageElements) + ", the size of one image");
    std::vector<Tensor> outputs;
    std::vector<std::vector<T>> results(static_cast<size_t>(info().num_outputs));
    for (int32_t i = 0; i < info().num_outputs; ++i) {
      std::vector<int64_t> shape = shapeAt(info().outputs[i], batch);
      int64_t elements = 1;
      for (int64_t extent : shape)
        elements *= extent;
      results[i].resize(static_cast<size_t>(elements));
      outputs.emplace_back(results[i].data(), std::move(shape));
    }
    run({Tensor(input.data(), shapeAt(declared, batch))}, outputs);
    return results;
  }

  /// Starts per-launch times from zero, or stops them.
  void profile(bool enable) { library.api->profile(model, enable ? 1 : 0, nullptr, 0); }

  /// The times since `profile(true)`. Names live as long as the library.
  std::vector<cnnc_profile_entry> profile() const {
    std::vector<cnnc_profile_entry> entries(static_cast<size_t>(info().num_launches));
    library.api->profile(model, -1, entries.data(), info().num_launches);
    return entries;
  }

private:
  static void expectCount(const char *what, size_t got, int32_t expected) {
    if (got != static_cast<size_t>(expected))
      throw Error(CNNC_ERROR_INVALID_ARGUMENT, std::to_string(got) + " " + what + ", expected " + std::to_string(expected));
  }

  Library library;
  cnnc_model *model = nullptr;
};

} // namespace cnnc
