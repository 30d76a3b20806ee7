// Folds batch_norm and bias into the weights before them. Needs constant parameters. Test: test/lowering/graph/fold-batch-norm.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/graph/Constants.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace cnnc {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

/// y[c] = scale[c] * x[c] + shift[c], in f64.
struct Affine {
  std::vector<double> scale, shift;
};

std::optional<Affine> affineOf(cnn::BatchNormOp op) {
  auto gamma = constantValues(op.getWeight()), beta = constantValues(op.getBias()), mean = constantValues(op.getRunningMean()),
       variance = constantValues(op.getRunningVar());
  if (!gamma || !beta || !mean || !variance)
    return std::nullopt;
  Affine affine;
  for (size_t c = 0; c < gamma->size(); ++c) {
    double scale = (*gamma)[c] / std::sqrt((*variance)[c] + op.getEpsilon().convertToDouble());
    affine.scale.push_back(scale);
    affine.shift.push_back((*beta)[c] - (*mean)[c] * scale);
  }
  return affine;
}

std::optional<Affine> affineOf(cnn::BiasOp op) {
  auto shift = constantValues(op.getBiasValue());
  if (!shift)
    return std::nullopt;
  return Affine{std::vector<double>(shift->size(), 1.0), std::move(*shift)};
}

/// The output channel that element `index` of a producer's weight belongs to.
template <typename Producer> int64_t outputChannel(Producer producer, int64_t index) {
  auto shape = cnn::tensorOf(producer.getWeight()).getShape();
  return index / (cnn::tensorOf(producer.getWeight()).getNumElements() / shape[0]);
}
int64_t outputChannel(cnn::ConvTranspose2DOp producer, int64_t index) { // [I, O/groups, ...]
  auto shape = cnn::tensorOf(producer.getWeight()).getShape();
  int64_t plane = index / (shape[2] * shape[3]), group = plane / shape[1] / (shape[0] / static_cast<int64_t>(producer.getGroups()));
  return group * shape[1] + plane % shape[1];
}

// producer(x, w, b) then scale and shift per output channel -> producer(x, w', b').
template <typename Producer, typename Consumer> struct FoldInto : OpRewritePattern<Consumer> {
  using OpRewritePattern<Consumer>::OpRewritePattern;
  LogicalResult matchAndRewrite(Consumer op, PatternRewriter &rewriter) const override {
    auto producer = op.getInput().template getDefiningOp<Producer>();
    if (!producer || !producer->hasOneUse())
      return failure();
    auto affine = affineOf(op);
    auto weight = producer.getWeight().template getDefiningOp<cnn::ConstantOp>();
    auto weightType = cast<RankedTensorType>(producer.getWeight().getType());
    int64_t channels = cnn::tensorOf(producer.getResult()).getDimSize(1);
    if (!affine || !weight || static_cast<int64_t>(affine->scale.size()) != channels)
      return failure();
    std::vector<float> storage;
    ArrayRef<float> w = cnn::f32Data(weight.getValue(), storage);
    std::optional<std::vector<double>> b = std::vector<double>(channels, 0.0);
    if (producer.getBiasValue())
      b = constantValues(producer.getBiasValue());
    if (!b || static_cast<int64_t>(w.size()) != weightType.getNumElements())
      return failure();

    std::vector<float> foldedWeight(w.size()), foldedBias(channels);
    for (int64_t i = 0; i < static_cast<int64_t>(w.size()); ++i)
      foldedWeight[i] = static_cast<float>(w[i] * affine->scale[outputChannel(producer, i)]);
    for (int64_t c = 0; c < channels; ++c)
      foldedBias[c] = static_cast<float>((*b)[c] * affine->scale[c] + affine->shift[c]);
    rewriter.setInsertionPoint(producer);
    bool scaled = llvm::any_of(affine->scale, [](double scale) { return scale != 1.0; });
    Value newWeight = scaled ? makeConstant(rewriter, weight.getLoc(), weightType, foldedWeight, nameOfConstant(weight)) : producer.getWeight();
    Value newBias = makeConstant(rewriter, op.getLoc(), RankedTensorType::get({channels}, weightType.getElementType()), foldedBias,
                                 StringRef(nameOfConstant(weight)).rsplit('.').first + ".bias");
    rewriter.modifyOpInPlace(producer, [&] {
      producer.getWeightMutable().assign(newWeight);
      producer.getBiasValueMutable().assign(newBias);
      producer.setBias(true);
      if (auto layer = op->template getAttrOfType<StringAttr>("layer"))
        producer->setAttr("layer", layer);
    });
    rewriter.replaceOp(op, producer.getResult());
    if (weight->use_empty())
      rewriter.eraseOp(weight);
    return success();
  }
};

struct FoldBatchNorm : cnnc::impl::FoldBatchNormBase<FoldBatchNorm> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldInto<cnn::Conv2DOp, cnn::BatchNormOp>, FoldInto<cnn::Conv2DOp, cnn::BiasOp>, FoldInto<cnn::ConvTranspose2DOp, cnn::BatchNormOp>,
                 FoldInto<cnn::ConvTranspose2DOp, cnn::BiasOp>, FoldInto<cnn::DenseOp, cnn::BatchNormOp>, FoldInto<cnn::DenseOp, cnn::BiasOp>>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
