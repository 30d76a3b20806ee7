// Where learned parameters come from.
#pragma once

#include "frontend/Diagnostics.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <map>
#include <memory>

namespace cnnc::frontend {

/// A tensor of a weights file, as f32 values that live as long as `owner`.
struct WeightTensor {
  std::vector<int64_t> shape;
  llvm::ArrayRef<float> values;
  std::shared_ptr<void> owner;
  std::string error; ///< Not empty: the tensor is there but unusable (dtype, NaN), and why.
};

/// A set of named tensors. The constructors of the implementations report what is wrong with the file as a whole.
class WeightSource {
public:
  virtual ~WeightSource() = default;
  /// The tensor of a name; nullopt when there is none. `shape` is what the network asks for (a generator makes it).
  virtual std::optional<WeightTensor> find(const std::string &name, llvm::ArrayRef<int64_t> shape) = 0;
  /// True for a generator: a tensor is made when it is asked for and takes memory.
  virtual bool generates() const { return false; }
  /// Every name, sorted; empty for a generator.
  virtual std::vector<std::string> names() const = 0;
};

/// Opens a source:
///   "random:SEED"         seeded values (RandomWeights.cpp);
///   "zeros" or ""         all zeros, for checking a spec without its weights;
///   *.safetensors, *.npz  a file, told by its content.
/// When `confineTo` is not empty the file must lie inside that folder, links resolved. Null after an error.
std::unique_ptr<WeightSource> openWeights(const std::string &text, const std::string &confineTo, DiagnosticSink &sink);

/// Most bytes of a network's parameters: 2^31 of them, twice those of the largest published convolutional networks.
inline constexpr int64_t kMaxParameterBytes = int64_t(8) << 30;

/// Binds the parameters of a network to a source and reports all that do not fit at once.
class WeightBinder {
public:
  WeightBinder(std::unique_ptr<WeightSource> source, std::string file, DiagnosticSink &sink);
  ~WeightBinder();

  /// The value of a parameter of type f32, never null: after an error (reported) a splat of zeros. `where` carries the layer and its place.
  /// A name that was bound before has the same value; it must have the same shape.
  mlir::ElementsAttr bind(const std::string &name, mlir::RankedTensorType type, const Diagnostic &where);

  /// Makes generated values, for which bind() has left room. Reports parameters of more than kMaxParameterBytes, and the tensors of the file
  /// that no layer has asked for; `num_batches_tracked` counters are ignored.
  void finish();

  /// Errors that bind() has added to the sink.
  size_t errorCount() const { return errors; }

private:
  struct Bound {
    std::string name;
    mlir::DenseResourceElementsAttr value;
  };
  std::unique_ptr<WeightSource> source;
  std::vector<Bound> generated;
  int64_t bytes = 0, largestBytes = 0;
  Diagnostic largest; ///< Where the largest parameter is.
  std::string file;
  DiagnosticSink &sink;
  mlir::ElementsAttr bindNew(const std::string &name, mlir::RankedTensorType type, const Diagnostic &where);

  std::map<std::string, mlir::ElementsAttr> bound;
  std::set<std::string> used;
  size_t errors = 0;
};

/// Sources by kind, for openWeights.
std::unique_ptr<WeightSource> openRandomWeights(uint64_t seed);
std::unique_ptr<WeightSource> openSafetensors(const std::string &path, DiagnosticSink &sink);
std::unique_ptr<WeightSource> openNpz(const std::string &path, DiagnosticSink &sink);

/// "64x3x7x7"; "scalar" for rank 0.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// Finds the first value that is not finite: "NaN at [0, 3]", or the empty string.
std::string findNonFinite(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape);

} // namespace cnnc::frontend
