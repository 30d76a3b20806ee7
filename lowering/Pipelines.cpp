// The phases as tables of contents.
#include "lowering/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace cnnc;

void cnnc::buildGraphPipeline(mlir::OpPassManager &pm, const GraphOptions &options) {
  pm.addPass(mlir::createCanonicalizerPass()); // identities and constants go first, so that nothing below sees them
  pm.addPass(createFoldBatchNorm());           // before layouts: weights are still in their logical order
  pm.addPass(mlir::createCanonicalizerPass()); // what folding left behind
  if (!options.svd.empty()) {
    TruncateSvdOptions svd;
    for (const LayerRank &one : options.svd)
      svd.layers.push_back(one.layer + "=" + std::to_string(one.rank));
    pm.addPass(createTruncateSvd(std::move(svd))); // of the weights as they are used, and before layouts
  }
  pm.addPass(createMergeEqualOps()); // activations of one value meet before one of them is moved
  pm.addPass(createSinkIntoConcat());
  pm.addPass(createAlignChannels()); // activations of a concatenation are out of its way
  pm.addPass(createSplitBatch());    // region specs below are of one image where that is possible
  pm.addPass(createAssignLayout());  // before fusion: whether a region is supported depends on its layouts
  pm.addPass(createFuseEpilogue());  // last: groups are numbers on ops that stay as they are
}

void cnnc::buildPartitionPipeline(mlir::OpPassManager &pm, const PartitionOptions &options) {
  pm.addPass(createFuseChains(options.schedules)); // here, not in graph: tuning records decide, and a tuner changes its mind
  pm.addPass(createGatherImages());                // groups are final
  pm.addPass(createFormKernels()); // groups become symbols, so that equal regions meet
  buildPlanPipeline(pm, options);
}

void cnnc::buildPlanPipeline(mlir::OpPassManager &pm, const PartitionOptions &options) {
  pm.addPass(createSelectSchedule(options.schedules, options.maxWeightsBytes));
  pm.addPass(createPackWeights()); // the schedule decides what a kernel reads
  pm.addPass(createPlanMemory());  // all launches are known and in their final order
  pm.addPass(createKeepHalos());   // slots are known
  pm.addPass(createVerifyPlan());  // an independent replay guards the planner
}
