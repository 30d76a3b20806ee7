// Pads channels so that the parts of concatenations start on channel blocks. Needs constant parameters and a target.
// Test: test/lowering/graph/align-channels.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/TargetAttr.h"
#include "lowering/graph/Constants.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/Support/MathExtras.h"

#include <set>

namespace cnnc {
#define GEN_PASS_DEF_ALIGNCHANNELS
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

/// Multiply-adds that take as long as copying one element: a core does some hundred while memory moves the eight bytes.
constexpr int64_t kMacsPerCopiedElement = 64;

bool isActivation(Value value) { return !value.getDefiningOp<cnn::ConstantOp>(); }
bool isPlane(Value value) { return cnn::tensorOf(value).getRank() == 4; }
int64_t channelsOf(Value value) { return cnn::tensorOf(value).getDimSize(1); }

bool isDepthwise(cnn::Conv2DOp op) {
  int64_t groups = static_cast<int64_t>(op.getGroups());
  return groups > 1 && groups == channelsOf(op.getInput()) && groups == static_cast<int64_t>(op.getOutChannels());
}

bool isChannelConcat(Operation *op) {
  auto concat = dyn_cast<cnn::ConcatOp>(op);
  return concat && isPlane(concat) && concat.getAxis() == 1;
}

// Result channel c depends on channel c of each activation.
bool isPerChannel(Operation *op) {
  if (auto conv = dyn_cast<cnn::Conv2DOp>(op))
    return isDepthwise(conv);
  if (auto flatten = dyn_cast<cnn::FlattenOp>(op)) {
    auto type = cnn::tensorOf(flatten.getInput());
    return type.getRank() == 4 && flatten.getAxis() == 1 && type.getDimSize(2) == 1 && type.getDimSize(3) == 1;
  }
  return isPlane(op->getResult(0)) &&
         (op->hasTrait<cnn::Pointwise>() || isa<cnn::BatchNormOp, cnn::BiasOp, cnn::MaxPoolOp, cnn::AvgPoolOp, cnn::GlobalAvgPoolOp, cnn::PadOp>(op));
}

// Where the channels of a value begin and end, and where they lie once each run of them starts on a block.
struct Runs {
  std::set<int64_t> begins{0};
  int64_t channels = 0;

  int64_t padded(int64_t lanes) const { return positions(lanes).back(); }
  // The place of each channel; last the number of channels with padding.
  SmallVector<int64_t> positions(int64_t lanes) const {
    SmallVector<int64_t> list;
    int64_t next = 0;
    for (int64_t c = 0; c < channels; ++c) {
      if (begins.contains(c))
        next = static_cast<int64_t>(llvm::alignTo(next, lanes));
      list.push_back(next++);
    }
    list.push_back(static_cast<int64_t>(llvm::alignTo(next, lanes)));
    return list;
  }
};

class Aligner {
public:
  Aligner(func::FuncOp func, int64_t lanes) : body(func.getBody().front()), lanes(lanes) {}

  void run() {
    for (Operation &op : body)
      relate(&op);
    llvm::append_range(fixed, body.getArguments());
    cut();
    for (Operation &op : body)
      if (!isa<cnn::ConstantOp>(op))
        count(&op);
    for (Value value : fixed)
      gain[leader(linked, value)] = 0;
    for (Operation &op : body.without_terminator())
      if (!isa<cnn::ConstantOp>(op))
        widen(&op);
  }

private:
  using Classes = llvm::EquivalenceClasses<void *>;
  static void *keyOf(Value value) { return value.getAsOpaquePointer(); }
  static void *leader(const Classes &classes, Value value) {
    auto it = classes.findLeader(keyOf(value));
    return it == classes.member_end() ? keyOf(value) : *it;
  }

  void join(Value a, Value b) {
    same.unionSets(keyOf(a), keyOf(b));
    linked.unionSets(keyOf(a), keyOf(b));
  }

  // Values whose channels are the same, and those whose channels hang together through concatenations. What an op makes of channels
  // that it must not see padded is fixed.
  void relate(Operation *op) {
    if (isa<cnn::ConstantOp>(op))
      return;
    if (isChannelConcat(op)) {
      for (Value part : op->getOperands()) {
        linked.unionSets(keyOf(part), keyOf(op->getResult(0)));
        if (!isActivation(part))
          fixed.push_back(part);
      }
    } else if (op->getNumResults() == 1 && isPerChannel(op) && hasConstantParameters(op)) {
      Value result = op->getResult(0);
      for (Value operand : op->getOperands()) {
        if (!isActivation(operand)) {
          if (op->hasTrait<cnn::Pointwise>()) // a constant term, not a parameter
            fixed.push_back(result);
        } else if (cnn::tensorOf(operand).getRank() == 4 && channelsOf(operand) == channelsOf(result)) {
          join(operand, result);
        } else if (cnn::tensorOf(operand).getRank() != 4 || channelsOf(operand) != 1) {
          fixed.append({operand, result});
        } else {
          fixed.push_back(operand);
        }
      }
    } else if (isa<cnn::Conv2DOp, cnn::DenseOp>(op) && hasConstantParameters(op)) {
      auto conv = dyn_cast<cnn::Conv2DOp>(op);
      if (!conv)
        fixed.push_back(op->getResult(0));
      else if (conv.getGroups() != 1)
        fixed.append({conv.getInput(), conv.getResult()});
    } else {
      fixed.append(op->operand_begin(), op->operand_end());
      fixed.append(op->result_begin(), op->result_end());
    }
  }

  static bool hasConstantParameters(Operation *op) {
    if (op->hasTrait<cnn::Pointwise>())
      return true;
    return llvm::all_of(op->getOperands().drop_front(), [](Value parameter) {
      auto constant = parameter.getDefiningOp<cnn::ConstantOp>();
      std::vector<float> storage;
      return constant && static_cast<int64_t>(cnn::f32Data(constant.getValue(), storage).size()) == constant.getValue().getNumElements();
    });
  }

  // Carries the cuts between parts through all concatenations, until values that share channels share their cuts.
  void cut() {
    for (Operation &op : body)
      for (Value value : op.getResults())
        if (isActivation(value) && cnn::tensorOf(value).getRank() >= 2)
          runs[leader(same, value)].channels = channelsOf(value);
    for (bool changed = true; std::exchange(changed, false);)
      for (Operation &op : body) {
        if (!isChannelConcat(&op))
          continue;
        Runs &whole = runs[leader(same, op.getResult(0))];
        int64_t begin = 0;
        for (Value part : op.getOperands()) {
          Runs &own = runs[leader(same, part)];
          int64_t end = begin + channelsOf(part);
          for (int64_t c : own.begins)
            changed |= whole.begins.insert(begin + c).second;
          for (auto it = whole.begins.lower_bound(begin); it != whole.begins.end() && *it < end; ++it)
            changed |= own.begins.insert(*it - begin).second;
          begin = end;
        }
      }
  }

  int64_t wide(Value value) { return runs[leader(same, value)].padded(lanes); }

  // What widening costs and saves in each set of linked values. Kernels compute whole blocks in any case.
  void count(Operation *op) {
    if (op->getNumResults() != 1)
      return;
    Value result = op->getResult(0);
    if (isChannelConcat(op)) {
      int64_t begin = 0, copied = 0;
      for (Value part : op->getOperands()) {
        if (begin % lanes != 0)
          copied = elements(result, channelsOf(result));
        begin += channelsOf(part);
      }
      gain[leader(linked, result)] += kMacsPerCopiedElement * copied;
    } else if (auto conv = dyn_cast<cnn::Conv2DOp>(op)) {
      int64_t window = cnn::tensorOf(conv.getWeight()).getDimSize(2) * cnn::tensorOf(conv.getWeight()).getDimSize(3);
      auto blocks = [&](int64_t channels) { return static_cast<int64_t>(llvm::alignTo(channels, lanes)); };
      auto macs = [&](int64_t in, int64_t out) { return elements(result, out) * window * (isDepthwise(conv) ? 1 : in); };
      int64_t in = blocks(channelsOf(conv.getInput())), out = blocks(channelsOf(result));
      gain[leader(linked, conv.getInput())] -= macs(wide(conv.getInput()), out) - macs(in, out);
      gain[leader(linked, result)] -= macs(in, wide(result)) - macs(in, out);
    }
  }

  static int64_t elements(Value plane, int64_t channels) { return cnn::tensorOf(plane).getDimSize(2) * cnn::tensorOf(plane).getDimSize(3) * channels; }

  bool isWidened(Value value) {
    if (!isActivation(value) || cnn::tensorOf(value).getRank() < 2)
      return false;
    // The type of a value may be the new one already: what counts is what it was.
    auto known = runs.find(leader(same, value));
    return known != runs.end() && gain.lookup(leader(linked, value)) > 0 && known->second.padded(lanes) != known->second.channels;
  }

  // Gives the op its wider operands' form. Operands come first in the block, so their types are the new ones.
  void widen(Operation *op) {
    if (op->getNumResults() != 1)
      return;
    Value result = op->getResult(0);
    bool in = op->getNumOperands() > 0 && isWidened(op->getOperand(0)), out = isWidened(result);
    if (auto conv = dyn_cast<cnn::Conv2DOp>(op)) {
      if (out) {
        spread(op, 1, 0, result, 0);
        if (conv.getBiasValue())
          spread(op, 2, 0, result, 0);
        conv.setOutChannels(static_cast<uint64_t>(wide(result)));
      }
      if (in && conv.getGroups() == 1)
        spread(op, 1, 1, conv.getInput(), 0);
      if (out && conv.getGroups() > 1) // one for each channel
        conv.setGroups(static_cast<uint64_t>(wide(result)));
    } else if (isa<cnn::DenseOp>(op) && in) {
      spread(op, 1, 1, op->getOperand(0), 0);
    } else if (isa<cnn::BiasOp, cnn::BatchNormOp>(op) && out) {
      for (unsigned i = 1; i < op->getNumOperands(); ++i)
        spread(op, i, 0, result, i == 4 ? 1.0f : 0.0f); // a variance is positive
    }
    if (!out)
      return;
    auto type = cnn::tensorOf(result);
    SmallVector<int64_t> shape(type.getShape());
    shape[1] = wide(result);
    result.setType(cnn::withShape(type, shape));
    if (auto layer = op->getAttrOfType<StringAttr>("layer"))
      op->setAttr("layer", StringAttr::get(op->getContext(), layer.getValue() + "/padded"));
  }

  // Replaces a parameter by one whose dimension `axis` follows the channels of `value`; `fill` stands between the runs.
  void spread(Operation *op, unsigned operand, int64_t axis, Value value, float fill) {
    Value parameter = op->getOperand(operand);
    auto type = cnn::tensorOf(parameter);
    std::vector<float> storage;
    ArrayRef<float> old = cnn::f32Data(parameter.getDefiningOp<cnn::ConstantOp>().getValue(), storage);
    SmallVector<int64_t> positions = runs[leader(same, value)].positions(lanes), shape(type.getShape());
    int64_t outer = 1, inner = 1;
    for (int64_t d = 0; d < type.getRank(); ++d)
      (d < axis ? outer : inner) *= d == axis ? 1 : shape[d];
    const int64_t channels = shape[axis], wider = shape[axis] = positions.back();
    std::vector<float> fresh(outer * wider * inner, fill);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t c = 0; c < channels; ++c)
        llvm::copy(old.slice((o * channels + c) * inner, inner), fresh.begin() + (o * wider + positions[c]) * inner);
    OpBuilder builder(op);
    op->setOperand(operand, makeConstant(builder, parameter.getLoc(), cnn::withShape(type, shape), fresh, nameOfConstant(parameter)));
    if (parameter.use_empty())
      parameter.getDefiningOp()->erase();
  }

  Block &body;
  int64_t lanes;
  Classes same, linked;
  SmallVector<Value> fixed;
  DenseMap<void *, Runs> runs;    // by leader of `same`
  DenseMap<void *, int64_t> gain; // by leader of `linked`, in multiply-adds
};

struct AlignChannels : cnnc::impl::AlignChannelsBase<AlignChannels> {
  void runOnOperation() override {
    FailureOr<Target> target = targetOf(getOperation());
    if (failed(target))
      return signalPassFailure();
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        Aligner(func, target->lanes()).run();
  }
};

} // namespace
