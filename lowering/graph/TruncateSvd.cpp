// Replaces dense layers by two of a lower rank. Needs constant weights. Test: test/lowering/graph/truncate-svd.mlir.
#include "dialects/cnn/Cnn.h"
#include "lowering/Passes.h"
#include "lowering/graph/Constants.h"
#include "lowering/graph/Svd.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <cmath>

namespace cnnc {
#define GEN_PASS_DEF_TRUNCATESVD
#include "lowering/Passes.h.inc"
} // namespace cnnc

using namespace mlir;
using namespace cnnc;

namespace {

StringRef layerOf(Operation *op) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return layer ? layer.getValue() : StringRef();
}

/// A dense layer answers to its own name and to that of its weights, which differ once a normalisation is folded into it.
bool answersTo(cnn::DenseOp op, StringRef name) { return layerOf(op) == name || nameOfConstant(op.getWeight()) == (name + ".weight").str(); }

/// The weights of a layer to be replaced.
struct Job {
  cnn::DenseOp op;
  std::string name;
  int64_t rank, outputs, inputs;
  std::vector<float> storage;
  ArrayRef<float> weight;
};

struct TruncateSvd : cnnc::impl::TruncateSvdBase<TruncateSvd> {
  using TruncateSvdBase::TruncateSvdBase;

  void runOnOperation() override {
    std::vector<Job> jobs;
    bool sound = true;
    for (const std::string &text : layers) {
      auto [name, number] = StringRef(text).rsplit('=');
      std::optional<Job> job = jobFor(name, number);
      sound = sound && job;
      if (job && llvm::any_of(jobs, [&](const Job &other) { return other.op == job->op; }))
        sound = (job->op.emitError("truncate-svd: layer '") << name << "' is given two ranks; name it once", false);
      else if (job)
        jobs.push_back(std::move(*job));
    }
    if (!sound)
      return signalPassFailure();
    Builder builder(&getContext());
    SmallVector<Attribute> report;
    for (Job &job : jobs)
      report.push_back(replace(job));
    if (!report.empty())
      getOperation()->setAttr(kSvd, builder.getArrayAttr(report));
  }

  /// Nothing after an error has been reported.
  std::optional<Job> jobFor(StringRef name, StringRef number) {
    Job job;
    job.name = name.str();
    if (name.empty() || number.getAsInteger(10, job.rank))
      return getOperation().emitError("truncate-svd: expected NAME=RANK, got '") << name << (number.empty() ? "" : "=") << number << "'", std::nullopt;
    Operation *other = nullptr;
    std::vector<std::string> known;
    getOperation().walk([&](Operation *op) {
      auto dense = dyn_cast<cnn::DenseOp>(op);
      if (dense && !job.op && answersTo(dense, name))
        job.op = dense;
      else if (dense)
        known.push_back(layerOf(op).str());
      else if (layerOf(op) == name)
        other = op;
    });
    if (!job.op && other)
      return other->emitError("truncate-svd: layer '") << name << "' is " << other->getName().stripDialect() << ", not dense; only dense layers have a rank",
             std::nullopt;
    if (!job.op)
      return unknown(name, std::move(known)), std::nullopt;
    auto type = cast<RankedTensorType>(job.op.getWeight().getType());
    job.outputs = type.getDimSize(0), job.inputs = type.getDimSize(1);
    auto complain = [&] { return job.op.emitError("truncate-svd: rank ") << job.rank << " of layer '" << name << "' "; };
    const int64_t full = std::min(job.outputs, job.inputs), most = (job.outputs * job.inputs - 1) / (job.outputs + job.inputs);
    if (job.rank < 1 || job.rank >= full)
      return complain() << "is outside 1.." << full - 1 << " for weights of " << job.outputs << " x " << job.inputs, std::nullopt;
    if (job.rank > most)
      return complain() << "would not save anything: two layers of that rank have " << job.rank * (job.outputs + job.inputs) << " weights instead of "
                        << job.outputs * job.inputs << "; take at most " << most,
             std::nullopt;
    auto constant = job.op.getWeight().getDefiningOp<cnn::ConstantOp>();
    if (constant)
      job.weight = cnn::f32Data(constant.getValue(), job.storage);
    if (static_cast<int64_t>(job.weight.size()) != job.outputs * job.inputs)
      return job.op.emitError("truncate-svd: the weights of layer '") << name << "' are not constant", std::nullopt;
    if (!llvm::all_of(job.weight, [](float value) { return std::isfinite(value); }))
      return job.op.emitError("truncate-svd: the weights of layer '") << name << "' hold NaN or infinity", std::nullopt;
    return job;
  }

  void unknown(StringRef name, std::vector<std::string> known) {
    InFlightDiagnostic error = getOperation().emitError("truncate-svd: the network has no layer '") << name << "'";
    std::erase(known, "");
    std::ranges::sort(known, {}, [&](const std::string &other) { return std::pair(name.edit_distance(other), other); });
    known.resize(std::min<size_t>(known.size(), 5));
    if (known.empty())
      error << "; it has no dense layer";
    else
      error << "; dense layers are " << llvm::join(known, ", ");
  }

  DictionaryAttr replace(Job &job) {
    const TruncatedSvd svd = truncatedSvd(job.weight, job.outputs, job.inputs, job.rank);
    cnn::DenseOp op = job.op;
    OpBuilder builder(op);
    Value weight = op.getWeight();
    const Location at = weight.getLoc();
    Type f32 = builder.getF32Type();
    auto constant = [&](const char *part, ArrayRef<int64_t> shape, ArrayRef<float> values) {
      return makeConstant(builder, at, RankedTensorType::get(shape, f32), values, job.name + part + ".weight");
    };
    Value sv = constant("/svd_v", {job.rank, job.inputs}, svd.sv), u = constant("/svd_u", {job.outputs, job.rank}, svd.u);
    auto input = cast<RankedTensorType>(op.getInput().getType());
    auto first = cnn::DenseOp::create(builder, op.getLoc(), RankedTensorType::get({input.getDimSize(0), job.rank}, f32, input.getEncoding()), op.getInput(), sv,
                                      Value(), builder.getI64IntegerAttr(job.rank), builder.getBoolAttr(false));
    first->setAttr("layer", builder.getStringAttr(job.name + "/svd_v"));
    op.getInputMutable().assign(first.getResult());
    op.getWeightMutable().assign(u);
    op->setAttr("layer", builder.getStringAttr(job.name + "/svd_u"));
    if (auto old = weight.getDefiningOp<cnn::ConstantOp>(); old->use_empty())
      old.erase();
    auto number = [&](int64_t value) { return builder.getI64IntegerAttr(value); };
    const int64_t before = job.outputs * job.inputs, after = job.rank * (job.outputs + job.inputs);
    return builder.getDictionaryAttr({builder.getNamedAttr("after", number(after)), builder.getNamedAttr("before", number(before)),
                                      builder.getNamedAttr("energy", builder.getF64FloatAttr(svd.energy)),
                                      builder.getNamedAttr("error", builder.getF64FloatAttr(svd.error)),
                                      builder.getNamedAttr("layer", builder.getStringAttr(job.name)), builder.getNamedAttr("rank", number(job.rank))});
  }
};

} // namespace
