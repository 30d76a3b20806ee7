// Outlines groups into kernels and turns byte-preserving ops into aliases. Needs groups, layouts and a target.
// Test: test/lowering/partition/form-kernels.mlir.
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/Passes.h"
#include "lowering/RegionSpec.h"
#include "dialects/cnn/Rows.h"
#include "lowering/TargetAttr.h"
#include "lowering/kernels/Schedule.h"
#include "lowering/partition/Buffers.h"
#include "lowering/partition/Groups.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

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
      : module(module), func(func), target(target), perImage(module->hasAttr(exec::kPerImage)), builder(module.getContext()), buffers(perImage) {}

  LogicalResult run() {
    copyAwkwardResults();
    copyAwkwardGathered();
    splitWideConcats();
    for (Operation &op : func.getBody().front().without_terminator())
      rows.visit(&op);
    const std::vector<Group> groups = groupsOf(func);
    bool failed_ = false;
    for (const Group &ops : groups)
      failed_ |= failed(form(ops));
    if (failed_)
      return failure();
    for (const Group &ops : llvm::reverse(groups))
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
      Value root = rootOfViews(operand.get());
      bool awkward = !root.getDefiningOp() || isa<cnn::ConstantOp>(root.getDefiningOp()) || isMadeOfParts(root) || isPart(root) ||
                     cnn::layoutOf(root.getType()) || !returned.insert(root).second;
      if (!awkward)
        continue;
      // Ops that gather are the last.
      Operation *gathering = firstGathering();
      const bool gathers = operand.get().getDefiningOp() && operand.get().getDefiningOp()->hasAttr(exec::kImages);
      builder.setInsertionPoint(gathering && !gathers ? gathering : terminator);
      auto copy = copyDense(operand.get(), "output" + std::to_string(operand.getOperandNumber()));
      if (gathers)
        copy->setAttr(exec::kImages, operand.get().getDefiningOp()->getAttr(exec::kImages));
      operand.set(copy);
    }
  }

  // What is gathered must be what one launch writes for each image, and nothing else: inputs, results that are returned or part of others are copied.
  void copyAwkwardGathered() {
    Operation *gathering = firstGathering();
    if (!gathering)
      return;
    DenseSet<Value> returned;
    for (Value value : func.getBody().front().getTerminator()->getOperands())
      returned.insert(rootOfViews(value));
    DenseMap<Value, Value> copied;
    for (Operation &op : llvm::make_range(gathering->getIterator(), func.getBody().front().getTerminator()->getIterator()))
      for (OpOperand &operand : op.getOpOperands()) {
        Operation *producer = operand.get().getDefiningOp();
        if (producer && (isa<cnn::ConstantOp>(producer) || producer->hasAttr(exec::kImages)))
          continue;
        Value root = rootOfViews(operand.get());
        auto type = cast<RankedTensorType>(root.getType());
        const bool isAligned = exec::imageBytes(type, perImage) % exec::alignmentOf(type) == 0;
        if (root.getDefiningOp() && isAligned && !isMadeOfParts(root) && !isPart(root) && !returned.contains(root))
          continue;
        Value &copy = copied[operand.get()];
        builder.setInsertionPoint(gathering);
        if (!copy)
          copy = copyDense(operand.get(), "gathered" + std::to_string(copied.size() - 1));
        operand.set(copy);
      }
  }

  Operation *firstGathering() {
    for (Operation &op : func.getBody().front())
      if (op.hasAttr(exec::kImages))
        return &op;
    return nullptr;
  }

  static Value rootOfViews(Value value) {
    while (value.getDefiningOp() && isView(value.getDefiningOp()))
      value = value.getDefiningOp()->getOperand(0);
    return value;
  }

  // An op that becomes a launch which copies a value; the copy is dense.
  cnn::ReshapeOp copyDense(Value value, const Twine &layer) {
    auto type = cnn::withoutLayout(value.getType());
    auto copy = cnn::ReshapeOp::create(builder, value.getLoc(), type, value, builder.getDenseI64ArrayAttr(copyShape(type)));
    copy->setAttr("layer", builder.getStringAttr(layer));
    copies.insert(copy);
    return copy;
  }

  // A launch touches a limited number of tensors: a concatenation of more that is a copy becomes one of concatenations.
  void splitWideConcats() {
    constexpr size_t kWidth = exec::kMaxArguments - 1;
    for (auto op : llvm::make_early_inc_range(func.getOps<cnn::ConcatOp>())) {
      auto type = cast<RankedTensorType>(op.getType());
      auto axis = cnn::normalizeAxis(static_cast<int64_t>(op.getAxis()), type.getRank());
      if (!axis || hasContiguousParts(op, perImage))
        continue;
      builder.setInsertionPoint(op);
      while (externalOperands({op}).size() > kWidth) {
        SmallVector<Value> wide(op->getOperands()), narrow;
        for (size_t begin = 0; begin < wide.size(); begin += kWidth) {
          ArrayRef<Value> some = ArrayRef(wide).slice(begin, std::min(kWidth, wide.size() - begin));
          SmallVector<int64_t> shape(type.getShape());
          shape[*axis] = 0;
          for (Value part : some)
            shape[*axis] += cast<RankedTensorType>(part.getType()).getDimSize(*axis);
          auto group = cnn::ConcatOp::create(builder, op.getLoc(), RankedTensorType::get(shape, type.getElementType(), type.getEncoding()), some, op.getAxis());
          if (op->hasAttr("layer"))
            group->setAttr("layer", op->getAttr("layer"));
          narrow.push_back(group.getResult());
        }
        op->setOperands(narrow);
      }
    }
  }

  // True for a concatenation that no launch of its own makes.
  bool isMadeOfParts(Value value) {
    auto concat = value.getDefiningOp<cnn::ConcatOp>();
    return concat && hasContiguousParts(concat, perImage);
  }

  // True when a concatenation reads the value's bytes.
  static bool isPart(Value value) {
    return llvm::any_of(value.getUsers(), [](Operation *user) { return isa<cnn::ConcatOp>(user) || (isView(user) && isPart(user->getResult(0))); });
  }

  // reshape's spelling of "the same shape": 0 keeps a (possibly dynamic) extent.
  static SmallVector<int64_t> copyShape(RankedTensorType type) {
    return llvm::map_to_vector(type.getShape(), [](int64_t extent) { return ShapedType::isDynamic(extent) ? 0 : extent; });
  }

  LogicalResult form(ArrayRef<Operation *> ops) {
    Operation *last = ops.back();
    builder.setInsertionPoint(last);
    if (isa<cnn::RoutineOpInterface>(last))
      return routine(last);
    if (ops.size() == 1 && !copies.contains(last)) {
      if (isView(last) && isActivation(last->getOperand(0)) && mayBeRead(mapped(last->getOperand(0)), last->getResult(0).getType())) {
        auto view = exec::ViewOp::create(builder, last->getLoc(), last->getResult(0).getType(), mapped(last->getOperand(0)));
        (void)buffers.alias(view.getResult(), view.getSource());
        return replace(last, view);
      }
      if (auto concat = dyn_cast<cnn::ConcatOp>(last); concat && hasContiguousParts(concat, perImage))
        return concatInPlace(concat);
    }
    return launch(ops);
  }

  // Blocks are read in aligned vectors; the caller's memory is aligned to elements only, and so are slices of dense concatenations.
  bool mayBeRead(Value source, Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return !(cnn::layoutOf(tensor) && isa<BlockArgument>(exec::sourceOf(source))) && buffers.isAligned(source, tensor);
  }

  static bool isActivation(Value value) { return !value.getDefiningOp<cnn::ConstantOp>(); }

  // Lets every part be written straight into its slice; those that lie elsewhere are copied there.
  LogicalResult concatInPlace(cnn::ConcatOp op) {
    SmallVector<Value> parts = llvm::map_to_vector(op->getOperands(), [&](Value part) { return mapped(part); });
    SmallVector<bool> fits = buffers.fit(parts);
    // One kernel that copies all is less work than one for each part.
    if (parts.size() < exec::kMaxArguments && llvm::none_of(fits, [](bool fit) { return fit; }))
      return launch({op});
    for (auto [part, operand, fit] : llvm::zip(parts, op->getOperands(), fits)) {
      if (fit)
        continue;
      auto copied = copyOf(op, operand);
      if (failed(copied))
        return failure();
      part = *copied;
    }
    auto concat = exec::ConcatOp::create(builder, op.getLoc(), op.getType(), parts, exec::SlotAttr());
    if (failed(buffers.concat(concat.getResult(), parts)))
      return op.emitError("its parts cannot lie side by side");
    return replace(op, concat);
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

  // The op by itself, with its attributes as options and its scratch memory as one more result.
  LogicalResult routine(Operation *op) {
    SmallVector<Type> types(op->getResultTypes());
    if (int64_t bytes = cast<cnn::RoutineOpInterface>(op).scratchBytes())
      types.push_back(RankedTensorType::get({bytes}, builder.getIntegerType(8, /*isSigned=*/false)));
    SmallVector<Value> operands = llvm::map_to_vector(op->getOperands(), [&](Value value) { return mapped(value); });
    auto options = dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
    StringRef name = op->getName().stripDialect();
    auto layer = op->getAttrOfType<StringAttr>("layer");
    Value count = rows.of(op->getResult(0));
    if (count && count.getDefiningOp() == op)
      count = {};
    auto step = exec::RoutineOp::create(builder, op->getLoc(), types, builder.getStringAttr(name), operands, count ? mapped(count) : Value(),
                                        options ? options : builder.getDictionaryAttr({}), layer ? layer : builder.getStringAttr(name), ArrayAttr());
    for (Value result : step.getOuts())
      buffers.define(result);
    return replace(op, step);
  }

  LogicalResult launch(ArrayRef<Operation *> ops) {
    Operation *last = ops.back();
    auto spec = regionSpec(ops, perImage);
    if (failed(spec))
      return last->emitError("no kernel can be formed: a type or attribute of the region has no kernel form");
    // Where the kernel can, it computes the rows that are meant and no others.
    Value count = rows.of(last->getResult(0));
    auto images = last->getAttrOfType<IntegerAttr>(exec::kImages);
    spec->counted = count || images;
    auto why = kernels::unsupported(*spec, target);
    if (why && count) {
      spec->counted = false;
      why = kernels::unsupported(*spec, target);
    }
    if (why)
      return last->emitError("no kernel of target ") << target.name << " supports this: " << *why;
    SmallVector<Value> inputs = externalOperands(ops);
    exec::KernelOp &kernel = kernels_[kernels::hashOf(*spec)];
    if (!kernel)
      kernel = outline(ops, inputs, *spec, images);
    int64_t macs = 0;
    for (Operation *op : ops)
      if (auto cost = dyn_cast<cnn::CostOpInterface>(op))
        macs += cost.macs();
    SmallVector<Value> operands = llvm::map_to_vector(inputs, [&](Value value) { return mapped(value); });
    auto layer = last->getAttrOfType<StringAttr>("layer");
    builder.setInsertionPoint(last);
    auto launch = exec::LaunchOp::create(builder, last->getLoc(), last->getResult(0).getType(), FlatSymbolRefAttr::get(kernel.getSymNameAttr()), operands,
                                         count ? mapped(count) : Value(), layer ? layer : builder.getStringAttr(kernel.getSymName()),
                                         builder.getI64IntegerAttr(macs), exec::SlotAttr(), IntegerAttr(), /*halo_kept=*/UnitAttr(), images);
    buffers.define(launch.getResult());
    return replace(last, launch);
  }

  exec::KernelOp outline(ArrayRef<Operation *> ops, ArrayRef<Value> inputs, const kernels::KernelSpec &spec, IntegerAttr images) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(func);
    std::string name = "k" + std::to_string(kernels_.size() - 1) + "_" + ops.front()->getName().stripDialect().str();
    SmallVector<bool> isWeight = llvm::map_to_vector(spec.inputs, [](const auto &input) { return input.role == kernels::TensorDesc::Role::weight; });
    auto kernel = exec::KernelOp::create(builder, ops.back()->getLoc(), name, builder.getDenseBoolArrayAttr(isWeight), exec::ScheduleAttr(),
                                         spec.counted ? builder.getI64IntegerAttr(1) : IntegerAttr(), DenseI64ArrayAttr(), images);
    Block &block = kernel.getBody().emplaceBlock();
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, block.addArgument(input.getType(), input.getLoc()));
    builder.setInsertionPointToEnd(&block);
    for (Operation *op : ops) {
      Operation *clone = builder.clone(*op, mapping);
      for (StringRef attribute : {StringRef("layer"), StringRef("group"), StringRef(exec::kImages)})
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
    // Uses by later cnn ops stay until their group is formed; the terminator reads the new value now.
    Operation *terminator = func.getBody().front().getTerminator();
    for (auto [old, fresh] : llvm::zip(op->getResults(), replacement->getResults())) {
      values[old] = fresh;
      for (OpOperand &operand : terminator->getOpOperands())
        if (operand.get() == old)
          operand.set(fresh);
    }
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
  RowCounts rows;
  Buffers buffers;
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
