// cnn.sigmoid, silu, tanh, hard_sigmoid and hard_swish.
#include "dialects/cnn/Cnn.h"

#include <cmath>

using namespace mlir;
using namespace cnnc::cnn;

// alpha * x + beta within [0, 1]; NaN stays NaN.
static double hardSigmoid(double x, double alpha, double beta) {
  double y = alpha * x + beta;
  return y < 0 ? 0 : y > 1 ? 1 : y;
}

LogicalResult SigmoidOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [](double x) { return 1 / (1 + std::exp(-x)); });
  return success();
}

LogicalResult SiluOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [](double x) { return x / (1 + std::exp(-x)); });
  return success();
}

LogicalResult TanhOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [](double x) { return std::tanh(x); });
  return success();
}

LogicalResult HardSigmoidOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  double alpha = getAlpha().convertToDouble(), beta = getBeta().convertToDouble();
  mapElements(*operands[0], results[0], [=](double x) { return hardSigmoid(x, alpha, beta); });
  return success();
}

LogicalResult HardSwishOp::evaluate(ArrayRef<const HostTensor *> operands, MutableArrayRef<HostTensor> results) {
  mapElements(*operands[0], results[0], [](double x) { return x * hardSigmoid(x, 1.0 / 6.0, 0.5); });
  return success();
}
