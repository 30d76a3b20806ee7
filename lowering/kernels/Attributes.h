// Reading and checking op attributes by ODS name. Getters assume what a Check has verified.
#pragma once

#include "lowering/kernels/KernelSpec.h"

#include <optional>

namespace cnnc::kernels {

int64_t intAttr(const OpDesc &op, const char *name);
double doubleAttr(const OpDesc &op, const char *name);
bool boolAttr(const OpDesc &op, const char *name);
const std::string &stringAttr(const OpDesc &op, const char *name);
const std::vector<int64_t> &intsAttr(const OpDesc &op, const char *name);
std::vector<double> doublesAttr(const OpDesc &op, const char *name);

/// Collects the first complaint about an op; every question is a no-op after it.
class Check {
public:
  Check(const KernelSpec &spec, const OpDesc &op) : spec(spec), op(op) {}

  Check &operands(size_t least, size_t most);
  Check &rank(size_t operand, size_t rank);
  Check &dtype(size_t operand, DType dtype); ///< Of an operand.
  Check &resultDtype(DType dtype);
  Check &integer(const char *name, int64_t least, int64_t most = int64_t(1) << 31);
  Check &integers(const char *name, size_t count, int64_t least, int64_t most = int64_t(1) << 31);
  Check &number(const char *name);
  Check &numbers(const char *name, size_t count);
  Check &boolean(const char *name);
  Check &oneOf(const char *name, std::initializer_list<const char *> values);
  Check &resultShape(const std::vector<int64_t> &shape);
  Check &operandShape(size_t operand, const std::vector<int64_t> &shape);
  Check &require(bool condition, const std::string &complaint);

  bool ok() const { return !complaint; }
  const TensorDesc &operand(size_t i) const { return spec.value(op.operands[i]); }
  std::optional<std::string> result() const { return complaint; }

private:
  const AttrValue *find(const char *name);
  const KernelSpec &spec;
  const OpDesc &op;
  std::optional<std::string> complaint;
};

} // namespace cnnc::kernels
