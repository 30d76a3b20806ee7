#include "lowering/kernels/Attributes.h"
#include "lowering/kernels/Pipeline.h"

#include <algorithm>
#include <numeric>

namespace cnnc::kernels {
namespace {

using Halide::Expr;

int64_t product(const std::vector<int64_t> &shape, size_t begin, size_t end) {
  return std::accumulate(shape.begin() + static_cast<ptrdiff_t>(begin), shape.begin() + static_cast<ptrdiff_t>(end), int64_t(1), std::multiplies<>());
}

std::optional<std::string> check(const KernelSpec &spec, const OpDesc &op) {
  Check check(spec, op);
  check.operands(1, 1);
  if (!check.ok())
    return check.result();
  const std::vector<int64_t> &x = check.operand(0).shape;
  check.resultDtype(check.operand(0).dtype);
  if (op.mnemonic == "convert_layout")
    return check.resultShape(x).result();
  if (op.mnemonic == "transpose") {
    check.integers("perm", x.size(), 0, static_cast<int64_t>(x.size()) - 1);
    if (!check.ok())
      return check.result();
    std::vector<int64_t> result, seen = intsAttr(op, "perm");
    for (int64_t axis : seen)
      result.push_back(x[axis]);
    std::ranges::sort(seen);
    check.require(std::ranges::adjacent_find(seen) == seen.end(), "'perm' repeats an axis");
    return check.resultShape(result).result();
  }
  check.require(product(x, 0, x.size()) == product(op.result.shape, 0, op.result.shape.size()), "the result has another number of elements");
  if (op.mnemonic == "flatten") {
    check.integer("axis", 0, static_cast<int64_t>(x.size()));
    if (!check.ok())
      return check.result();
    const int64_t axis = intAttr(op, "axis");
    return check.resultShape({product(x, 0, axis), product(x, axis, x.size())}).result();
  }
  return check.result();
}

/// Coordinates in `from` of the element that has `index` in `to`: equal row-major numbers. The shapes are cut into the shortest
/// runs of axes with equal products; a run of one axis on both sides passes its coordinate on.
Index renumber(const Index &index, const std::vector<int64_t> &from, const std::vector<int64_t> &to) {
  Index result;
  for (size_t a = 0, b = 0; a < from.size() || b < to.size();) {
    size_t aEnd = a, bEnd = b;
    int64_t inFrom = a < from.size() ? from[aEnd++] : 1, inTo = b < to.size() ? to[bEnd++] : 1;
    while (inFrom != inTo) {
      if (inFrom < inTo)
        inFrom *= from[aEnd++];
      else
        inTo *= to[bEnd++];
    }
    if (aEnd - a == 1 && bEnd - b == 1) {
      result.push_back(index[b]);
    } else {
      Expr number = 0;
      bool padded = false;
      for (size_t d = b; d < bEnd; ++d) {
        padded |= index[d].limit > to[d];
        number = to[d] == 1 ? number : number * static_cast<int>(to[d]) + index[d].value();
      }
      if (padded)
        number = min(number, static_cast<int>(inFrom - 1));
      int64_t below = inFrom;
      for (size_t d = a; d < aEnd; ++d) {
        const bool coarsest = below == inFrom;
        below /= from[d];
        const Expr digit = below == 1 ? number : number / static_cast<int>(below);
        result.emplace_back(from[d] == 1 ? Expr(0) : coarsest ? digit : digit % static_cast<int>(from[d]), from[d]);
      }
    }
    a = aEnd, b = bEnd;
  }
  return result;
}

/// transpose: result axis i is operand axis perm[i]. flatten, reshape: same row-major order. convert_layout: same element, zero
/// in the padding lanes.
Value define(Pipeline &, const OpDesc &op, const std::vector<Value> &operands) {
  const Value x = operands[0];
  if (op.mnemonic == "transpose")
    return Value(op.result.shape, [x, perm = intsAttr(op, "perm")](const Index &index) {
      Index own = index;
      for (size_t i = 0; i < perm.size(); ++i)
        own[perm[i]] = index[i];
      return x(own);
    });
  if (op.mnemonic == "convert_layout")
    return Value(op.result.shape, [x](const Index &index) {
      for (size_t d = 0; d < index.size(); ++d)
        if (index[d].limit > x.shape()[d])
          return select(index[d].value() < static_cast<int>(x.shape()[d]), x(index), Halide::cast(x(index).type(), 0));
      return x(index);
    });
  return Value(op.result.shape, [x, to = op.result.shape](const Index &index) { return x(renumber(index, x.shape(), to)); });
}

constexpr std::string_view mnemonics[] = {"transpose", "convert_layout", "flatten", "reshape"};

} // namespace

extern const Algorithm TransposeAlgorithm;
const Algorithm TransposeAlgorithm = {"Transpose", Algorithm::Kind::movement, mnemonics, false, check, define};

} // namespace cnnc::kernels
