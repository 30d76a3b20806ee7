// Binding of parameters to weights.
#include "frontend/Weights.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

using namespace mlir;

namespace cnnc::frontend {
namespace {

class ZeroWeights : public WeightSource {
public:
  std::optional<WeightTensor> find(const std::string &, ArrayRef<int64_t>) override { return std::nullopt; }
  std::vector<std::string> names() const override { return {}; }
};

// "batch_norm.running_mean" and "bn1.running_mean" are near when their last parts agree: prefer those.
std::string nearestTensor(const std::string &name, const std::vector<std::string> &names) {
  std::vector<std::string> same;
  std::string suffix = name.substr(name.rfind('.') + 1);
  for (const std::string &candidate : names)
    if (candidate.substr(candidate.rfind('.') + 1) == suffix)
      same.push_back(candidate);
  std::string hint = didYouMean(name, same);
  return hint.empty() ? didYouMean(name, names) : hint;
}

// The blob keeps the tensor's memory or mapped file alive, so that no weight is copied.
AsmResourceBlob blobOf(const WeightTensor &tensor) {
  ArrayRef<char> bytes(reinterpret_cast<const char *>(tensor.values.data()), tensor.values.size() * sizeof(float));
  return AsmResourceBlob(bytes, alignof(float), [owner = tensor.owner](void *, size_t, size_t) mutable { owner.reset(); }, /*dataIsMutable=*/false);
}

bool isInside(const std::filesystem::path &path, const std::filesystem::path &folder) {
  std::error_code error;
  auto real = std::filesystem::weakly_canonical(path, error), root = std::filesystem::weakly_canonical(folder, error);
  auto [rootEnd, unused] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  return rootEnd == root.end();
}

} // namespace

std::string shapeText(ArrayRef<int64_t> shape) {
  return shape.empty() ? "scalar"
                       : llvm::join(llvm::map_range(shape, [](int64_t extent) { return extent < 0 ? std::string("?") : std::to_string(extent); }), "x");
}

std::string findNonFinite(ArrayRef<float> values, ArrayRef<int64_t> shape) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]))
      continue;
    std::string index;
    size_t rest = i;
    for (int64_t extent : llvm::reverse(shape)) {
      index = std::to_string(rest % extent) + (index.empty() ? "" : ", " + index);
      rest /= extent;
    }
    return std::string(std::isnan(values[i]) ? "NaN" : "an infinity") + " at [" + index + "]";
  }
  return {};
}

std::unique_ptr<WeightSource> openWeights(const std::string &text, const std::string &confineTo, DiagnosticSink &sink) {
  auto fail = [&](const char *code, std::string message, std::string suggestion = {}) {
    sink.report({.code = code, .file = text, .message = std::move(message), .suggestion = std::move(suggestion)});
    return nullptr;
  };
  if (text.empty() || text == "zeros")
    return std::make_unique<ZeroWeights>();
  if (StringRef rest = text; rest.consume_front("random:")) {
    uint64_t seed;
    if (rest.getAsInteger(10, seed))
      return fail("CNNC0601", "the seed of '" + text + "' is no unsigned integer", "write random:0");
    return openRandomWeights(seed);
  }
  std::error_code error;
  if (!std::filesystem::is_regular_file(text, error))
    return fail("CNNC0601", "there is no weights file '" + text + "'", "give a .safetensors or .npz file, or random:SEED");
  if (!confineTo.empty() && !isInside(text, confineTo))
    return fail("CNNC0602", "the weights file lies outside the model's folder", "move the file into the folder");
  char magic[4] = {};
  std::ifstream(text, std::ios::binary).read(magic, 4);
  if (StringRef(magic, 2) == "PK")
    return openNpz(text, sink);
  if (StringRef(text).ends_with(".npz"))
    return fail("CNNC0603", "this is no zip archive, as an .npz file is");
  return openSafetensors(text, sink);
}

WeightBinder::WeightBinder(std::unique_ptr<WeightSource> source, std::string file, DiagnosticSink &sink)
    : source(std::move(source)), file(std::move(file)), sink(sink) {}

WeightBinder::~WeightBinder() = default;

ElementsAttr WeightBinder::bind(const std::string &name, RankedTensorType type, const Diagnostic &where) {
  auto known = bound.find(name);
  if (known == bound.end())
    return bound[name] = bindNew(name, type, where);
  auto shape = cast<ShapedType>(known->second.getType()).getShape();
  if (shape == type.getShape())
    return known->second;
  Diagnostic diagnostic = where;
  diagnostic.code = "CNNC0612";
  diagnostic.message = "the tensor '" + name + "' is shared; this layer needs " + shapeText(type.getShape()) + ", a layer before it " + shapeText(shape);
  diagnostic.suggestion = "give layers that share their weights inputs of as many channels";
  sink.report(std::move(diagnostic));
  ++errors;
  return DenseElementsAttr::get(type, 0.0f);
}

ElementsAttr WeightBinder::bindNew(const std::string &name, RankedTensorType type, const Diagnostic &where) {
  ElementsAttr zeros = DenseElementsAttr::get(type, 0.0f);
  auto report = [&](const char *code, std::string message, std::string suggestion) {
    Diagnostic diagnostic = where;
    diagnostic.code = code;
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    size_t before = sink.errorCount();
    sink.report(std::move(diagnostic));
    errors += sink.errorCount() - before;
    return zeros;
  };
  // Extents are bounded, their product is not; a sum past the limit stays there.
  int64_t own = static_cast<int64_t>(sizeof(float));
  for (int64_t extent : type.getShape())
    if (__builtin_mul_overflow(own, extent, &own))
      own = std::numeric_limits<int64_t>::max();
  if (__builtin_add_overflow(bytes, own, &bytes))
    bytes = std::numeric_limits<int64_t>::max();
  if (own > largestBytes) {
    largestBytes = own;
    largest = where;
  }
  if (!source || dynamic_cast<ZeroWeights *>(source.get()))
    return zeros;
  if (source->generates()) {
    generated.push_back({name, DenseResourceElementsAttr::get(type, name, AsmResourceBlob())});
    return generated.back().value;
  }
  used.insert(name);
  std::optional<WeightTensor> tensor = source->find(name, type.getShape());
  if (!tensor)
    return report("CNNC0611", "the weights have no tensor '" + name + "' of shape " + shapeText(type.getShape()), nearestTensor(name, source->names()));
  if (!tensor->error.empty())
    return report("CNNC0613", "the tensor '" + name + "' " + tensor->error, "");
  if (ArrayRef<int64_t>(tensor->shape) != type.getShape())
    return report("CNNC0612", "the tensor '" + name + "' has shape " + shapeText(tensor->shape) + "; the layer needs " + shapeText(type.getShape()), "");
  if (std::string bad = findNonFinite(tensor->values, tensor->shape); !bad.empty())
    return report("CNNC0614", "the tensor '" + name + "' holds " + bad, "");
  return DenseResourceElementsAttr::get(type, name, blobOf(*tensor));
}

void WeightBinder::finish() {
  if (bytes > kMaxParameterBytes) {
    auto gibibytes = [](int64_t count) { return llvm::formatv("{0:f1} GiB", static_cast<double>(count) / (int64_t(1) << 30)).str(); };
    largest.code = "CNNC0505";
    largest.message =
        "the network's parameters take " + gibibytes(bytes) + ", this layer's " + gibibytes(largestBytes) + "; the limit is " + gibibytes(kMaxParameterBytes);
    largest.suggestion = "make the layer or the network's input smaller";
    sink.report(std::move(largest));
    return;
  }
  if (!source)
    return;
  for (const Bound &bound : generated) {
    std::optional<WeightTensor> tensor = source->find(bound.name, bound.value.getType().getShape());
    DenseResourceElementsHandle handle = bound.value.getRawHandle();
    handle.getManagerInterface(bound.value.getContext()).update(handle.getKey(), blobOf(*tensor));
  }
  std::vector<std::string> wanted(used.begin(), used.end());
  for (const std::string &name : source->names())
    if (!used.count(name) && !StringRef(name).ends_with("num_batches_tracked"))
      sink.report({.code = "CNNC0615",
                   .file = file,
                   .mark = {0, 0, "/" + name},
                   .message = "no layer uses the tensor '" + name + "' of the weights",
                   .suggestion = nearestTensor(name, wanted)});
}

} // namespace cnnc::frontend
