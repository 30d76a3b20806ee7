// Outlines groups into kernels and turns byte-preserving ops into aliases. Needs groups, layouts and a target.
// Test: test/lowering/partition/form-kernels.mlir.
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"
#include "lowering/RegionSpec.h"
#include "lowering/TargetAttr.h"
#include "lowering/kernels/Schedule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

namespace cnnc {
#define GEN_PASS_DEF_FORMKERNELS
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

// True when the type's bytes are those of the dense row-major tensor.
bool isDense(RankedTensorType type) {
  auto layout = cnn::layoutOf(type);
  if (!layout)
    return true;
  bool noHalo = llvm::all_of(layout.getHalo(), [](int64_t cells) { return cells == 0; });
  bool pixel = type.getDimSize(2) == 1 && type.getDimSize(3) == 1;
  return noHalo && (layout.getBlock() == 1 || (pixel && type.getDimSize(1) % layout.getBlock() == 0));
}

// Ops that only rename bytes, when both sides are dense.
bool isView(Operation *op) {
  if (!isa<cnn::FlattenOp, cnn::ReshapeOp, cnn::ConvertLayoutOp, cnn::IdentityOp, cnn::DropoutOp>(op))
    return false;
  auto source = cast<RankedTensorType>(op->getOperand(0).getType()), result = cast<RankedTensorType>(op->getResult(0).getType());
  return source == result || (isDense(source) && isDense(result));
}

class Former {
public:
  Former(ModuleOp module, func::FuncOp func, const Target &target)
      : module(module), func(func), target(target), perImage(module->hasAttr(exec::kPerImage)), builder(module.getContext()) {}

  LogicalResult run() {
    copyAwkwardResults();
    llvm::MapVector<int64_t, SmallVector<Operation *>> groups;
    int64_t lone = 0;
    for (Operation &op : func.getBody().front().without_terminator()) {
      if (isa<cnn::ConstantOp>(op))
        continue;
      auto group = op.getAttrOfType<IntegerAttr>("group");
      groups[group ? group.getInt() : --lone].push_back(&op);
    }
    // A group runs where its last op stands: all that it reads exists by then.
    auto ordered = groups.takeVector();
    llvm::sort(ordered, [](const auto &a, const auto &b) { return a.second.back()->isBeforeInBlock(b.second.back()); });
    bool failed_ = false;
    for (auto &[number, ops] : ordered)
      failed_ |= failed(form(ops));
    if (failed_)
      return failure();
    for (auto &[number, ops] : llvm::reverse(ordered))
      for (Operation *op : llvm::reverse(ops))
        op->erase();
    for (Operation &op : llvm::make_early_inc_range(func.getBody().front()))
      if (isa<cnn::ConstantOp>(op)) {
        if (!op.use_empty())
          return op.emitError("is used by no kernel");
        op.erase();
      }
    return success();
  }

private:
  // A returned value must be what one launch writes into the caller's memory: inputs, constants, slices of a concat and repeated
  // results are copied. So are blocked tensors, even where their bytes are the dense ones: kernels write those in aligned vectors.
  void copyAwkwardResults() {
    Operation *terminator = func.getBody().front().getTerminator();
    DenseSet<Value> returned;
    for (OpOperand &operand : terminator->getOpOperands()) {
      Value root = operand.get();
      while (root.getDefiningOp() && isView(root.getDefiningOp()))
        root = root.getDefiningOp()->getOperand(0);
      bool part = llvm::any_of(root.getUsers(), [](Operation *user) { return isa<cnn::ConcatOp>(user); });
      bool awkward = !root.getDefiningOp() || isa<cnn::ConstantOp, cnn::ConcatOp>(root.getDefiningOp()) || part || cnn::layoutOf(root.getType()) ||
                     !returned.insert(root).second;
      if (!awkward)
        continue;
      builder.setInsertionPoint(terminator);
      auto type = cnn::withoutLayout(operand.get().getType());
      auto copy = cnn::ReshapeOp::create(builder, operand.get().getLoc(), type, operand.get(), builder.getDenseI64ArrayAttr(copyShape(type)));
      copy->setAttr("layer", builder.getStringAttr("output" + std::to_string(operand.getOperandNumber())));
      copies.insert(copy);
      operand.set(copy);
    }
  }

  // reshape's spelling of "the same shape": 0 keeps a (possibly dynamic) extent.
  static SmallVector<int64_t> copyShape(RankedTensorType type) {
    return llvm::map_to_vector(type.getShape(), [](int64_t extent) { return ShapedType::isDynamic(extent) ? 0 : extent; });
  }

  LogicalResult form(ArrayRef<Operation *> ops) {
    Operation *last = ops.back();
    builder.setInsertionPoint(last);
    if (ops.size() == 1 && !copies.contains(last)) {
      if (isView(last) && isActivation(last->getOperand(0)) && !(cnn::layoutOf(last->getResult(0).getType()) && isArgument(last->getOperand(0))))
        return replace(last, exec::ViewOp::create(builder, last->getLoc(), last->getResult(0).getType(), mapped(last->getOperand(0))));
      if (auto concat = dyn_cast<cnn::ConcatOp>(last); concat && succeeded(concatInPlace(concat)))
        return success();
    }
    return launch(ops);
  }

  // True for the caller's memory, which is aligned to elements only: no kernel may read it as blocks.
  bool isArgument(Value value) { return isa<BlockArgument>(rootOf(mapped(value))); }

  static bool isActivation(Value value) { return !value.getDefiningOp<cnn::ConstantOp>(); }

  // Writes every part straight into its slice, when slices fall on whole channel blocks of one image.
  LogicalResult concatInPlace(cnn::ConcatOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    auto layout = cnn::layoutOf(type);
    if (!perImage || cnn::normalizeAxis(static_cast<int64_t>(op.getAxis()), type.getRank()) != 1)
      return failure();
    constexpr int64_t kBlockAlignment = 64; // of every blocked tensor
    int64_t offset = 0;
    bool any = false;
    for (Value part : op->getOperands()) {
      auto partType = cast<RankedTensorType>(part.getType());
      if (cnn::layoutOf(partType) != layout || (layout && partType.getDimSize(1) % layout.getBlock() != 0) || (layout && offset % kBlockAlignment != 0))
        return failure();
      offset += exec::imageBytes(partType, perImage);
      any |= isMovable(part);
    }
    if (!any) // one kernel that copies all is less work than one for each part
      return failure();
    SmallVector<Value> parts;
    for (Value part : op->getOperands()) {
      Value value = mapped(part);
      if (!isMovable(part)) {
        auto copied = copyOf(op, part);
        if (failed(copied))
          return failure();
        value = *copied;
      }
      placed.insert(rootOf(value));
      parts.push_back(value);
    }
    return replace(op, exec::ConcatOp::create(builder, op.getLoc(), type, parts, exec::SlotAttr()));
  }

  static Value rootOf(Value value) {
    while (auto view = value.getDefiningOp<exec::ViewOp>())
      value = view.getSource();
    return value;
  }

  // Inputs, constants and values that already lie in another concat have a place of their own: a copy goes into this one.
  bool isMovable(Value value) {
    Value root = rootOf(mapped(value));
    return root.getDefiningOp() && isa<exec::LaunchOp, exec::ConcatOp>(root.getDefiningOp()) && !placed.contains(root);
  }

  // A launch of an identity kernel on `value`, whose layout the copy keeps.
  FailureOr<Value> copyOf(Operation *op, Value value) {
    builder.setInsertionPoint(op);
    auto type = cast<RankedTensorType>(value.getType());
    Operation *copy = cnn::layoutOf(type)
                          ? cnn::ConvertLayoutOp::create(builder, value.getLoc(), type, value).getOperation()
                          : cnn::ReshapeOp::create(builder, value.getLoc(), type, value, builder.getDenseI64ArrayAttr(copyShape(type))).getOperation();
    copy->setAttr("layer", op->hasAttr("layer") ? op->getAttr("layer") : builder.getStringAttr("copy"));
    if (failed(launch({copy})))
      return failure();
    Value result = mapped(copy->getResult(0));
    copy->erase();
    builder.setInsertionPoint(op);
    return result;
  }

  LogicalResult launch(ArrayRef<Operation *> ops) {
    Operation *last = ops.back();
    SmallVector<Value> inputs = externalOperands(ops);
    SmallVector<bool> isWeight = llvm::map_to_vector(inputs, [](Value value) { return !isActivation(value); });
    auto spec = regionSpec(ops, inputs, isWeight, perImage);
    if (failed(spec))
      return last->emitError("no kernel can be formed: a type or attribute of the region has no kernel form");
    if (auto why = kernels::unsupported(*spec, target))
      return last->emitError("no kernel of target ") << target.name << " supports this: " << *why;
    exec::KernelOp &kernel = kernels_[kernels::hashOf(*spec)];
    if (!kernel)
      kernel = outline(ops, inputs, isWeight);
    int64_t macs = 0;
    for (Operation *op : ops)
      if (auto cost = dyn_cast<cnn::CostOpInterface>(op))
        macs += cost.macs();
    SmallVector<Value> operands = llvm::map_to_vector(inputs, [&](Value value) { return mapped(value); });
    auto layer = last->getAttrOfType<StringAttr>("layer");
    builder.setInsertionPoint(last);
    auto launch =
        exec::LaunchOp::create(builder, last->getLoc(), last->getResult(0).getType(), FlatSymbolRefAttr::get(kernel.getSymNameAttr()), operands,
                               layer ? layer : builder.getStringAttr(kernel.getSymName()), builder.getI64IntegerAttr(macs), exec::SlotAttr(), IntegerAttr());
    return replace(last, launch);
  }

  exec::KernelOp outline(ArrayRef<Operation *> ops, ArrayRef<Value> inputs, ArrayRef<bool> isWeight) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(func);
    std::string name = "k" + std::to_string(kernels_.size() - 1) + "_" + ops.front()->getName().stripDialect().str();
    auto kernel = exec::KernelOp::create(builder, ops.back()->getLoc(), name, builder.getDenseBoolArrayAttr(isWeight), exec::ScheduleAttr());
    Block &block = kernel.getBody().emplaceBlock();
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, block.addArgument(input.getType(), input.getLoc()));
    builder.setInsertionPointToEnd(&block);
    for (Operation *op : ops) {
      Operation *clone = builder.clone(*op, mapping);
      for (StringRef attribute : {"layer", "group"})
        clone->removeDiscardableAttr(attribute);
    }
    exec::YieldOp::create(builder, ops.back()->getLoc(), mapping.lookup(ops.back()->getResult(0)));
    return kernel;
  }

  // The exec value that stands for a cnn value.
  Value mapped(Value value) {
    if (Value known = values.lookup(value))
      return known;
    auto constant = value.getDefiningOp<cnn::ConstantOp>();
    if (!constant)
      return values[value] = value;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(constant);
    return values[value] = exec::WeightOp::create(builder, constant.getLoc(), constant.getType(), constant.getValue(), constant.getNameAttr(),
                                                  exec::PackedAttr(), IntegerAttr());
  }

  LogicalResult replace(Operation *op, Operation *replacement) {
    values[op->getResult(0)] = replacement->getResult(0);
    // Uses by later cnn ops stay until their group is formed; the terminator reads the new value now.
    Operation *terminator = func.getBody().front().getTerminator();
    for (OpOperand &operand : terminator->getOpOperands())
      if (operand.get() == op->getResult(0))
        operand.set(replacement->getResult(0));
    return success();
  }

  ModuleOp module;
  func::FuncOp func;
  const Target &target;
  bool perImage;
  OpBuilder builder;
  DenseMap<Value, Value> values;
  std::map<std::string, exec::KernelOp> kernels_;
  DenseSet<Operation *> copies;
  DenseSet<Value> placed;
};

struct FormKernels : cnnc::impl::FormKernelsBase<FormKernels> {
  void runOnOperation() override {
    FailureOr<Target> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal()) {
      getOperation().emitError("the module has no @main function to partition");
      return signalPassFailure();
    }
    if (failed(Former(getOperation(), main, *target).run()))
      signalPassFailure();
  }
};

} // namespace
