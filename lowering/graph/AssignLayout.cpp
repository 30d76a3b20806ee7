// Chooses blocked channels and halos. Needs a target. Test: test/lowering/graph/assign-layout.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/TargetAttr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/Support/MathExtras.h"

namespace cnnc {
#define GEN_PASS_DEF_ASSIGNLAYOUT
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

using Halo = std::array<int64_t, 4>;

bool isActivation(Value value) { return !value.getDefiningOp<cnn::ConstantOp>(); }

bool isPlane(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() == 4 && tensor.getElementType().isF32();
}

// The layout decision of one function: a block per blocked value, and a halo per value or class of values.
class Layouts {
public:
  Layouts(func::FuncOp func, int64_t lanes) : body(func.getBody().front()), lanes(lanes) {}

  void assign() {
    for (Operation &op : body.without_terminator())
      if (wantsBlocked(&op)) {
        blocked.insert(op.getResult(0));
        // A routine writes few channels as they are read: one at a time.
        if (isa<cnn::RoutineOpInterface>(op) && isThin(op.getResult(0)))
          thin.insert(op.getResult(0));
      }
    convertOperands();
    chooseHalos();
  }

private:
  // Convolutions and pools always; pointwise ops, normalisations and concatenations when an operand is blocked; routines for those that do.
  bool wantsBlocked(Operation *op) const {
    if (!op->hasTrait<cnn::ChannelBlockable>() || !isPlane(op->getResult(0).getType()))
      return false;
    if (!op->hasTrait<cnn::Pointwise>() && !isa<cnn::ConcatOp, cnn::BatchNormOp, cnn::BiasOp, cnn::LrnOp, cnn::UpsampleAddOp>(op))
      return !isa<cnn::RoutineOpInterface>(op) || llvm::any_of(op->getResult(0).getUsers(), [this](Operation *user) { return wantsBlocked(user); });
    return llvm::any_of(op->getOperands(), [&](Value operand) { return blocked.contains(operand); });
  }

  // Whether planes are read in the layout that they have: by routines, and by kernels whose result is no plane.
  static bool readsAnyLayout(Operation *op) {
    return op->hasTrait<cnn::ChannelBlockable>() && (isa<cnn::RoutineOpInterface>(op) || !isPlane(op->getResult(0).getType()));
  }

  bool isThin(Value value) const { return cast<RankedTensorType>(value.getType()).getDimSize(1) < lanes / 2; }

  // Inserts a convert_layout wherever a value is read in another layout than it has. A conversion is shared by its readers.
  void convertOperands() {
    OpBuilder builder(body.getParentOp()->getContext());
    DenseMap<std::pair<Value, int64_t>, Value> conversions; // by source and block; 0 is dense
    for (Operation &op : llvm::make_early_inc_range(body)) {
      if (readsAnyLayout(&op))
        continue;
      bool reads = op.getNumResults() == 1 && blocked.contains(op.getResult(0));
      for (OpOperand &operand : op.getOpOperands()) {
        Value value = operand.get();
        if (!isActivation(value) || !isPlane(value.getType()) || blocked.contains(value) == reads)
          continue;
        // A thin input is read one channel at a time: blocking it would pad it with lanes of zeros.
        bool readsThin = reads && isThin(value) && !op.hasTrait<cnn::Pointwise>() && !isa<cnn::UpsampleAddOp>(op);
        Value &converted = conversions[{value, reads ? (readsThin ? 1 : lanes) : 0}];
        if (!converted) {
          builder.setInsertionPoint(&op);
          auto convert = cnn::ConvertLayoutOp::create(builder, value.getLoc(), value.getType(), value);
          if (Operation *producer = value.getDefiningOp(); producer && producer->hasAttr("layer"))
            convert->setAttr("layer", producer->getAttr("layer"));
          converted = convert.getResult();
          if (reads)
            blocked.insert(converted);
          if (readsThin)
            thin.insert(converted);
        }
        operand.set(converted);
      }
    }
  }

  // The zero padding that an op reads around its input. Max pooling pads with nothing: it reads no halo.
  static Halo haloRead(Operation *op) {
    Halo halo{0, 0, 0, 0};
    if (auto conv = dyn_cast<cnn::ConvTranspose2DOp>(op)) {
      // Result row r reads input rows (r + pad - u * dilation) / stride, where that is whole; a kernel computes whole strides of rows.
      for (int axis : {0, 1}) {
        int64_t rows = cnn::tensorOf(conv.getResult()).getDimSize(2 + axis), stride = conv.getStride()[axis], pad = conv.getPad()[axis];
        int64_t last = (static_cast<int64_t>(llvm::alignTo(rows, stride)) - 1 + pad) / stride;
        halo[axis] = std::max<int64_t>(0, (conv.getKernel()[axis] - 1) * conv.getDilation()[axis] - pad) / stride;
        halo[2 + axis] = std::max<int64_t>(0, last - (cnn::tensorOf(conv.getInput()).getDimSize(2 + axis) - 1));
      }
      return halo;
    }
    if (!isa<cnn::Conv2DOp, cnn::AvgPoolOp>(op))
      return halo;
    llvm::copy(op->getAttrOfType<DenseI64ArrayAttr>("pad").asArrayRef(), halo.begin());
    return halo;
  }

  void chooseHalos() {
    // The parts of a concatenation lie inside it, so they share its planes' geometry.
    llvm::EquivalenceClasses<void *> classes;
    for (Operation &op : body)
      if (isa<cnn::ConcatOp>(op) && blocked.contains(op.getResult(0)))
        for (Value part : op.getOperands())
          classes.unionSets(part.getAsOpaquePointer(), op.getResult(0).getAsOpaquePointer());
    DenseMap<void *, Halo> halos;
    auto leader = [&](Value value) {
      void *key = value.getAsOpaquePointer();
      auto it = classes.findLeader(key);
      return it == classes.member_end() ? key : *it;
    };
    for (Operation &op : body)
      for (Value operand : op.getOperands())
        if (blocked.contains(operand)) {
          Halo read = haloRead(&op), &halo = halos.try_emplace(leader(operand), Halo{0, 0, 0, 0}).first->second;
          for (int side = 0; side < 4; ++side)
            halo[side] = std::max(halo[side], read[side]);
        }
    MLIRContext *context = body.getParentOp()->getContext();
    for (Operation &op : body.without_terminator()) {
      Value result = op.getNumResults() > 0 ? op.getResult(0) : Value();
      if (!result || !blocked.contains(result))
        continue;
      auto type = cast<RankedTensorType>(result.getType());
      auto layout = cnn::LayoutAttr::get(context, thin.contains(result) ? 1 : lanes, halos.lookup(leader(result)));
      result.setType(RankedTensorType::get(type.getShape(), type.getElementType(), layout));
    }
  }

  Block &body;
  int64_t lanes;
  DenseSet<Value> blocked, thin;
};

struct AssignLayout : cnnc::impl::AssignLayoutBase<AssignLayout> {
  void runOnOperation() override {
    FailureOr<Target> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        Layouts(func, target->lanes()).assign();
  }
};

} // namespace
