#include "lowering/kernels/Winograd.h"

#include <cmath>
#include <cstring>

namespace cnnc::kernels {
namespace {

/// Coefficients of the product of (x - p) over all points but the one numbered `without`, the constant first.
std::vector<double> productOfRoots(const std::vector<double> &points, size_t without) {
  std::vector<double> polynomial = {1};
  for (size_t l = 0; l < points.size(); ++l) {
    if (l == without)
      continue;
    polynomial.push_back(0);
    for (size_t k = polynomial.size() - 1; k > 0; --k)
      polynomial[k] = polynomial[k - 1] - points[l] * polynomial[k];
    polynomial[0] *= -points[l];
  }
  return polynomial;
}

} // namespace

MinimalFilter minimalFilter(int64_t tile, int64_t taps) {
  static constexpr double candidates[] = {0, 1, -1, 2, -2, 0.5, -0.5};
  const auto m = static_cast<size_t>(tile), r = static_cast<size_t>(taps), n = m + r - 1;
  const std::vector<double> points(candidates, candidates + n - 1);
  MinimalFilter f;
  f.result.assign(m, std::vector<double>(n, 0));
  for (size_t j = 0; j + 1 < n; ++j) {
    std::vector<double> roots = productOfRoots(points, j);
    double scale = 0, power = 1;
    for (double coefficient : roots)
      scale += coefficient * power, power *= points[j];
    const double sign = scale < 0 ? -1 : 1;
    for (double &coefficient : roots)
      coefficient *= sign;
    roots.resize(n, 0);
    f.data.push_back(std::move(roots));
    f.filter.emplace_back();
    for (size_t k = 0; k < r; ++k)
      f.filter.back().push_back(std::pow(points[j], static_cast<double>(k)) / (scale * sign));
    for (size_t i = 0; i < m; ++i)
      f.result[i][j] = std::pow(points[j], static_cast<double>(i));
  }
  f.data.push_back(productOfRoots(points, points.size()));
  f.filter.emplace_back(r, 0);
  f.filter.back()[r - 1] = 1;
  f.result[m - 1][n - 1] = 1;
  return f;
}

std::vector<float> transformFilters(const void *filters, bool splat, const std::vector<int64_t> &shape, const WinogradTile &tile) {
  const size_t rank = shape.size();
  const int64_t rows = shape[rank - 2], columns = shape[rank - 1];
  const int64_t toRows = transformedExtent(tile[0], rows), toColumns = transformedExtent(tile[1], columns);
  const auto matrix = [](int64_t m, int64_t taps) {
    if (m > 1)
      return minimalFilter(m, taps).filter;
    MinimalFilter::Matrix identity(static_cast<size_t>(taps), std::vector<double>(static_cast<size_t>(taps), 0));
    for (size_t k = 0; k < identity.size(); ++k)
      identity[k][k] = 1;
    return identity;
  };
  const MinimalFilter::Matrix left = matrix(tile[0], rows), right = matrix(tile[1], columns);
  int64_t count = 1;
  for (size_t d = 0; d + 2 < rank; ++d)
    count *= shape[d];
  std::vector<float> result(static_cast<size_t>(count * toRows * toColumns));
  std::vector<double> half(static_cast<size_t>(toRows * columns));
  std::vector<float> filter(static_cast<size_t>(rows * columns));
  if (float value; splat) {
    std::memcpy(&value, filters, sizeof value);
    filter.assign(filter.size(), value);
  }
  float *target = result.data();
  for (int64_t number = 0; number < count; ++number) {
    if (!splat)
      std::memcpy(filter.data(), static_cast<const char *>(filters) + static_cast<size_t>(number) * filter.size() * sizeof(float),
                  filter.size() * sizeof(float));
    for (int64_t i = 0; i < toRows; ++i)
      for (int64_t x = 0; x < columns; ++x) {
        double sum = 0;
        for (int64_t y = 0; y < rows; ++y)
          sum += left[i][y] * filter[y * columns + x];
        half[i * columns + x] = sum;
      }
    for (int64_t i = 0; i < toRows; ++i)
      for (int64_t j = 0; j < toColumns; ++j) {
        double sum = 0;
        for (int64_t x = 0; x < columns; ++x)
          sum += half[i * columns + x] * right[j][x];
        *target++ = static_cast<float>(sum);
      }
  }
  return result;
}

} // namespace cnnc::kernels
