// --set-target: records a named target on the module. Test: test/compiler/set-target.mlir.
#include "compiler/SetTarget.h"

#include "compiler/Targets.h"
#include "lowering/TargetAttr.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace {
struct SetTarget : PassWrapper<SetTarget, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SetTarget)
  SetTarget() = default;
  SetTarget(const SetTarget &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "set-target"; }
  StringRef getDescription() const override { return "Record the target that later passes compile for."; }

  void runOnOperation() override {
    auto target = cnnc::findTarget(name);
    if (!target) {
      getOperation().emitError("unknown target '") << name << "'; `cnnc targets` lists them";
      return signalPassFailure();
    }
    cnnc::setTarget(getOperation(), *target);
  }

  Option<std::string> name{*this, "name", llvm::cl::desc("A target that `cnnc targets` lists"), llvm::cl::init("x86-64-v3")};
};
} // namespace

void cnnc::registerSetTarget() { PassRegistration<SetTarget>(); }
