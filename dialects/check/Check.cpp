// Registration and evaluation of the check dialect.
#include "dialects/check/Check.h"

#include "dialects/cnn/Interpreter.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>

using namespace mlir;
using namespace cnnc;
using namespace cnnc::check;

#include "dialects/check/CheckDialect.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/check/CheckOps.cpp.inc"

void CheckDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/check/CheckOps.cpp.inc"
      >();
}

// "[0, 2, 1]" for a row-major position.
static std::string indexString(int64_t position, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; position /= shape[dim])
    index[dim] = position % shape[dim];
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(index, os);
  os << ']';
  return text;
}

// Nine digits, enough to tell two f32 apart, in any locale.
static std::string decimal(double value) {
  SmallString<32> text;
  APFloat(value).toString(text, 9);
  return std::string(text);
}

// Reports the first element for which `matches(actual, expected)` is false.
template <typename F> static LogicalResult compare(Operation *op, ArrayRef<const cnn::HostTensor *> operands, F matches) {
  const cnn::HostTensor &actual = *operands[0], &expected = *operands[1];
  int64_t first = -1, count = 0;
  for (int64_t i = 0; i < actual.size(); ++i)
    if (!matches(actual.data[i], expected.data[i]) && !(std::isnan(actual.data[i]) && std::isnan(expected.data[i])) && ++count == 1)
      first = i;
  if (!count)
    return success();
  return op->emitOpError("fails: element ") << indexString(first, actual.shape) << " is " << decimal(actual.data[first]) << ", expected "
                                            << decimal(expected.data[first]) << "; " << count << " of " << actual.size() << " elements differ";
}

LogicalResult ExpectCloseOp::evaluate(ArrayRef<const cnn::HostTensor *> operands, MutableArrayRef<cnn::HostTensor>) {
  double rtol = getRtol().convertToDouble(), atol = getAtol().convertToDouble();
  return compare(*this, operands, [=](double actual, double expected) {
    return actual == expected || (std::isfinite(expected) && std::abs(actual - expected) <= atol + rtol * std::abs(expected));
  });
}

LogicalResult ExpectEqualOp::evaluate(ArrayRef<const cnn::HostTensor *> operands, MutableArrayRef<cnn::HostTensor>) {
  return compare(*this, operands, [](double actual, double expected) { return actual == expected; });
}

LogicalResult cnnc::check::runChecks(ModuleOp module) {
  bool passed = true;
  int64_t checks = 0;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.getNumArguments() || function.isExternal())
      continue;
    auto count = [&](Operation *op, ArrayRef<cnn::HostTensor>) { checks += isa<ExpectCloseOp, ExpectEqualOp>(op); };
    passed &= succeeded(cnn::interpret(function, {}, count));
  }
  if (passed && !checks)
    return module.emitError("holds no check to run: checks stand in functions without arguments");
  return success(passed);
}
