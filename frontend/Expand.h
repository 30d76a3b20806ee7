// ModelSpec + parameter values -> a flat sequence of inputs, ops and outputs, handed to a GraphBuilder.
#pragma once

#include "frontend/Spec.h"

#include <map>

namespace cnnc::frontend {

struct ExpandLimits {
  size_t layers = 100000;                  ///< Ops of the expanded graph; also the largest repeat count.
  size_t callDepth = 64;                   ///< Nested block calls.
  int64_t extent = (int64_t(1) << 31) - 1; ///< Of any dimension.
};

/// An index into the builder's values; kPoison stands for the result of an erroneous layer.
using ValueId = int;
inline constexpr ValueId kPoison = -1;

struct InputInstance {
  std::string name, dtype, layout;
  std::vector<int64_t> shape;  ///< -1: the batch.
  std::vector<int64_t> capped; ///< Dimensions whose sizes are upper bounds.
  int64_t maxBatch = 1;
  Mark mark = {};
};

struct LayerInstance {
  std::string op, name;                           ///< Mnemonic; full name, unique.
  std::string weights = {};                       ///< What its tensors' names begin with: `name`, or that of a layer it shares them with. Empty: its name is refused, it has none.
  std::vector<Argument> attributes;               ///< Evaluated.
  std::vector<std::string> brokenAttributes = {}; ///< Given, but their evaluation has failed (reported).
  std::vector<ValueId> operands;                  ///< May hold kPoison.
  std::vector<std::string> operandNames;
  Mark mark, opMark;
  std::string file = {}; ///< Where the layer is written.
  const std::vector<CallFrame> *stack = nullptr;
};

/// Receives the expanded graph. Reports its own errors.
class GraphBuilder {
public:
  virtual ~GraphBuilder() = default;
  virtual ValueId addInput(const InputInstance &input) = 0;
  /// The results of the op; all kPoison after an error or when an operand is poisoned.
  virtual std::vector<ValueId> addLayer(const LayerInstance &layer) = 0;
  virtual void addOutput(const std::string &name, ValueId value, const Mark &mark) = 0;
  /// -1: the batch.
  virtual std::vector<int64_t> shapeOf(ValueId value) const = 0;
};

struct ParameterChoice {
  std::string preset;                      ///< Empty: the defaults.
  std::map<std::string, std::string> sets; ///< `--set name=value`, over the preset.
};

/// Binds the parameters, runs the layers and feeds `builder`. Every error is reported; an erroneous layer poisons its result,
/// and what depends on it stays silent. Precondition: checkSpec has been run on the spec.
void expandSpec(const ModelSpec &spec, const ParameterChoice &choice, const ExpandLimits &limits, GraphBuilder &builder, DiagnosticSink &sink);

} // namespace cnnc::frontend
