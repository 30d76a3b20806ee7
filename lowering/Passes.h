// Passes of the graph and partition phases, and the phases as pipelines.
#pragma once

#include "lowering/kernels/Schedule.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <functional>
#include <optional>

namespace cnnc {

#define GEN_PASS_DECL
#include "lowering/Passes.h.inc"

/// Looks up a tuned schedule; nullopt means the default. Given to fuse-chains and select-schedule by the session.
using ScheduleLookup = std::function<std::optional<kernels::Schedule>(const kernels::KernelSpec &, const Target &)>;
std::unique_ptr<mlir::Pass> createFuseChains(ScheduleLookup lookup);
std::unique_ptr<mlir::Pass> createSelectSchedule(ScheduleLookup lookup, int64_t maxWeightsBytes);

/// A dense layer that is to have the rank `rank`.
struct LayerRank {
  std::string layer;
  int64_t rank;
};

/// What a user may ask of the graph phase.
struct GraphOptions {
  std::vector<LayerRank> svd; ///< Dense layers to be replaced by two (truncate-svd).
};

/// What a user may ask of the partition phase.
struct PartitionOptions {
  ScheduleLookup schedules;    ///< Tuned schedules (fuse-chains, select-schedule); empty: estimates and defaults.
  int64_t maxWeightsBytes = 0; ///< Limit of the packed weights (select-schedule); 0: none.
};

/// Attribute of a module: what truncate-svd did, an array of dictionaries.
inline constexpr llvm::StringLiteral kSvd = "cnnc.svd";

/// graph: cnn -> cnn.
void buildGraphPipeline(mlir::OpPassManager &pm, const GraphOptions &options = {});
/// partition: cnn -> exec.
void buildPartitionPipeline(mlir::OpPassManager &pm, const PartitionOptions &options = {});
/// The second half of partition: from kernels to a plan.
void buildPlanPipeline(mlir::OpPassManager &pm, const PartitionOptions &options = {});

#define GEN_PASS_REGISTRATION
#include "lowering/Passes.h.inc"

} // namespace cnnc
