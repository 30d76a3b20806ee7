#include "test/lowering/kernels/Regions.h"

#include "lowering/kernels/Window.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace cnnc::kernels::test {

Target targetV2() {
  Target target;
  target.name = target.cpu = "x86-64-v2";
  target.triple = "x86_64-pc-linux-gnu";
  target.features = {"sse4.1"};
  target.vectorBits = 128;
  target.vectorRegisters = 16;
  return target;
}

Target targetV3() {
  Target target = targetV2();
  target.name = target.cpu = "x86-64-v3";
  target.features = {"avx", "avx2", "f16c", "fma", "sse4.1"};
  target.vectorBits = 256;
  return target;
}

Target targetV4() {
  Target target = targetV3();
  target.name = target.cpu = "x86-64-v4";
  target.features = {"avx", "avx2", "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl", "f16c", "fma", "sse4.1"};
  target.vectorBits = 512;
  target.vectorRegisters = 32;
  return target;
}

Target targetAmx() {
  Target target = targetV4();
  target.name = "x86-64-v4-amx";
  target.features.insert(target.features.begin(), {"amx-bf16", "amx-tile"});
  return target;
}

/// Asks the kernel for the use of tile registers, once a process.
static bool mayUseTiles() {
  constexpr int request = 0x1023, tileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  static const bool granted = __builtin_cpu_supports("amx-bf16") && __builtin_cpu_supports("amx-tile") && syscall(SYS_arch_prctl, request, tileData) == 0;
  return granted;
}

bool canRun(const Target &target) {
  if (target.has("amx-bf16") && !mayUseTiles())
    return false;
  if (target.has("avx512f"))
    return __builtin_cpu_supports("x86-64-v4") != 0;
  return !target.has("avx2") || __builtin_cpu_supports("x86-64-v3") != 0;
}

int Region::input(Shape shape, int64_t block, Halo halo, DType dtype) {
  spec.inputs.push_back({dtype, std::move(shape), block, halo, TensorDesc::Role::activation});
  return static_cast<int>(spec.inputs.size()) - 1;
}

int Region::weight(Shape shape) {
  const int number = input(std::move(shape));
  spec.inputs.back().role = TensorDesc::Role::weight;
  return number;
}

// Ops are numbered from 1000 until all inputs are known.
constexpr int firstOp = 1000;

int Region::op(const std::string &mnemonic, Attributes attributes, std::vector<int> operands, Shape result, DType dtype) {
  spec.ops.push_back({mnemonic, std::move(attributes), std::move(operands), {dtype, std::move(result), 0, {}, TensorDesc::Role::activation}});
  return firstOp + static_cast<int>(spec.ops.size()) - 1;
}

const Shape &Region::shape(int number) const { return number < firstOp ? spec.inputs[number].shape : spec.ops[number - firstOp].result.shape; }

void Region::layout(int number, int64_t block, Halo halo) {
  TensorDesc &result = spec.ops[static_cast<size_t>(number - firstOp)].result;
  result.block = block, result.halo = halo;
}

int Region::conv2d(int x, const Conv &conv) {
  const Shape in = shape(x);
  std::vector<int> operands = {x, weight({conv.outputs, in[1] / conv.groups, conv.kernel[0], conv.kernel[1]})};
  if (conv.bias)
    operands.push_back(weight({conv.outputs}));
  Shape result = {in[0], conv.outputs};
  for (int axis = 0; axis < 2; ++axis)
    result.push_back(windowOutput(in[2 + axis], conv.kernel[axis], conv.stride[axis], conv.dilation[axis], conv.pad[axis], conv.pad[2 + axis], false));
  return op("conv2d",
            {{"out_channels", conv.outputs},
             {"kernel", conv.kernel},
             {"stride", conv.stride},
             {"dilation", conv.dilation},
             {"pad", conv.pad},
             {"groups", conv.groups},
             {"bias", conv.bias}},
            operands, result);
}

int Region::convTranspose2d(int x, const Conv &conv, const Shape &outputPadding) {
  const Shape in = shape(x);
  std::vector<int> operands = {x, weight({in[1], conv.outputs / conv.groups, conv.kernel[0], conv.kernel[1]})};
  if (conv.bias)
    operands.push_back(weight({conv.outputs}));
  Shape result = {in[0], conv.outputs};
  for (size_t axis = 0; axis < 2; ++axis)
    result.push_back((in[2 + axis] - 1) * conv.stride[axis] + conv.dilation[axis] * (conv.kernel[axis] - 1) + 1 + outputPadding[axis] - conv.pad[axis] -
                     conv.pad[2 + axis]);
  return op("conv_transpose2d",
            {{"out_channels", conv.outputs},
             {"kernel", conv.kernel},
             {"stride", conv.stride},
             {"dilation", conv.dilation},
             {"pad", conv.pad},
             {"output_padding", outputPadding},
             {"groups", conv.groups},
             {"bias", conv.bias}},
            operands, result);
}

int Region::dense(int x, int64_t outputs, bool bias) {
  std::vector<int> operands = {x, weight({outputs, shape(x)[1]})};
  if (bias)
    operands.push_back(weight({outputs}));
  return op("dense", {{"out_features", outputs}, {"bias", bias}}, operands, {shape(x)[0], outputs});
}

int Region::unary(const std::string &mnemonic, int x, Attributes attributes) { return op(mnemonic, std::move(attributes), {x}, shape(x)); }

int Region::bias(int x) {
  const int b = weight({shape(x)[1]});
  return op("bias", {}, {x, b}, shape(x));
}

int Region::binary(const std::string &mnemonic, int a, int b) {
  Shape x = shape(a), y = shape(b);
  if (x.size() < y.size())
    std::swap(x, y);
  for (size_t d = 0; d < y.size(); ++d)
    x[x.size() - 1 - d] = std::max(x[x.size() - 1 - d], y[y.size() - 1 - d]);
  return op(mnemonic, {}, {a, b}, x);
}

int Region::pool(const std::string &mnemonic, int x, Shape kernel, Shape stride, Shape pad, bool ceil, bool includePad, Shape dilation) {
  const Shape in = shape(x);
  Shape result = {in[0], in[1]};
  for (int axis = 0; axis < 2; ++axis)
    result.push_back(windowOutput(in[2 + axis], kernel[axis], stride[axis], dilation[axis], pad[axis], pad[2 + axis], ceil));
  Attributes attributes = {{"kernel", kernel}, {"stride", stride}, {"pad", pad}, {"ceil_mode", ceil}};
  if (mnemonic == "max_pool")
    attributes["dilation"] = dilation;
  else
    attributes["count_include_pad"] = includePad;
  return op(mnemonic, attributes, {x}, result);
}

KernelSpec Region::finish(int64_t block, Halo halo) const {
  KernelSpec done = spec;
  for (OpDesc &op : done.ops)
    for (int &operand : op.operands)
      if (operand >= firstOp)
        operand = operand - firstOp + static_cast<int>(done.inputs.size());
  done.ops.back().result.block = block;
  done.ops.back().result.halo = halo;
  return done;
}

} // namespace cnnc::kernels::test
