#include "test/lowering/kernels/ReferenceEvaluator.h"

#include "lowering/kernels/Attributes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace cnnc::kernels::test {

using Shape = std::vector<int64_t>;

int64_t elementsOf(const Shape &shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

namespace {

struct Tensor {
  Shape shape;
  Elements data;
};

/// Multi-index of a flat position.
Shape unravel(int64_t flat, const Shape &shape) {
  Shape index(shape.size());
  for (size_t d = shape.size(); d-- > 0; flat /= shape[d])
    index[d] = flat % shape[d];
  return index;
}

int64_t ravel(const Shape &index, const Shape &shape) {
  int64_t flat = 0;
  for (size_t d = 0; d < shape.size(); ++d)
    flat = flat * shape[d] + index[d];
  return flat;
}

/// Element of a tensor that broadcasts to the shape of `index`.
double broadcast(const Tensor &x, const Shape &index) {
  Shape own(index.end() - static_cast<ptrdiff_t>(x.shape.size()), index.end());
  for (size_t d = 0; d < own.size(); ++d)
    own[d] = x.shape[d] == 1 ? 0 : own[d];
  return x.data[static_cast<size_t>(ravel(own, x.shape))];
}

double at(const Tensor &x, int64_t n, int64_t c, int64_t h, int64_t w) {
  return x.data[static_cast<size_t>(((n * x.shape[1] + c) * x.shape[2] + h) * x.shape[3] + w)];
}

bool inside(const Tensor &x, int64_t h, int64_t w) { return h >= 0 && h < x.shape[2] && w >= 0 && w < x.shape[3]; }

double clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double activation(const OpDesc &op, double x) {
  const std::string &m = op.mnemonic;
  if (m == "relu")
    return x < 0 ? 0 : x;
  if (m == "relu6")
    return clip(x, 0, 6);
  if (m == "clip")
    return clip(x, doubleAttr(op, "min"), doubleAttr(op, "max"));
  if (m == "leaky_relu")
    return x < 0 ? doubleAttr(op, "alpha") * x : x;
  if (m == "sigmoid")
    return sigmoid(x);
  if (m == "hard_sigmoid")
    return clip(doubleAttr(op, "alpha") * x + doubleAttr(op, "beta"), 0, 1);
  if (m == "hard_swish")
    return x * clip(x / 6 + 0.5, 0, 1);
  if (m == "silu")
    return x * sigmoid(x);
  if (m == "tanh")
    return std::tanh(x);
  throw std::runtime_error("the reference does not know " + m);
}

double convolve(const OpDesc &op, const std::vector<const Tensor *> &x, const Shape &i) {
  const Tensor &in = *x[0], &weight = *x[1];
  const Shape &stride = intsAttr(op, "stride"), &dilation = intsAttr(op, "dilation"), &pad = intsAttr(op, "pad");
  const int64_t group = i[1] / (op.result.shape[1] / intAttr(op, "groups"));
  double sum = x.size() == 3 ? x[2]->data[static_cast<size_t>(i[1])] : 0;
  for (int64_t c = 0; c < weight.shape[1]; ++c)
    for (int64_t ky = 0; ky < weight.shape[2]; ++ky)
      for (int64_t kx = 0; kx < weight.shape[3]; ++kx) {
        const int64_t h = i[2] * stride[0] + ky * dilation[0] - pad[0], w = i[3] * stride[1] + kx * dilation[1] - pad[1];
        if (inside(in, h, w))
          sum += at(weight, i[1], c, ky, kx) * at(in, i[0], group * weight.shape[1] + c, h, w);
      }
  return sum;
}

double convolveTransposed(const OpDesc &op, const std::vector<const Tensor *> &x, const Shape &i) {
  const Tensor &in = *x[0], &weight = *x[1];
  const Shape &stride = intsAttr(op, "stride"), &dilation = intsAttr(op, "dilation"), &pad = intsAttr(op, "pad");
  const int64_t group = i[1] / weight.shape[1], inputs = in.shape[1] / intAttr(op, "groups");
  double sum = x.size() == 3 ? x[2]->data[static_cast<size_t>(i[1])] : 0;
  for (int64_t c = group * inputs; c < (group + 1) * inputs; ++c)
    for (int64_t ky = 0; ky < weight.shape[2]; ++ky)
      for (int64_t kx = 0; kx < weight.shape[3]; ++kx) {
        const int64_t h = i[2] + pad[0] - ky * dilation[0], w = i[3] + pad[1] - kx * dilation[1];
        if (h % stride[0] == 0 && w % stride[1] == 0 && inside(in, h / stride[0], w / stride[1]))
          sum += at(weight, c, i[1] % weight.shape[1], ky, kx) * at(in, i[0], c, h / stride[0], w / stride[1]);
      }
  return sum;
}

double pool(const OpDesc &op, const Tensor &in, const Shape &i) {
  const bool maximum = op.mnemonic == "max_pool";
  const Shape &kernel = intsAttr(op, "kernel"), &stride = intsAttr(op, "stride"), &pad = intsAttr(op, "pad");
  const Shape dilation = maximum ? intsAttr(op, "dilation") : Shape{1, 1};
  double best = -std::numeric_limits<double>::infinity(), sum = 0;
  int64_t cells = 0;
  for (int64_t ky = 0; ky < kernel[0]; ++ky)
    for (int64_t kx = 0; kx < kernel[1]; ++kx) {
      const int64_t h = i[2] * stride[0] + ky * dilation[0] - pad[0], w = i[3] * stride[1] + kx * dilation[1] - pad[1];
      const bool data = inside(in, h, w);
      if (data) {
        const double value = at(in, i[0], i[1], h, w);
        best = std::isnan(best) || std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : std::max(best, value);
        sum += value;
      }
      if (!maximum)
        cells += data || (boolAttr(op, "count_include_pad") && h < in.shape[2] + pad[2] && w < in.shape[3] + pad[3]);
    }
  return maximum ? best : sum / static_cast<double>(cells);
}

double padded(const OpDesc &op, const Tensor &in, const Shape &i) {
  const Shape &pad = intsAttr(op, "pad");
  const std::string &mode = stringAttr(op, "mode");
  int64_t position[2];
  for (int axis = 0; axis < 2; ++axis) {
    const int64_t last = in.shape[2 + axis] - 1;
    int64_t p = i[2 + axis] - pad[axis];
    if (mode == "constant" && (p < 0 || p > last))
      return doubleAttr(op, "value");
    if (mode == "reflect")
      p = p < 0 ? -p : p > last ? 2 * last - p : p;
    position[axis] = std::clamp<int64_t>(p, 0, last);
  }
  return at(in, i[0], i[1], position[0], position[1]);
}

/// Weights of the input cells of one output cell, as Pillow and PyTorch define bilinear resampling.
std::vector<std::pair<int64_t, double>> taps(int64_t input, int64_t output, int64_t i, bool antialias) {
  const double scale = static_cast<double>(input) / static_cast<double>(output), centre = (static_cast<double>(i) + 0.5) * scale;
  if (!antialias) {
    const double position = std::max(centre - 0.5, 0.0);
    const auto low = std::min(static_cast<int64_t>(position), input - 1);
    return {{low, 1 - (position - static_cast<double>(low))}, {std::min(low + 1, input - 1), position - static_cast<double>(low)}};
  }
  const double support = std::max(scale, 1.0);
  std::vector<std::pair<int64_t, double>> list;
  double sum = 0;
  for (auto cell = std::max<int64_t>(0, static_cast<int64_t>(centre - support + 0.5)); cell < std::min(input, static_cast<int64_t>(centre + support + 0.5));
       ++cell) {
    list.emplace_back(cell, std::max(0.0, 1 - std::abs(static_cast<double>(cell) + 0.5 - centre) / support));
    sum += list.back().second;
  }
  for (auto &[cell, weight] : list)
    weight /= sum;
  return list;
}

int64_t nearest(int64_t input, int64_t output, int64_t i) {
  if (output % input == 0 && output / input <= 2)
    return i / (output / input);
  return std::min(static_cast<int64_t>(static_cast<float>(i) * (static_cast<float>(input) / static_cast<float>(output))), input - 1);
}

double enlarged(const Tensor &in, const Shape &result, const Shape &i) {
  return at(in, i[0], i[1], nearest(in.shape[2], result[2], i[2]), nearest(in.shape[3], result[3], i[3]));
}

double pyramid(const OpDesc &op, const Tensor &in, const Shape &i) {
  const bool maximum = stringAttr(op, "mode") == "max";
  int64_t place = i[1];
  for (int64_t bins : intsAttr(op, "levels")) {
    if (place >= in.shape[1] * bins * bins) {
      place -= in.shape[1] * bins * bins;
      continue;
    }
    const int64_t row = place / bins % bins, column = place % bins;
    double best = -std::numeric_limits<double>::infinity(), sum = 0, cells = 0;
    // A cell is in a bin when their spans on the unit interval overlap.
    for (int64_t h = 0; h < in.shape[2]; ++h)
      for (int64_t w = 0; w < in.shape[3]; ++w)
        if ((h + 1) * bins > row * in.shape[2] && h * bins < (row + 1) * in.shape[2] && (w + 1) * bins > column * in.shape[3] &&
            w * bins < (column + 1) * in.shape[3]) {
          const double value = at(in, i[0], place / (bins * bins), h, w);
          best = std::isnan(best) || std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : std::max(best, value);
          sum += value, cells += 1;
        }
    return maximum ? best : sum / cells;
  }
  throw std::runtime_error("no level has this element");
}

double resized(const OpDesc &op, const Tensor &in, const Shape &i) {
  if (stringAttr(op, "mode") == "nearest")
    return enlarged(in, op.result.shape, i);
  double sum = 0;
  for (auto [h, wy] : taps(in.shape[2], op.result.shape[2], i[2], boolAttr(op, "antialias")))
    for (auto [w, wx] : taps(in.shape[3], op.result.shape[3], i[3], boolAttr(op, "antialias")))
      sum += wy * wx * at(in, i[0], i[1], h, w);
  return sum;
}

double softmax(const OpDesc &op, const Tensor &in, Shape i) {
  const auto axis = static_cast<size_t>(intAttr(op, "axis"));
  const double x = in.data[static_cast<size_t>(ravel(i, in.shape))];
  double peak = -std::numeric_limits<double>::infinity(), sum = 0;
  for (i[axis] = 0; i[axis] < in.shape[axis]; ++i[axis])
    peak = std::max(peak, in.data[static_cast<size_t>(ravel(i, in.shape))]);
  for (i[axis] = 0; i[axis] < in.shape[axis]; ++i[axis])
    sum += std::exp(in.data[static_cast<size_t>(ravel(i, in.shape))] - peak);
  return std::exp(x - peak) / sum;
}

double element(const OpDesc &op, const std::vector<const Tensor *> &x, const Shape &i) {
  const std::string &m = op.mnemonic;
  const Tensor &in = *x[0];
  auto same = [&] { return in.data[static_cast<size_t>(ravel(i, in.shape))]; };
  auto channel = [&](size_t operand) { return x[operand]->data[static_cast<size_t>(i[1])]; };
  if (m == "conv2d")
    return convolve(op, x, i);
  if (m == "conv_transpose2d")
    return convolveTransposed(op, x, i);
  if (m == "upsample_add")
    return enlarged(in, op.result.shape, i) + x[1]->data[static_cast<size_t>(ravel(i, op.result.shape))];
  if (m == "spatial_pyramid_pool")
    return pyramid(op, in, i);
  if (m == "dense") {
    double sum = x.size() == 3 ? x[2]->data[static_cast<size_t>(i[1])] : 0;
    for (int64_t k = 0; k < in.shape[1]; ++k)
      sum += x[1]->data[static_cast<size_t>(i[1] * in.shape[1] + k)] * in.data[static_cast<size_t>(i[0] * in.shape[1] + k)];
    return sum;
  }
  if (m == "max_pool" || m == "avg_pool")
    return pool(op, in, i);
  if (m == "global_avg_pool") {
    double sum = 0;
    for (int64_t h = 0; h < in.shape[2]; ++h)
      for (int64_t w = 0; w < in.shape[3]; ++w)
        sum += at(in, i[0], i[1], h, w);
    return sum / static_cast<double>(in.shape[2] * in.shape[3]);
  }
  if (m == "add")
    return broadcast(in, i) + broadcast(*x[1], i);
  if (m == "mul")
    return broadcast(in, i) * broadcast(*x[1], i);
  if (m == "bias")
    return same() + channel(1);
  if (m == "batch_norm")
    return (same() - channel(3)) / std::sqrt(channel(4) + doubleAttr(op, "epsilon")) * channel(1) + channel(2);
  if (m == "normalize")
    return (same() * doubleAttr(op, "scale") - doublesAttr(op, "mean")[static_cast<size_t>(i[1])]) / doublesAttr(op, "std")[static_cast<size_t>(i[1])];
  if (m == "convert_layout")
    return same();
  if (m == "flatten" || m == "reshape")
    return in.data[static_cast<size_t>(ravel(i, op.result.shape))];
  if (m == "transpose") {
    Shape own(i.size());
    for (size_t d = 0; d < i.size(); ++d)
      own[static_cast<size_t>(intsAttr(op, "perm")[d])] = i[d];
    return in.data[static_cast<size_t>(ravel(own, in.shape))];
  }
  if (m == "concat") {
    Shape own = i;
    const auto axis = static_cast<size_t>(intAttr(op, "axis"));
    size_t k = 0;
    for (; own[axis] >= x[k]->shape[axis]; ++k)
      own[axis] -= x[k]->shape[axis];
    return x[k]->data[static_cast<size_t>(ravel(own, x[k]->shape))];
  }
  if (m == "pad")
    return padded(op, in, i);
  if (m == "image_to_nchw")
    return in
        .data[static_cast<size_t>(ravel({i[0], i[2], i[3], std::get<bool>(op.attributes.at("reverse_channels")) ? in.shape[3] - 1 - i[1] : i[1]}, in.shape))];
  if (m == "center_crop") {
    auto offset = [](int64_t extent, int64_t size) { return static_cast<int64_t>(std::nearbyint(static_cast<double>(extent - size) / 2)); };
    return at(in, i[0], i[1], i[2] + offset(in.shape[2], op.result.shape[2]), i[3] + offset(in.shape[3], op.result.shape[3]));
  }
  if (m == "resize")
    return resized(op, in, i);
  if (m == "softmax")
    return softmax(op, in, i);
  if (m == "lrn") {
    const int64_t size = intAttr(op, "size");
    double sum = 0;
    for (int64_t c = std::max<int64_t>(0, i[1] - (size - 1) / 2); c <= std::min(in.shape[1] - 1, i[1] + size / 2); ++c)
      sum += at(in, i[0], c, i[2], i[3]) * at(in, i[0], c, i[2], i[3]);
    return same() / std::pow(doubleAttr(op, "k") + doubleAttr(op, "alpha") / static_cast<double>(size) * sum, doubleAttr(op, "beta"));
  }
  return activation(op, same());
}

} // namespace

Elements evaluate(const KernelSpec &spec, const std::vector<Elements> &inputs) {
  std::vector<Tensor> values;
  for (size_t i = 0; i < inputs.size(); ++i)
    values.push_back({spec.inputs[i].shape, inputs[i]});
  for (const OpDesc &op : spec.ops) {
    Tensor result{op.result.shape, Elements(static_cast<size_t>(elementsOf(op.result.shape)))};
    std::vector<const Tensor *> operands;
    for (int operand : op.operands)
      operands.push_back(&values[static_cast<size_t>(operand)]);
    for (size_t flat = 0; flat < result.data.size(); ++flat)
      result.data[flat] = element(op, operands, unravel(static_cast<int64_t>(flat), op.result.shape));
    values.push_back(std::move(result));
  }
  return values.back().data;
}

} // namespace cnnc::kernels::test
