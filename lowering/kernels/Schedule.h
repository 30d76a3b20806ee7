// How a kernel is computed, as a plain value: it can be printed, diffed, stored in a tuning record and tested apart from code.
#pragma once

#include "lowering/kernels/KernelSpec.h"
#include "lowering/kernels/Winograd.h"

#include <optional>

namespace cnnc::kernels {

/// A schedule template with its knobs, e.g. {"conv2d.direct", {tile_c: 2, tile_x: 14, ...}}.
/// Knobs a template does not know make a schedule illegal; absent knobs take the template's default.
struct Schedule {
  std::string name; ///< "<stem>.<variant>", e.g. "conv2d.direct".
  std::map<std::string, int64_t> knobs;
  int64_t knob(const std::string &key, int64_t fallback = 0) const {
    auto it = knobs.find(key);
    return it == knobs.end() ? fallback : it->second;
  }
  bool operator==(const Schedule &) const = default;
};

/// All that a kernel is built from.
struct BuildRequest {
  KernelSpec spec;
  Schedule schedule;
};

nlohmann::json toJson(const Schedule &schedule);
bool fromJson(const nlohmann::json &json, Schedule &schedule, std::string &error);
std::string toString(const Schedule &schedule); ///< "conv2d.direct(tile_c=2, tile_x=14)".

/// The layout that a kernel wants for one weight: physical dimensions, outermost first. Physical dimension p walks logical
/// dimension `dim` in steps of `step`: logical[dim] = sum over p of index[p] * step[p]. Cells outside the logical shape hold 0.
struct PackedLayout {
  struct Dim {
    int dim;
    int64_t extent;
    int64_t step;
    bool operator==(const Dim &) const = default;
  };
  std::vector<Dim> dims;
  /// Transform of the last two logical dimensions, whose extents it changes (Winograd.h), before the walk.
  WinogradTile winograd = {1, 1};
  /// Pieces of bf16 that numbers are split into, 2 or 3; 0: they are not. The last two physical dimensions are then splitRows input channels, of which 32
  /// count, and 16 output channels, and each such part is held as tiles of bf16 (SplitFloats.h).
  int64_t split = 0;
  int64_t elements() const;
  /// Extents of the logical dimensions after the transform.
  std::vector<int64_t> walkedShape(std::vector<int64_t> shape) const;
  bool operator==(const PackedLayout &) const = default;
};

/// Numbers of the reductions of a region, in order. Each but the first reads the finished result of the one before, and the last is the root; those
/// before it are its producers.
std::vector<size_t> reductionsOf(const KernelSpec &spec);
/// What a reduction's epilogue ends in: the result of the op before the next reduction, or the region's.
const TensorDesc &finishedResult(const KernelSpec &spec, const OpDesc &reduction);

/// Why a schedule cannot build a spec on a target; nullopt when it can. Pure: no Halide, no code generation.
std::optional<std::string> illegal(const KernelSpec &spec, const Schedule &schedule, const Target &target);

/// The schedule used without a tuning record. Pure and total over every spec that `supports` accepts.
Schedule defaultFor(const KernelSpec &spec, const Target &target);

/// Cycles that a core spends on a call of a kernel, as the model of the machine has it: comparable among the schedules of one kernel. Infinite where
/// the schedule's template has no model.
double estimatedCycles(const KernelSpec &spec, const Schedule &schedule, const Target &target);

/// In a tuning record of a region with producers: each reduction in a kernel of its own was faster.
inline constexpr const char *kApart = "apart";

/// Whether a region with a producer is estimated to be faster than `first`, which ends with the producer's finished result, and `second`, which reads
/// it, with default schedules.
bool isFasterChained(const KernelSpec &chain, const KernelSpec &first, const KernelSpec &second, const Target &target);

/// Every legal schedule worth trying: the default first, the others by their estimated cycles.
std::vector<Schedule> space(const KernelSpec &spec, const Target &target);

/// The least number of rows that a counted kernel computes: it is called with more where fewer are asked for.
int64_t leastRows(const KernelSpec &spec, const Schedule &schedule);

/// The most rows of a dense layer that its weights pass through the registers once for: as long as they come from memory, more rows up to here take no
/// longer.
int64_t rowsAtOnce(const Target &target);

/// Memory that a kernel takes from the run while it runs, in bytes.
struct Scratch {
  int64_t shared = 0; ///< Once a call.
  int64_t task = 0;   ///< In each of its tasks.
  bool operator==(const Scratch &) const = default;
};
Scratch scratchOf(const KernelSpec &spec, const Schedule &schedule);

/// The L2 norm of a kernel's error relative to the result's, against f64, that its way to compute may add to the rounding of plain sums; 0: none.
double errorBudget(const KernelSpec &spec, const Schedule &schedule);

/// Multiply-accumulates of a call's sums, in a schedule that computes them with fewer than their definition has; nullopt: as many. Those of transforms
/// are not counted.
std::optional<int64_t> multiplications(const KernelSpec &spec, const Schedule &schedule);

/// Packed layout of each input whose role is weight (activations get an empty layout), in input order.
std::vector<PackedLayout> packedLayouts(const KernelSpec &spec, const Schedule &schedule, const Target &target);

/// Why no kernel exists for a spec on a target (unknown op, dtype, layout mix, several roots); nullopt when one does.
/// The partitioner asks before it fuses an op into a region.
std::optional<std::string> unsupported(const KernelSpec &spec, const Target &target);

/// Whether a kernel may write its result over activation `input`: every element is then read before it is written, and no element is
/// computed twice. True of pointwise regions whose vectors divide the rows, for an input of exactly the result's layout.
bool canOverwrite(const KernelSpec &spec, const Schedule &schedule, const Target &target, int input);

} // namespace cnnc::kernels
