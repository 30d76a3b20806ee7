// Running a compiled library from the tools.
#include "compiler/Runner.h"

#include "compiler/Targets.h"
#include "compiler/emit/Metadata.h"
#include "compiler/emit/Package.h"
#include "dialects/cnn/Interpreter.h"
#include "dialects/exec/Exec.h"
#include "frontend/SplitMix.h"
#include "dialects/cnn/Rows.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace cnnc;

Array cnnc::randomArray(const std::string &dtype, const std::vector<int64_t> &shape, uint64_t seed) {
  Array array = Array::make(dtype, shape);
  for (int64_t i = 0, count = array.elements(); i < count; ++i) {
    uint64_t bits = frontend::splitmix64(frontend::splitmix64(seed) ^ static_cast<uint64_t>(i));
    // Values in [-1, 1), bytes, small counts.
    array.set(i, dtype == "f32" ? static_cast<double>(bits >> 40) / (1 << 23) - 1.0 : static_cast<double>(dtype == "i32" ? bits >> 61 : bits >> 56));
  }
  return array;
}

std::vector<Array> cnnc::randomInputs(const cnnc_info &info, uint64_t seed, int64_t batch) {
  std::vector<Array> inputs;
  for (int32_t i = 0; i < info.num_inputs; ++i)
    inputs.push_back(randomArray(emit::dtypeName(info.inputs[i].dtype), shapeAt(info.inputs[i], batch), seed + static_cast<uint64_t>(i)));
  return inputs;
}

// The dense tensor inside a launch's blocked, haloed buffer.
static Array unpack(const cnnc_trace_event &event) {
  Array array = Array::make(emit::dtypeName(event.dtype), std::vector<int64_t>(event.shape, event.shape + event.ndim));
  auto data = static_cast<const float *>(event.data);
  if (event.block == 0) {
    std::memcpy(array.bytes.data(), data, array.bytes.size());
    return array;
  }
  int64_t channels = event.shape[1], height = event.shape[2], width = event.shape[3], block = event.block, blocks = (channels + block - 1) / block;
  int64_t rows = event.halo[0] + height + event.halo[2], columns = event.halo[1] + width + event.halo[3];
  float *out = array.f32();
  for (int64_t n = 0; n < event.shape[0]; ++n)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x)
          *out++ = data[(((n * blocks + c / block) * rows + y + event.halo[0]) * columns + x + event.halo[1]) * block + c % block];
  return array;
}

static Tensor view(Array &array) {
  if (array.dtype == "u8")
    return Tensor(reinterpret_cast<uint8_t *>(array.bytes.data()), array.shape);
  return array.dtype == "i32" ? Tensor(array.i32(), array.shape) : Tensor(array.f32(), array.shape);
}

LibraryAt cnnc::LibraryAt::open(const std::string &path) { return {Library::open(path.find('/') == std::string::npos ? "./" + path : path), path}; }

std::string cnnc::besideLibrary(const std::string &library, StringRef ending) {
  SmallString<256> path(library);
  StringRef stem = llvm::sys::path::stem(library);
  stem.consume_front("lib");
  llvm::sys::path::remove_filename(path);
  llvm::sys::path::append(path, stem + ending);
  return llvm::sys::fs::exists(path) ? path.str().str() : std::string();
}

BoundLibrary::BoundLibrary(const LibraryAt &at, std::vector<Array> given, int threads, LayerCallback callback)
    : layers(std::move(callback)), inputs(std::move(given)) {
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.user = &layers;
  hooks.trace = [](void *user, const cnnc_trace_event *event) {
    if (event->dtype.code == kDLFloat)
      (*static_cast<LayerCallback *>(user))(event->layer, unpack(*event));
  };
  make(at, threads, layers ? &hooks : nullptr);
}

BoundLibrary::BoundLibrary(const LibraryAt &at, std::vector<Array> given, int threads, const cnnc_hooks &hooks) : inputs(std::move(given)) {
  make(at, threads, &hooks);
}

void BoundLibrary::make(const LibraryAt &at, int threads, const cnnc_hooks *hooks) {
  const Library &library = at.library;
  ModelOptions options;
  options.threads = threads;
  options.weightsPath = besideLibrary(at.path, ".weights");
  options.hooks = hooks;
  made.emplace(library, options);
  for (Array &array : inputs)
    in.push_back(view(array));
  int64_t batch = inputs.empty() || inputs[0].shape.empty() ? 1 : inputs[0].shape[0];
  for (int32_t i = 0; i < library.info().num_outputs; ++i)
    results.push_back(Array::make(emit::dtypeName(library.info().outputs[i].dtype), shapeAt(library.info().outputs[i], batch)));
  for (Array &array : results)
    out.push_back(view(array));
}

std::vector<Array> cnnc::runLibrary(const LibraryAt &at, const std::vector<Array> &inputs, int threads, const LayerCallback &layers) {
  BoundLibrary bound(at, inputs, threads, layers);
  bound.run();
  return std::move(bound.outputs());
}

namespace {

// The reference's values as the library shows them: rounded, and zeros in rows that a count says are not meant.
class Shown {
public:
  Array operator()(const cnn::HostTensor &tensor, Value value) const {
    auto type = cast<RankedTensorType>(value.getType());
    Type element = type.getElementType();
    Array array = Array::make(element.isF32() ? "f32" : element.isUnsignedInteger(8) ? "u8" : "i32", tensor.shape);
    int64_t meant = array.elements();
    if (auto count = counts.find(rows.of(value)); count != counts.end())
      meant = std::clamp<int64_t>(count->second, 0, tensor.dim(0)) * (meant / tensor.dim(0));
    for (int64_t i = 0; i < meant; ++i)
      array.set(i, tensor.data[i]);
    return array;
  }

  void learn(Operation *op) { rows.visit(op); }
  void learn(Value value, const cnn::HostTensor &tensor) {
    if (value.getType() == exec::countType(value.getContext()))
      counts[value] = static_cast<int64_t>(tensor.data[0]);
  }

private:
  RowCounts rows;
  llvm::DenseMap<Value, int64_t> counts;
};

} // namespace

cnn::HostTensor cnnc::hostTensor(const Array &array) {
  cnn::HostTensor tensor(array.shape);
  for (int64_t i = 0, count = array.elements(); i < count; ++i)
    tensor.data[i] = array.at(i);
  return tensor;
}

std::optional<std::vector<Array>> cnnc::runReference(ModuleOp module, const std::vector<Array> &inputs, const LayerCallback &layers) {
  std::vector<cnn::HostTensor> tensors;
  for (const Array &array : inputs)
    tensors.push_back(hostTensor(array));
  auto main = module.lookupSymbol<func::FuncOp>("main");
  Shown shown;
  if (main.getNumArguments() == tensors.size())
    for (auto [argument, tensor] : llvm::zip(main.getArguments(), tensors))
      shown.learn(argument, tensor);
  // The interpreter may work on a copy: values are told by the op's place.
  std::vector<Operation *> ops;
  for (Operation &op : main.getBody().front())
    ops.push_back(&op);
  size_t next = 0;
  auto observe = [&](Operation *, ArrayRef<cnn::HostTensor> results) {
    Operation *op = ops[next++];
    shown.learn(op);
    for (auto [value, tensor] : llvm::zip(op->getResults(), results))
      shown.learn(value, tensor);
    if (auto layer = op->getAttrOfType<StringAttr>("layer"); layer && layers)
      layers(layer.str(), shown(results[0], op->getResult(0)));
  };
  auto results = cnn::interpret(main, tensors, observe);
  if (failed(results))
    return std::nullopt;
  std::vector<Array> outputs;
  for (auto [tensor, value] : llvm::zip(*results, main.getBody().front().getTerminator()->getOperands()))
    outputs.push_back(shown(tensor, value));
  return outputs;
}

std::optional<std::string> cnnc::writeSample(Session &session, const emit::LibraryFiles &files, const std::string &kind) {
  constexpr uint64_t kSeed = 1;
  if (kind == "none")
    return std::nullopt;
  try {
    LibraryAt at = LibraryAt::open(files.library);
    const cnnc_info &info = at.library.info();
    std::vector<Array> inputs = randomInputs(info, kSeed);
    std::vector<Array> outputs;
    if (kind == "library") {
      outputs = runLibrary(at, inputs, 0);
    } else {
      auto expected = runReference(session.imported(), inputs);
      if (!expected)
        return "the reference could not evaluate the network";
      outputs = std::move(*expected);
    }
    std::string error, folder = llvm::sys::path::parent_path(files.library).str();
    auto staging = emit::Staging::open(folder.empty() ? "." : folder, error);
    if (!staging)
      return error;
    auto samples = [](const std::vector<Array> &arrays, const cnnc_tensor_info *tensors) {
      std::vector<emit::SampleTensor> list;
      for (size_t i = 0; i < arrays.size(); ++i)
        list.push_back({tensors[i].name, arrays[i].dtype, arrays[i].shape, std::string(arrays[i].bytes.begin(), arrays[i].bytes.end())});
      return list;
    };
    if (auto why = emit::stageSample(*staging, llvm::sys::path::stem(files.header).str(), samples(inputs, info.inputs), samples(outputs, info.outputs)))
      return why;
    return staging->commit();
  } catch (const Error &error) {
    return error.what();
  }
}
