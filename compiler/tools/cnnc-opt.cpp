// cnnc-opt: every pass alone, for lit and for reading.
#include "compiler/SetTarget.h"
#include "dialects/check/Check.h"
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

namespace {
// Evaluates the check ops of each function without arguments.
struct RunChecks : mlir::PassWrapper<RunChecks, mlir::OperationPass<mlir::ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RunChecks)
  llvm::StringRef getArgument() const override { return "run-checks"; }
  llvm::StringRef getDescription() const override { return "Evaluate every function without arguments and fail on check ops that do not hold."; }
  void runOnOperation() override {
    if (failed(cnnc::check::runChecks(getOperation())))
      signalPassFailure();
  }
};
} // namespace

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<cnnc::cnn::CnnDialect, cnnc::exec::ExecDialect, cnnc::check::CheckDialect, mlir::func::FuncDialect>();
  cnnc::registerLoweringPasses();
  cnnc::registerSetTarget();
  mlir::PassRegistration<RunChecks>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::PassPipelineRegistration<>("graph", "The graph phase.", [](mlir::OpPassManager &pm) { cnnc::buildGraphPipeline(pm); });
  mlir::PassPipelineRegistration<>("partition", "The partition phase.", [](mlir::OpPassManager &pm) { cnnc::buildPartitionPipeline(pm); });
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "cnnc-opt: the passes of cnnc, one by one\n", registry));
}
