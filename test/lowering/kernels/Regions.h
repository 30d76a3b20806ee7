// Builders of kernel specs for tests and benches.
#pragma once

#include "lowering/kernels/Schedule.h"

namespace cnnc::kernels::test {

using Attributes = std::map<std::string, AttrValue>;
using Shape = std::vector<int64_t>;
using Halo = std::array<int64_t, 4>;

Target targetV2();
Target targetV3();
Target targetV4();
Target targetAmx();
/// Whether this machine runs code for the target.
bool canRun(const Target &target);

/// A region under construction; numbers are those of OpDesc::operands.
class Region {
public:
  int input(Shape shape, int64_t block = 0, Halo halo = {}, DType dtype = DType::f32);
  int weight(Shape shape);
  int op(const std::string &mnemonic, Attributes attributes, std::vector<int> operands, Shape result, DType dtype = DType::f32);
  const Shape &shape(int number) const;
  /// Gives the result of an op, which another reduction reads, channel blocks and a halo.
  void layout(int number, int64_t block, Halo halo = {});

  /// conv2d with ONNX pads; its weight and, when asked for, bias become weights of the region.
  struct Conv {
    int64_t outputs = 1;
    Shape kernel = {1, 1}, stride = {1, 1}, pad = {0, 0, 0, 0}, dilation = {1, 1};
    int64_t groups = 1;
    bool bias = false;
  };
  int conv2d(int x, const Conv &conv);
  /// conv_transpose2d with ONNX pads; parameters as of conv2d.
  int convTranspose2d(int x, const Conv &conv, const Shape &outputPadding = {0, 0});
  int dense(int x, int64_t outputs, bool bias = true);
  int unary(const std::string &mnemonic, int x, Attributes attributes = {});
  int bias(int x);
  int add(int a, int b) { return binary("add", a, b); }
  int mul(int a, int b) { return binary("mul", a, b); }
  int binary(const std::string &mnemonic, int a, int b);
  int pool(const std::string &mnemonic, int x, Shape kernel, Shape stride, Shape pad, bool ceil = false, bool includePad = false, Shape dilation = {1, 1});

  KernelSpec finish(int64_t block = 0, Halo halo = {}) const;

private:
  KernelSpec spec;
};

} // namespace cnnc::kernels::test
