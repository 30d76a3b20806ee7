// What one op or one schedule template contributes, as tables of functions. Kernels.inc lists them; nothing else knows them all.
#pragma once

#include "lowering/kernels/Schedule.h"

#include <functional>
#include <span>
#include <string_view>

namespace cnnc::kernels {

class Pipeline;
class Value;

/// The meaning of a family of ops (one stem): which mnemonics, when one is well formed, and its definition as a function.
struct Algorithm {
  enum class Kind {
    pointwise, ///< Result element depends on the operands' elements at the same (broadcast) index.
    movement,  ///< Result element is computed from few operand elements at a remapped index.
    reduction, ///< Defines a stage of its own. It and the pointwise ops after it may feed the first operand of another one.
  };
  const char *stem;
  Kind kind;
  std::span<const std::string_view> mnemonics;
  bool readsThroughMovement; ///< A reduction whose first operand may be the result of movement ops.
  /// Why the op is malformed (operands, attributes, shapes); nullopt when it is well formed.
  std::optional<std::string> (*check)(const KernelSpec &spec, const OpDesc &op);
  Value (*define)(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands);
};

/// One schedule template of one stem on one kind of target.
struct Template {
  const char *name; ///< "<stem in snake case>.<variant>".
  const char *stem;
  /// Knob names it knows.
  std::span<const std::string_view> knobs;
  /// Why it cannot build the spec with these knobs. Called for well formed specs only.
  std::optional<std::string> (*illegal)(const KernelSpec &spec, const Schedule &schedule, const Target &target);
  /// Knobs chosen by a model of the machine.
  Schedule (*defaultFor)(const KernelSpec &spec, const Target &target);
  /// Further candidates for the tuner; may repeat the default and may hold illegal ones.
  std::vector<Schedule> (*space)(const KernelSpec &spec, const Target &target);
  /// Layout of the weight input `number`; nullopt for "no wish".
  std::optional<PackedLayout> (*packed)(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number);
  void (*apply)(Pipeline &pipeline, const Schedule &schedule, const Target &target);
  /// The least extent of dimension 0 that a counted kernel can be called with; nullptr: it has no counted form.
  int64_t (*leastRows)(const KernelSpec &spec, const Schedule &schedule) = nullptr;
  /// Another way to compute the root, in place of its algorithm's definition; nullptr: that one.
  Value (*define)(Pipeline &pipeline, const OpDesc &op, const std::vector<Value> &operands) = nullptr;
  /// What `apply` puts on the heap (Schedule.h); nullptr: nothing.
  Scratch (*scratch)(const KernelSpec &spec, const Schedule &schedule) = nullptr;
  /// See Schedule.h; nullptr: none.
  double (*errorBudget)(const KernelSpec &spec, const Schedule &schedule) = nullptr;
  /// See Schedule.h; nullptr: no model.
  double (*cycles)(const KernelSpec &spec, const Schedule &schedule, const Target &target) = nullptr;
  /// What its own choice, where it is legal, costs among those of the templates of the same op, in cycles: the cheapest is the default. nullptr: it is
  /// the default unless a template before it is legal.
  double (*cost)(const KernelSpec &spec, const Schedule &schedule, const Target &target) = nullptr;
  /// See Schedule.h; nullptr: those of the definition.
  int64_t (*multiplications)(const KernelSpec &spec, const Schedule &schedule) = nullptr;
  /// A feature of the target that it is for; nullptr: any has what it needs.
  const char *needs = nullptr;
  /// Whether it computes the producers of the root too; a template computes either regions with producers or regions without.
  bool chains = false;
};

/// All rows of Kernels.inc in order: of several legal templates the first is the default, or where that has a cost, the cheapest of those that have.
std::span<const Algorithm *const> algorithms();
std::span<const Template *const> templates();

const Algorithm *findAlgorithm(const std::string &mnemonic); ///< nullptr: unknown op.
const Template *findTemplate(const std::string &name);       ///< nullptr: unknown schedule.

/// Why a tensor description is no tensor (rank, block, halo, size); nullopt when it is one.
std::optional<std::string> malformed(const TensorDesc &tensor);

/// The physical layout of an activation, in the vocabulary of packed weights (the halo is not part of it).
PackedLayout layoutOf(const TensorDesc &tensor);
/// A vector of `channels` in blocks: [ceil(channels/block), block], zero padded.
PackedLayout blockedVector(int64_t channels, int64_t block);

} // namespace cnnc::kernels
