// What a fused kernel computes, as a plain value: the region printed generically (mnemonic + attributes + shapes).
// The partitioner fills it from `exec.kernel`, the builder turns it into code, hash(spec, schedule, target) is the cache key.
#pragma once

#include "lowering/kernels/Target.h"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace cnnc::kernels {

/// How far sums may be from those of the ops' definitions (errorBudget in Schedule.h): strict: they are those; standard: as far as minimal filtering goes; fast:
/// also products of pairs of bf16.
enum class Accuracy : uint8_t { strict, standard, fast };

enum class DType : uint8_t { f32, u8, i32 };
int64_t sizeOf(DType dtype);       ///< Bytes of one element.
const char *toString(DType dtype); ///< "f32", "u8", "i32".

/// A tensor that a kernel reads or writes.
///
/// Plain (`block == 0`): row-major over `shape`, any rank, no halo.
/// Blocked (`block >= 1`): rank 4, logical NCHW; physical [N, ceil(C/block), top+H+bottom, left+W+right, block], row-major.
/// Channels past C in the last block are padding lanes: written by every producer with finite values, weighted by zero.
/// The halo cells around each H x W plane hold zeros when the tensor is read; the runtime writes them before the
/// producing kernel runs, and a producing kernel writes the interior only.
struct TensorDesc {
  enum class Role : uint8_t { activation, weight };
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  int64_t block = 0;
  std::array<int64_t, 4> halo{0, 0, 0, 0}; ///< top, left, bottom, right (ONNX order), in cells.
  Role role = Role::activation;            ///< A weight is constant; the schedule chooses its packed layout.

  int64_t physicalElements() const;           ///< Elements of the buffer, halo and padding lanes included.
  int64_t rowElements() const;                ///< Of rank 4: from one row of a plane to the next, in elements.
  int64_t planeElements() const;              ///< Of rank 4: from one plane, of a block of channels, to the next.
  std::vector<int64_t> physicalShape() const; ///< Outermost first.
  int64_t alignment() const;                  ///< Of the buffer's address, in bytes: a vector of channels, at most a cache line; an element.
  bool operator==(const TensorDesc &) const = default;
};

/// An op attribute by value. Integer arrays follow ODS (`pads` = top, left, bottom, right).
using AttrValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>>;

/// One op of the region. Operand and result numbers: inputs come first (0..inputs-1), then op results in order.
struct OpDesc {
  std::string mnemonic;                        ///< ODS mnemonic without the dialect, e.g. "conv2d", "relu", "add".
  std::map<std::string, AttrValue> attributes; ///< ODS attribute names; defaults are always spelt out.
  std::vector<int> operands;
  TensorDesc result; ///< Shape and dtype; the layout matters for the region's output only.
  bool operator==(const OpDesc &) const = default;
};

/// A fused region with one output. Shapes are static; a network's batch is looped outside unless the region mixes images.
struct KernelSpec {
  std::vector<TensorDesc> inputs;
  std::vector<OpDesc> ops; ///< In topological order; the last op's result is the output.
  bool counted = false;    ///< The output's extent of dimension 0 is a bound: the buffer of a call says how many rows it computes.
  Accuracy accuracy = Accuracy::standard;

  const TensorDesc &output() const { return ops.back().result; }
  const TensorDesc &value(int number) const { return number < static_cast<int>(inputs.size()) ? inputs[number] : ops[number - inputs.size()].result; }
  /// The op that names the schedule: the last op of `ops` whose mnemonic is no epilogue (see isEpilogue), or ops.front().
  const OpDesc &root() const;
  bool operator==(const KernelSpec &) const = default;
};

/// True for ops that a kernel applies element by element on its accumulator: bias, batch_norm, normalize, activations, add, mul.
bool isEpilogue(const std::string &mnemonic);

/// Canonical JSON (sorted keys); parse returns false and fills `error` on a malformed document.
nlohmann::json toJson(const KernelSpec &spec);
bool fromJson(const nlohmann::json &json, KernelSpec &spec, std::string &error);

/// 128-bit content hash in hex. Stable across machines and runs.
std::string hashOf(const KernelSpec &spec);

} // namespace cnnc::kernels
