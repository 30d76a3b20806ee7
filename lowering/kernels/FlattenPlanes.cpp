#include "lowering/kernels/FlattenPlanes.h"

#include "lowering/kernels/Attributes.h"

#include <algorithm>

namespace cnnc::kernels {

KernelSpec flattenPlanes(KernelSpec spec) {
  const int64_t h = spec.output().shape[2], w = spec.output().shape[3];
  auto flatten = [&](TensorDesc &tensor) {
    if (tensor.shape.size() == 4 && tensor.shape[2] == h && tensor.shape[3] == w) {
      tensor.shape[2] = 1;
      tensor.shape[3] = h * w;
    }
  };
  std::ranges::for_each(spec.inputs, flatten);
  for (OpDesc &op : spec.ops)
    flatten(op.result);
  return spec;
}

std::optional<std::string> unflattenable(const KernelSpec &spec) {
  const TensorDesc &output = spec.output();
  if (output.shape.size() != 4)
    return "the result has no planes";
  const int64_t h = output.shape[2], w = output.shape[3];
  if (output.halo != std::array<int64_t, 4>{})
    return "the result has a halo";
  for (const TensorDesc &input : spec.inputs)
    if (input.halo != std::array<int64_t, 4>{})
      return "an input has a halo";
  const std::vector<int64_t> ones = {1, 1}, zeros = {0, 0, 0, 0};
  for (const OpDesc &op : spec.ops) {
    if (op.mnemonic == "conv2d") {
      if (intsAttr(op, "kernel") != ones || intsAttr(op, "stride") != ones || intsAttr(op, "pad") != zeros)
        return "the convolution is not 1x1 with stride 1 and no padding";
    } else if (!isEpilogue(op.mnemonic) || op.mnemonic == "upsample_add") {
      return op.mnemonic + " looks at neighbours";
    }
    if (op.mnemonic != "add" && op.mnemonic != "mul")
      continue;
    for (int operand : op.operands) {
      const std::vector<int64_t> &shape = spec.value(operand).shape;
      const size_t rank = shape.size();
      const int64_t rows = rank >= 2 ? shape[rank - 2] : 1, columns = rank >= 1 ? shape[rank - 1] : 1;
      const bool plane = rank == 4 && rows == h && columns == w, point = rows == 1 && columns == 1;
      if (!plane && !point)
        return op.mnemonic + " repeats a row or a column";
    }
  }
  return std::nullopt;
}

} // namespace cnnc::kernels
