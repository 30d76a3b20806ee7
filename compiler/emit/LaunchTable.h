// The exec module read into plain tables: one struct per row of runtime/lib/plan.h. Printing them, as LLVM constants or as JSON,
// needs no MLIR.
#pragma once

#include "lowering/kernels/Build.h"
#include "runtime/lib/plan.h"

#include "mlir/IR/BuiltinOps.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace cnnc::emit {

/// One input or output. Dimension 0 is a range when it is dynamic, those of #cnn.capped are; `batched` when dimension 0 counts images.
struct TensorRow {
  std::string name, layout;
  DLDataType dtype;
  std::vector<int64_t> minShape, maxShape;
  bool batched;
  bool gathered = false; ///< A launch that takes several images writes it.
};

/// One buffer argument of a launch; see cnnc_arg. `extents` are physical, outermost first.
struct ArgRow {
  cnnc_space space;
  int32_t index;
  uint64_t offset, imageStride;
  DLDataType dtype;
  std::vector<int64_t> extents;
  bool capped = false;
};

/// One launch; see cnnc_launch. `shape` is logical, dimension 0 is 1 when the launches are per image.
struct LaunchRow {
  std::string layer, kernel, kernelSymbol, schedule;
  std::vector<ArgRow> args;
  int32_t result = 0; ///< Number of the (first) result in `args`.
  std::optional<ArgRow> rows;
  int32_t leastRows = 0; ///< 0: all are computed, or a routine reads the count itself.
  std::optional<std::string> routine; ///< Options of a routine of the runtime; none: a kernel.
  uint64_t macs = 0;                  ///< Of one image, by definition.
  uint64_t multiplications = 0;       ///< Multiply-accumulates that a call really does for one image; kernels/Schedule.h.
  std::vector<int64_t> shape;
  DLDataType dtype;
  int32_t block = 0;
  std::array<int32_t, 4> halo{};
  int64_t images = 1;    ///< How many a call takes at most: dimension 0 of its activations. More than 1: it gathers.
  bool haloKept = false; ///< An earlier launch has zeroed it.
  uint64_t bytes = 0;    ///< Of the result for one image, halo and padding lanes included.
};

/// One weight of the weights section. `value` is borrowed from the module.
struct WeightRow {
  std::string name;
  mlir::ElementsAttr value;
  std::vector<int64_t> shape;     ///< Logical.
  kernels::PackedLayout layout;   ///< Empty: dense row-major.
  uint64_t offset = 0, bytes = 0; ///< In the section.
  uint32_t elementBytes = 0;
};

struct LaunchTable {
  std::string network;
  bool perImage = false;
  uint64_t arenaBytes = 0, weightsBytes = 0;
  uint64_t gatheredBytes = 0;                      ///< Of what launches that take several images find of each.
  uint64_t scratchBytes = 0, taskScratchBytes = 0; ///< Of the thread that walks the launches, and of each other.
  uint64_t liveBytes = 0; ///< The most bytes of the arena alive at once; 0 where the module does not say.
  std::vector<TensorRow> inputs, outputs;
  std::vector<LaunchRow> launches;
  std::vector<WeightRow> weights; ///< By offset, no two overlapping.
  uint64_t macs = 0, parameters = 0;

  /// The first launch that gathers; their number when none does. See cnnc_plan.
  size_t gathering() const;
  /// How many images gathering launches take at most; 1 where there are none.
  int64_t images() const { return gathering() < launches.size() ? launches.back().images : 1; }
  /// Bytes of the workspace at the largest batch, as plan.h defines it.
  uint64_t workspaceBytes() const;
};

/// Reads an `exec` module after the partition phase. `symbols` gives each exec.kernel's entry symbol, without `_argv`.
/// Fails, naming the layer, when a slot, an offset or a kernel is missing, when weights overlap or run past the section, and when a
/// limit of plan.h is passed.
kernels::Result<LaunchTable> readModule(mlir::ModuleOp module, const std::map<std::string, std::string> &symbols);

} // namespace cnnc::emit
