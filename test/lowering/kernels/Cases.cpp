#include "test/lowering/kernels/Cases.h"

#include "lowering/kernels/Transposed.h"

#include <functional>
#include <limits>

namespace cnnc::kernels::test {
namespace {

using Conv = Region::Conv;

struct List {
  const Target &target;
  std::vector<Case> cases;
  int64_t lanes() const { return target.lanes(); }
  void add(const std::string &name, const KernelSpec &spec, double tolerance = 0) { cases.push_back({name, spec, tolerance}); }
};

//===-- Convolution ------------------------------------------------------------------------------------------------------------===//

struct ConvCase {
  const char *name;
  Shape x;
  Conv conv;
};

const ConvCase convolutions[] = {
    {"D002 four pads", {1, 1, 2, 2}, {.outputs = 1, .kernel = {2, 2}, .pad = {1, 2, 0, 3}}},
    {"D014 1x1 stride 2", {1, 5, 3, 3}, {.outputs = 3, .stride = {2, 2}}},
    {"D015 odd plane", {1, 3, 18, 17}, {.outputs = 4, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}}},
    {"D016 1 to 33", {1, 1, 5, 5}, {.outputs = 33, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .bias = true}},
    {"D016 17 to 17", {1, 17, 5, 5}, {.outputs = 17, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}},
    {"D016 3 to 5", {2, 3, 5, 5}, {.outputs = 5, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .bias = true}},
    {"D017 dilation on H", {1, 2, 30, 2}, {.outputs = 2, .kernel = {3, 1}, .pad = {2, 0, 2, 0}, .dilation = {2, 1}}},
    {"D019 even kernel", {1, 3, 4, 4}, {.outputs = 18, .kernel = {2, 2}}},
    {"D020 1x7", {1, 3, 6, 9}, {.outputs = 2, .kernel = {1, 7}, .pad = {0, 3, 0, 3}}},
    {"D020 7x1", {1, 3, 6, 9}, {.outputs = 2, .kernel = {7, 1}, .pad = {3, 0, 3, 0}}},
    {"D020 mixed dilation", {1, 2, 5, 9}, {.outputs = 3, .kernel = {1, 3}, .dilation = {1, 4}}},
    {"D023 uneven pads", {1, 1, 7, 5}, {.outputs = 1, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 0, 1, 0}}},
    {"D076 one cell", {1, 1, 1, 1}, {.outputs = 1, .bias = true}},
    {"D076 13 wide", {1, 2, 1, 13}, {.outputs = 2, .bias = true}},
    {"kernel over a single cell", {1, 4, 1, 1}, {.outputs = 4, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}},
    {"stem 7x7/2", {1, 3, 29, 29}, {.outputs = 40, .kernel = {7, 7}, .stride = {2, 2}, .pad = {3, 3, 3, 3}, .bias = true}},
    {"3x3 64", {1, 64, 14, 14}, {.outputs = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}},
    {"3x3 on 7", {1, 33, 7, 7}, {.outputs = 66, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}},
    {"1x1 on 7", {1, 40, 7, 7}, {.outputs = 66, .bias = true}},
    {"1x1 on 13", {2, 17, 13, 13}, {.outputs = 33}},
    {"groups of whole blocks", {1, 64, 7, 7}, {.outputs = 128, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 2}},
    {"groups within a block", {1, 12, 7, 5}, {.outputs = 18, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 3, .bias = true}},
    {"groups of four", {1, 36, 9, 15}, {.outputs = 36, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 9, .bias = true}},
    {"groups of four, stride 2", {2, 32, 9, 7}, {.outputs = 32, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .groups = 8}},
    {"groups of two, 1x1", {1, 18, 5, 5}, {.outputs = 18, .groups = 9}},
    {"groups of eight, dilated", {1, 24, 7, 8}, {.outputs = 24, .kernel = {5, 3}, .pad = {4, 2, 4, 2}, .dilation = {2, 2}, .groups = 3}},
    {"groups of 24 to 48", {1, 48, 5, 6}, {.outputs = 96, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 2}},
    {"24 channels", {1, 24, 7, 7}, {.outputs = 48, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .bias = true}},
    {"1x1 of many channels", {1, 1040, 7, 8}, {.outputs = 272, .bias = true}},
    {"42 channels, 1x1", {1, 42, 6, 7}, {.outputs = 44}},
    {"D018 channel multiplier", {1, 2, 1, 1}, {.outputs = 6, .groups = 2}},
    {"D024 multiplier and stride", {1, 7, 9, 5}, {.outputs = 14, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .groups = 7}},
    {"depthwise 3x3", {1, 33, 13, 13}, {.outputs = 33, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .groups = 33, .bias = true}},
    {"depthwise 3x3/2", {1, 17, 13, 7}, {.outputs = 17, .kernel = {3, 3}, .stride = {2, 2}, .pad = {0, 1, 1, 0}, .groups = 17}},
    {"depthwise 5x5", {2, 32, 7, 14}, {.outputs = 32, .kernel = {5, 5}, .pad = {2, 2, 2, 2}, .groups = 32, .bias = true}},
    {"depthwise dilated", {1, 20, 9, 9}, {.outputs = 20, .kernel = {3, 3}, .pad = {2, 2, 2, 2}, .dilation = {2, 2}, .groups = 20}},
};

void convCases(List &list) {
  for (const ConvCase &row : convolutions) {
    auto spec = [&](int64_t inBlock, Halo inHalo, int64_t outBlock, Halo outHalo) {
      Region region;
      region.conv2d(region.input(row.x, inBlock, inHalo), row.conv);
      return region.finish(outBlock, outHalo);
    };
    const std::string name = std::string("conv2d ") + row.name;
    const Shape &p = row.conv.pad;
    const Halo enough = {p[0], p[1], p[2], p[3]}, more = {p[0] + 1, p[1] + 2, p[2] + 3, p[3] + 1};
    list.add(name + ", blocked with halo", spec(list.lanes(), enough, list.lanes(), {}));
    list.add(name + ", wide halos", spec(list.lanes(), more, list.lanes(), {1, 2, 0, 3}));
    list.add(name + ", no halo", spec(list.lanes(), {}, list.lanes(), {}));
    list.add(name + ", block 1", spec(1, enough, list.lanes(), {1, 1, 1, 1}));
    list.add(name + ", plain to blocked", spec(0, {}, list.lanes(), {}));
    list.add(name + ", plain to plain", spec(0, {}, 0, {}));
    list.add(name + ", other block", spec(list.lanes() / 2, enough, list.lanes(), {}));
  }
  for (bool swapped : {false, true})
    for (Halo halo : {Halo{}, Halo{1, 1, 1, 1}}) {
      Region region;
      const int x = region.input({1, 20, 7, 7}, list.lanes());
      int y = region.conv2d(x, {.outputs = 36});
      y = region.bias(y);
      const int residual = region.input({1, 36, 7, 7}, list.lanes(), halo);
      y = swapped ? region.add(residual, y) : region.add(y, residual);
      region.unary("relu", y);
      list.add("conv2d + bias + residual + relu", region.finish(list.lanes(), halo));
    }
  Region scaled;
  const int x = scaled.input({1, 24, 5, 6}, list.lanes(), {1, 1, 1, 1});
  int y = scaled.conv2d(x, {.outputs = 20, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .bias = true});
  y = scaled.mul(scaled.unary("relu6", y), scaled.input({1, 20, 1, 1}, list.lanes()));
  scaled.add(y, y);
  list.add("conv2d + relu6 + channel scale + doubling", scaled.finish(list.lanes()));

  Region activated;
  int z = activated.conv2d(activated.input({1, 16, 6, 6}, list.lanes()), {.outputs = 24});
  z = activated.op("batch_norm", {{"epsilon", 1e-3}}, {z, activated.weight({24}), activated.weight({24}), activated.weight({24}), activated.weight({24})},
                   {1, 24, 6, 6});
  activated.unary("silu", z);
  list.add("conv2d + batch_norm + silu", activated.finish(list.lanes()), 1e-4);
}

struct TransposedCase {
  const char *name;
  Shape x;
  Conv conv;
  Shape outputPadding = {0, 0};
};

const TransposedCase transposed[] = {
    {"kernel 2, stride 2", {2, 33, 7, 9}, {.outputs = 66, .kernel = {2, 2}, .stride = {2, 2}, .bias = true}},
    {"kernel 2, stride 2 of 14", {3, 64, 14, 14}, {.outputs = 64, .kernel = {2, 2}, .stride = {2, 2}, .bias = true}},
    {"kernel 3, stride 3 by 1", {1, 5, 3, 4}, {.outputs = 17, .kernel = {3, 1}, .stride = {3, 1}}},
    {"kernel 4, stride 2, pad 1", {1, 24, 5, 6}, {.outputs = 20, .kernel = {4, 4}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .bias = true}},
    {"kernel 3, stride 2, uneven", {1, 17, 5, 4}, {.outputs = 33, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 0, 0, 1}}, {1, 1}},
    {"kernel 3, stride 1", {1, 20, 6, 5}, {.outputs = 18, .kernel = {3, 3}, .pad = {1, 1, 1, 1}, .bias = true}},
    {"kernel 2, stride 3", {1, 5, 3, 3}, {.outputs = 16, .kernel = {2, 2}, .stride = {3, 3}, .bias = true}, {2, 0}},
    {"pad beyond the kernel", {1, 3, 6, 7}, {.outputs = 5, .kernel = {1, 2}, .stride = {2, 1}, .pad = {3, 2, 2, 3}}},
    {"D025 dilation and stride", {1, 1, 2, 1}, {.outputs = 1, .kernel = {3, 1}, .stride = {2, 1}, .dilation = {3, 1}}},
    {"dilation shares a factor with the stride", {1, 18, 4, 5}, {.outputs = 17, .kernel = {3, 2}, .stride = {2, 4}, .dilation = {2, 6}, .bias = true}, {1, 3}},
    {"D026 output padding", {1, 1, 1, 2}, {.outputs = 1, .kernel = {1, 3}, .stride = {1, 2}, .bias = true}, {0, 1}},
    {"depthwise", {1, 33, 5, 5}, {.outputs = 33, .kernel = {4, 4}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .groups = 33}},
    {"groups of whole blocks", {1, 64, 3, 5}, {.outputs = 96, .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .groups = 2, .bias = true}},
    {"groups within a block", {1, 12, 4, 3}, {.outputs = 18, .kernel = {2, 2}, .stride = {2, 2}, .groups = 3, .bias = true}},
    {"one cell", {1, 1, 1, 1}, {.outputs = 1}},
};

void transposedCases(List &list) {
  for (const TransposedCase &row : transposed) {
    auto spec = [&](int64_t inBlock, Halo inHalo, int64_t outBlock, Halo outHalo) {
      Region region;
      region.convTranspose2d(region.input(row.x, inBlock, inHalo), row.conv, row.outputPadding);
      return region.finish(outBlock, outHalo);
    };
    const std::string name = std::string("conv_transpose2d ") + row.name;
    list.add(name + ", wide halos", spec(list.lanes(), {5, 5, 5, 5}, list.lanes(), {1, 2, 0, 3}));
    // The halo that the layout pass chooses.
    KernelSpec exact = spec(list.lanes(), {}, list.lanes(), {});
    for (int axis = 0; axis < 2; ++axis) {
      const TransposedAxis taps = transposedAxis(exact, exact.ops[0], axis);
      exact.inputs[0].halo[axis] = taps.reachBefore();
      exact.inputs[0].halo[2 + axis] = taps.reachAfter();
    }
    list.add(name + ", exact halo", exact);
    list.add(name + ", no halo", spec(list.lanes(), {}, list.lanes(), {}));
    list.add(name + ", block 1", spec(1, {1, 0, 1, 0}, list.lanes(), {}));
    list.add(name + ", plain to plain", spec(0, {}, 0, {}));
    list.add(name + ", to another block", spec(list.lanes(), {}, list.lanes() / 2, {}));
  }
  Region region;
  const int x = region.input({2, 20, 7, 5}, list.lanes());
  const int y = region.bias(region.convTranspose2d(x, {.outputs = 36, .kernel = {2, 2}, .stride = {2, 2}}));
  region.unary("relu", region.add(y, region.input({2, 36, 14, 10}, list.lanes(), {1, 1, 1, 1})));
  list.add("conv_transpose2d + bias + residual + relu", region.finish(list.lanes(), {1, 0, 0, 1}));
}

/// A depthwise convolution, and a pointwise one of its finished result.
struct SeparableCase {
  const char *name;
  Shape x;
  Conv window;
  int64_t outputs;
};

const SeparableCase separable[] = {
    {"3x3", {1, 32, 14, 15}, {.kernel = {3, 3}, .pad = {1, 1, 1, 1}, .bias = true}, 48},
    {"3x3/2, odd channels", {1, 35, 13, 17}, {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .bias = true}, 21},
    {"5x5 of two images", {2, 24, 9, 7}, {.kernel = {5, 5}, .pad = {2, 2, 2, 2}}, 40},
    {"dilated", {1, 16, 11, 12}, {.kernel = {3, 3}, .pad = {2, 2, 2, 2}, .dilation = {2, 2}}, 33},
    {"one row", {1, 17, 1, 20}, {.kernel = {1, 3}, .pad = {0, 1, 0, 1}}, 64},
    {"one cell", {1, 8, 1, 1}, {.bias = true}, 5},
};

void separableCases(List &list) {
  for (const SeparableCase &row : separable)
    for (bool residual : {false, true}) {
      Region region;
      Conv window = row.window;
      window.outputs = window.groups = row.x[1];
      const Shape &p = window.pad;
      int y = region.unary("relu6", region.conv2d(region.input(row.x, list.lanes(), {p[0], p[1], p[2], p[3]}), window));
      region.layout(y, list.lanes());
      y = region.conv2d(y, {.outputs = row.outputs, .bias = residual});
      if (residual)
        y = region.unary("relu", region.add(y, region.input(region.shape(y), list.lanes(), {0, 1, 1, 0})));
      list.add(std::string("depthwise + pointwise, ") + row.name, region.finish(list.lanes(), {1, 1, 1, 1}));
    }
}

//===-- The other stems --------------------------------------------------------------------------------------------------------===//

void denseCases(List &list) {
  for (auto [n, k, o] : {std::array<int64_t, 3>{1, 1, 1}, {1, 5, 17}, {1, 64, 1000}, {3, 33, 40}, {7, 19, 16}, {1, 300, 130}}) {
    Region region;
    region.dense(region.input({n, k}), o);
    list.add("dense", region.finish());
    Region relu;
    relu.unary("relu", relu.bias(relu.dense(relu.input({n, k}), o, false)));
    list.add("dense + bias + relu", relu.finish());
  }
  for (auto [n, k, o] : {std::array<int64_t, 3>{6, 1, 1}, {14, 64, 32}, {15, 300, 33}, {29, 601, 91}, {32, 1024, 70}, {100, 77, 364}, {61, 1201, 20}, {33, 96, 40}, {270, 640, 91}}) {
    Region region;
    region.dense(region.input({n, k}), o, n % 2 == 0);
    list.add("dense of many rows", region.finish());
    Region chain;
    const int y = chain.unary("relu", chain.add(chain.bias(chain.dense(chain.input({n, k}), o)), chain.input({n, o})));
    chain.mul(y, chain.input({n, 1}));
    list.add("dense of many rows + bias + add + relu + mul", chain.finish());
  }
  Region rows;
  rows.dense(rows.op("flatten", {{"axis", int64_t(1)}}, {rows.input({17, 20, 3, 2}, list.lanes(), Halo{1, 0, 0, 1})}, {17, 120}), 33);
  list.add("flatten + dense of many rows", rows.finish());
  Region tiles;
  tiles.dense(tiles.op("flatten", {{"axis", int64_t(1)}}, {tiles.input({19, 20, 4, 2}, list.lanes(), Halo{1, 0, 0, 1})}, {19, 160}), 33);
  list.add("flatten to whole runs + dense", tiles.finish());
  Region flat;
  const int x = flat.input({2, 20, 1, 1}, list.lanes());
  flat.dense(flat.op("flatten", {{"axis", int64_t(1)}}, {x}, {2, 20}), 33);
  list.add("flatten + dense", flat.finish());
}

void poolCases(List &list, const std::string &op) {
  struct Row {
    Shape x, kernel, stride, pad;
    bool ceil, includePad;
    Shape dilation = {1, 1};
  };
  std::vector<Row> rows = {
      {{1, 33, 13, 13}, {3, 3}, {2, 2}, {1, 1, 1, 1}, false, false},
      {{1, 5, 7, 2}, {2, 2}, {2, 2}, {0, 0, 0, 0}, false, false},
      {{1, 1, 1, 5}, {1, 2}, {1, 2}, {0, 0, 0, 0}, true, true},
      {{1, 3, 1, 9}, {1, 7}, {1, 3}, {0, 3, 0, 3}, true, true},
      {{1, 1, 5, 5}, {2, 2}, {2, 2}, {1, 1, 1, 1}, true, false},
      {{1, 2, 4, 4}, {1, 1}, {2, 2}, {0, 0, 0, 0}, true, false},
      {{1, 1, 7, 7}, {1280, 1280}, {1280, 1280}, {0, 0, 0, 0}, true, false},
      {{2, 17, 5, 5}, {3, 3}, {2, 2}, {1, 1, 2, 2}, true, true},
      {{1, 17, 8, 8}, {3, 3}, {1, 1}, {1, 1, 1, 1}, false, true},
      {{1, 33, 4, 29}, {3, 3}, {1, 1}, {1, 1, 1, 1}, false, false},  // several tiles of a row, the last one moved inwards
      {{1, 3, 14, 15}, {13, 9}, {1, 1}, {0, 4, 0, 4}, false, false}, // a window too long to unroll
  };
  if (op == "max_pool")
    rows.push_back({{1, 20, 9, 9}, {3, 3}, {1, 1}, {2, 2, 2, 2}, false, false, {2, 2}});
  for (const Row &row : rows)
    for (auto [inBlock, outBlock] : {std::pair{list.lanes(), list.lanes()}, {int64_t(0), int64_t(0)}, {list.lanes(), int64_t(0)}, {int64_t(1), list.lanes()}}) {
      Region region;
      const int x = region.input(row.x, inBlock, inBlock ? Halo{1, 0, 2, 1} : Halo{});
      region.unary("relu", region.pool(op, x, row.kernel, row.stride, row.pad, row.ceil, row.includePad, row.dilation));
      list.add(op, region.finish(outBlock, outBlock ? Halo{1, 1, 1, 1} : Halo{}), op == "avg_pool" ? 1e-6 : 0);
    }
}

void globalPoolCases(List &list) {
  for (const Shape &x : {Shape{1, 1, 1, 1}, Shape{1, 33, 7, 7}, Shape{2, 17, 13, 2}, Shape{1, 512, 7, 7}})
    for (auto [inBlock, outBlock] : {std::pair{list.lanes(), list.lanes()}, {int64_t(0), int64_t(0)}, {list.lanes(), int64_t(0)}}) {
      Region region;
      region.op("global_avg_pool", {}, {region.input(x, inBlock, inBlock ? Halo{1, 1, 1, 1} : Halo{})}, {x[0], x[1], 1, 1});
      list.add("global_avg_pool", region.finish(outBlock), 1e-6);
    }
}

void elementwiseCases(List &list) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<std::string, Attributes>> unary = {{"relu", {}},
                                                                 {"relu6", {}},
                                                                 {"clip", {{"min", -1.0}, {"max", inf}}},
                                                                 {"leaky_relu", {{"alpha", 0.25}}},
                                                                 {"hard_sigmoid", {{"alpha", 0.25}, {"beta", 0.5}}},
                                                                 {"sigmoid", {}},
                                                                 {"hard_swish", {}},
                                                                 {"silu", {}},
                                                                 {"tanh", {}}};
  for (size_t k = 0; k < unary.size(); ++k) {
    const double tolerance = k < 5 ? 0 : 1e-6;
    for (int64_t length : {1, 2, 3, 7, 8, 13, 16, 17, 31, 33}) {
      Region region;
      region.unary(unary[k].first, region.input({length}), unary[k].second);
      list.add(unary[k].first + " of " + std::to_string(length), region.finish(), tolerance);
    }
    Region blocked;
    blocked.unary(unary[k].first, blocked.input({1, 17, 7, 5}, list.lanes(), {1, 1, 1, 1}), unary[k].second);
    list.add(unary[k].first + " blocked", blocked.finish(list.lanes(), {0, 2, 1, 0}), tolerance);
  }
  for (int64_t block : {int64_t(0), int64_t(1), list.lanes()}) {
    auto pair = [&](const char *op, Shape a, Shape b) {
      Region region;
      const int64_t blockB = b.size() == 4 ? block : 0;
      const int x = region.input(std::move(a), block), y = region.input(std::move(b), blockB);
      region.binary(op, x, y);
      list.add(std::string(op) + " block " + std::to_string(block), region.finish(block));
    };
    pair("add", {1, 33, 7, 7}, {1, 33, 7, 7});
    pair("mul", {2, 33, 5, 3}, {2, 33, 1, 1});
    pair("mul", {1, 17, 1, 1}, {1, 17, 3, 3});
    pair("add", {1, 5, 4, 6}, {5, 1, 1});
    pair("add", {1, 5, 4, 6}, {6});
    pair("add", {1, 5, 4, 6}, {});
    pair("mul", {1, 64, 30, 30}, {1, 64, 1, 1});
    Region constant;
    const int x = constant.input({1, 20, 3, 3}, block);
    constant.mul(constant.add(x, constant.weight({1, 20, 3, 3})), constant.weight({20, 1, 1}));
    list.add("constant tensors", constant.finish(block));
    Region norm;
    const int z = norm.input({1, 18, 3, 5}, block);
    norm.op("batch_norm", {{"epsilon", 1e-5}}, {z, norm.weight({18}), norm.weight({18}), norm.weight({18}), norm.weight({18})}, {1, 18, 3, 5});
    list.add("batch_norm", norm.finish(block), 1e-5);
    Region chain;
    int c = chain.input({1, 20, 6, 6}, block);
    for (int i = 0; i < 12; ++i)
      c = chain.add(c, c);
    list.add("doubling chain", chain.finish(block));
  }
  Region big;
  big.unary("relu", big.input({100000}));
  list.add("long row", big.finish());
  Region normalized;
  const int image = normalized.op("image_to_nchw", {{"reverse_channels", false}}, {normalized.input({1, 6, 9, 3}, 0, {}, DType::u8)}, {1, 3, 6, 9});
  normalized.unary("normalize", image, {{"mean", std::vector<double>{0.5, 0.25, 0.125}}, {"std", std::vector<double>{0.5, 0.25, 2}}, {"scale", 1.0 / 256}});
  list.add("image_to_nchw + normalize", normalized.finish(1, {3, 3, 3, 3}));
}

void transposeCases(List &list) {
  const int64_t lanes = list.lanes();
  struct Layout {
    int64_t block;
    Halo halo;
  };
  const Layout layouts[] = {{0, {}}, {1, {3, 3, 3, 3}}, {lanes, {}}, {lanes, {1, 2, 0, 1}}, {lanes / 2, {0, 1, 1, 0}}};
  for (const Layout &from : layouts)
    for (const Layout &to : layouts)
      for (const Shape &shape : {Shape{1, 3, 7, 13}, Shape{2, 33, 2, 5}}) {
        Region region;
        region.unary("convert_layout", region.input(shape, from.block, from.halo));
        list.add("convert_layout " + std::to_string(from.block) + " to " + std::to_string(to.block), region.finish(to.block, to.halo));
      }
  Region bytes;
  bytes.op("convert_layout", {}, {bytes.input({1, 3, 5, 5}, 0, {}, DType::u8)}, {1, 3, 5, 5}, DType::u8);
  list.add("convert_layout u8", bytes.finish());
  for (int64_t block : {int64_t(0), lanes}) {
    Region flatten;
    flatten.op("flatten", {{"axis", int64_t(1)}}, {flatten.input({2, 17, 3, 5}, block)}, {2, 255});
    list.add("flatten", flatten.finish());
  }
  auto reshape = [&](Shape from, Shape to) {
    Region region;
    region.op("reshape", {{"shape", to}}, {region.input(from)}, to);
    list.add("reshape", region.finish());
  };
  reshape({2, 3, 4}, {4, 6});
  reshape({6, 1, 35}, {2, 3, 5, 7});
  reshape({1}, {1, 1, 1});
  reshape({1, 12}, {3, 4, 1});
  auto transpose = [&](Shape from, Shape perm) {
    Shape to;
    for (int64_t axis : perm)
      to.push_back(from[static_cast<size_t>(axis)]);
    Region region;
    region.op("transpose", {{"perm", perm}}, {region.input(from)}, to);
    list.add("transpose", region.finish());
  };
  transpose({3, 5}, {1, 0});
  transpose({2, 3, 17, 5}, {0, 2, 3, 1});
  transpose({4, 3, 2, 33, 2}, {4, 1, 3, 0, 2});
}

void concatCases(List &list) {
  for (int64_t block : {int64_t(0), int64_t(1), list.lanes()})
    for (int64_t axis : {0, 1, 2, 3})
      for (const Shape &extents : {Shape{3, 5}, Shape{list.lanes(), 2 * list.lanes(), 7}, Shape{1}}) {
        Shape result = {2, 4, 3, 5};
        result[static_cast<size_t>(axis)] = 0;
        Region region;
        std::vector<int> operands;
        for (int64_t extent : extents) {
          Shape shape = {2, 4, 3, 5};
          shape[static_cast<size_t>(axis)] = extent;
          result[static_cast<size_t>(axis)] += extent;
          operands.push_back(region.input(shape, block, block ? Halo{1, 0, 1, 0} : Halo{}));
        }
        region.unary("relu", region.op("concat", {{"axis", axis}}, operands, result));
        list.add("concat", region.finish(block, block ? Halo{0, 1, 0, 1} : Halo{}));
      }
}

void padCases(List &list) {
  auto pad = [&](Shape x, Shape amounts, const std::string &mode, double value = 0) {
    for (int64_t block : {int64_t(0), list.lanes()}) {
      Region region;
      region.op("pad", {{"pad", amounts}, {"mode", mode}, {"value", value}}, {region.input(x, block)},
                {x[0], x[1], x[2] + amounts[0] + amounts[2], x[3] + amounts[1] + amounts[3]});
      list.add("pad " + mode, region.finish(block));
    }
  };
  pad({1, 1, 1, 4}, {0, -1, 0, 2}, "constant");
  pad({1, 3, 1, 5}, {0, -2, 0, 1}, "reflect");
  pad({2, 17, 4, 5}, {1, 2, 3, 4}, "constant", 7);
  pad({1, 17, 4, 5}, {3, 2, 1, 4}, "reflect");
  pad({1, 5, 4, 5}, {3, 2, 1, 6}, "edge");
}

void softmaxCases(List &list) {
  auto softmax = [&](Shape x, int64_t axis) {
    Region region;
    region.unary("softmax", region.input(std::move(x)), {{"axis", axis}});
    list.add("softmax", region.finish(), 1e-6);
  };
  softmax({1, 1000}, 1);
  softmax({3}, 0);
  softmax({3, 1}, 1);
  softmax({2, 17}, 1);
  softmax({2, 5, 7, 13}, 1);
  softmax({2, 5, 7, 33}, 3);
  softmax({4, 3, 2}, 0);
}

void lrnCases(List &list) {
  for (int64_t block : {int64_t(0), list.lanes()})
    for (auto [size, beta] : {std::pair{int64_t(5), 0.75}, {int64_t(2), 0.5}, {int64_t(3), 1.0}, {int64_t(4), 0.6}}) {
      Region region;
      region.unary("lrn", region.input({1, 33, 3, 7}, block), {{"size", size}, {"alpha", 0.5}, {"beta", beta}, {"k", 1.0}});
      list.add("lrn", region.finish(block), 1e-5);
    }
  Region region; // a window wider than a block of channels, several tiles of a row
  region.unary("lrn", region.input({2, 40, 2, 19}, list.lanes(), Halo{1, 1, 0, 0}), {{"size", int64_t(37)}, {"alpha", 0.5}, {"beta", 0.75}, {"k", 2.0}});
  list.add("lrn", region.finish(list.lanes(), Halo{0, 1, 1, 0}), 1e-5);
}

void imageCases(List &list) {
  for (Halo halo : {Halo{}, Halo{1, 1, 1, 1}}) {
    Region region;
    region.op("image_to_nchw", {{"reverse_channels", halo == Halo{}}}, {region.input({2, 5, 33, 3}, 0, {}, DType::u8)}, {2, 3, 5, 33});
    list.add("image_to_nchw", region.finish(1, halo));
  }
  for (const Shape &size : {Shape{3, 4}, Shape{8, 2}, Shape{5, 9}}) {
    Region region;
    region.op("center_crop", {{"size", size}}, {region.input({1, 3, 8, 9})}, {1, 3, size[0], size[1]});
    list.add("center_crop", region.finish());
  }
}

void resizeCases(List &list) {
  for (bool antialias : {false, true})
    for (const Shape &size : {Shape{5, 7}, Shape{1, 1}, Shape{3, 33}, Shape{40, 20}, Shape{13, 17}})
      for (int64_t block : {int64_t(0), int64_t(1), list.lanes()}) {
        if (antialias && block > 1)
          continue;
        Region region;
        region.op("resize", {{"size", size}, {"antialias", antialias}, {"mode", std::string("bilinear")}}, {region.input({2, 3, 13, 17}, block)},
                  {2, 3, size[0], size[1]});
        list.add(antialias ? "resize antialiased" : "resize", region.finish(block, block ? Halo{1, 1, 1, 1} : Halo{}), 2e-6);
      }
  for (const Shape &size : {Shape{26, 34}, Shape{13, 17}, Shape{25, 33}, Shape{5, 40}})
    for (int64_t block : {int64_t(0), list.lanes()}) {
      Region region;
      region.op("resize", {{"size", size}, {"antialias", false}, {"mode", std::string("nearest")}}, {region.input({2, 3, 13, 17}, block)},
                {2, 3, size[0], size[1]});
      list.add("resize nearest", region.finish(block));
    }
  Region photo;
  const int image = photo.op("image_to_nchw", {{"reverse_channels", false}}, {photo.input({1, 50, 70, 3}, 0, {}, DType::u8)}, {1, 3, 50, 70});
  const int small = photo.op("resize", {{"size", Shape{16, 22}}, {"antialias", true}, {"mode", std::string("bilinear")}}, {image}, {1, 3, 16, 22});
  photo.unary("normalize", small, {{"mean", std::vector<double>{0.5, 0.25, 0.125}}, {"std", std::vector<double>{0.5, 0.25, 2}}, {"scale", 1.0 / 255}});
  list.add("image_to_nchw + resize + normalize", photo.finish(), 1e-6);
}

void upsampleCases(List &list) {
  for (auto [block, topBlock] : {std::pair{int64_t(0), int64_t(0)}, {int64_t(1), int64_t(1)}, {list.lanes(), list.lanes()}, {list.lanes(), int64_t(0)}})
    for (const Shape &size : {Shape{14, 26}, Shape{7, 13}, Shape{13, 25}, Shape{19, 40}}) {
      Region region;
      const int top = region.input({2, 33, 7, 13}, topBlock, topBlock ? Halo{1, 1, 1, 1} : Halo{}), lateral = region.input({2, 33, size[0], size[1]}, block);
      region.unary("relu", region.op("upsample_add", {}, {top, lateral}, {2, 33, size[0], size[1]}));
      list.add("upsample_add", region.finish(block, block ? Halo{1, 1, 1, 1} : Halo{}));
    }
}

void mergeCases(List &list) {
  for (const Shape &size : {Shape{7, 7}, Shape{8, 14}, Shape{13, 25}}) {
    Region region;
    const int x = region.input({1, 40, size[0], size[1]}, list.lanes());
    const int lateral = region.conv2d(x, {.outputs = 36, .bias = true}), top = region.input({1, 36, (size[0] + 1) / 2, (size[1] + 1) / 2}, list.lanes());
    region.op("upsample_add", {}, {top, lateral}, region.shape(lateral));
    list.add("conv2d + upsample_add", region.finish(list.lanes(), {1, 1, 1, 1}));
  }
}

void pyramidCases(List &list) {
  for (const std::string mode : {"max", "average"})
    for (auto [x, levels] : {std::pair{Shape{1, 256, 13, 13}, Shape{6, 3, 2, 1}}, {Shape{3, 33, 10, 7}, Shape{4, 2, 1}}, {Shape{2, 5, 3, 5}, Shape{1, 7, 2}}})
      for (int64_t block : {int64_t(0), list.lanes()}) {
        Region region;
        int64_t bins = 0;
        for (int64_t level : levels)
          bins += level * level;
        region.unary("relu", region.op("spatial_pyramid_pool", {{"levels", levels}, {"mode", mode}},
                                       {region.input(x, block, block ? Halo{1, 0, 1, 2} : Halo{})}, {x[0], x[1] * bins}));
        list.add("spatial_pyramid_pool " + mode, region.finish(), mode == "max" ? 0 : 1e-6);
      }
}

const std::map<std::string, std::function<void(List &)>> generators = {
    {"Conv2D", [](List &list) { convCases(list), mergeCases(list), separableCases(list); }},
    {"ConvTranspose2D", transposedCases},
    {"Dense", denseCases},
    {"MaxPool", [](List &list) { poolCases(list, "max_pool"); }},
    {"AvgPool", [](List &list) { poolCases(list, "avg_pool"); }},
    {"GlobalAvgPool", globalPoolCases},
    {"Elementwise", elementwiseCases},
    {"Transpose", transposeCases},
    {"Concat", concatCases},
    {"Pad", padCases},
    {"Softmax", softmaxCases},
    {"Lrn", lrnCases},
    {"UpsampleAdd", upsampleCases},
    {"SpatialPyramidPool", pyramidCases},
    {"Image", imageCases},
    {"Resize", resizeCases},
};

} // namespace

std::vector<Case> casesOf(const std::string &stem, const Target &target) {
  List list{target, {}};
  if (auto it = generators.find(stem); it != generators.end())
    it->second(list);
  return list.cases;
}

} // namespace cnnc::kernels::test
