// The decomposition against matrices whose singular values are known.
#include "lowering/graph/MatrixMath.h"
#include "lowering/graph/Svd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace cnnc {
namespace {

/// `count` orthonormal rows of length n: products of random reflections.
Matrix orthonormalRows(int64_t count, int64_t n, unsigned seed) {
  std::mt19937 random(seed);
  Matrix q(count, n);
  for (int64_t i = 0; i < count; ++i)
    q.row(i)[i] = 1;
  for (int reflection = 0; reflection < 3; ++reflection) {
    std::vector<double> v;
    double square = 0;
    for (int64_t k = 0; k < n; ++k) {
      v.push_back(static_cast<double>(random()) / 4294967296.0 - 0.5);
      square += v.back() * v.back();
    }
    for (int64_t i = 0; i < count; ++i) {
      double dot = 0;
      for (int64_t k = 0; k < n; ++k)
        dot += q.row(i)[k] * v[k];
      for (int64_t k = 0; k < n; ++k)
        q.row(i)[k] -= 2 * dot / square * v[k];
    }
  }
  return q;
}

/// [rows, columns] with the singular values given.
std::vector<float> withSingularValues(const std::vector<double> &values, int64_t rows, int64_t columns) {
  const auto count = static_cast<int64_t>(values.size());
  const Matrix u = orthonormalRows(count, rows, 1), v = orthonormalRows(count, columns, 2);
  std::vector<float> w;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (int64_t i = 0; i < count; ++i)
        sum += u.row(i)[r] * values[static_cast<size_t>(i)] * v.row(i)[c];
      w.push_back(static_cast<float>(sum));
    }
  return w;
}

/// |w - u sv| / |w|.
double distance(const TruncatedSvd &svd, const std::vector<float> &w, int64_t rows, int64_t columns, int64_t rank) {
  double difference = 0, norm = 0;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (int64_t i = 0; i < rank; ++i)
        sum += static_cast<double>(svd.u[static_cast<size_t>(r * rank + i)]) * svd.sv[static_cast<size_t>(i * columns + c)];
      const double element = w[static_cast<size_t>(r * columns + c)];
      difference += (element - sum) * (element - sum), norm += element * element;
    }
  return std::sqrt(difference / norm);
}

void check(int64_t rows, int64_t columns, const std::vector<double> &values, int64_t rank) {
  const std::vector<float> w = withSingularValues(values, rows, columns);
  const TruncatedSvd svd = truncatedSvd(w, rows, columns, rank);
  double kept = 0, total = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    total += values[i] * values[i];
    if (static_cast<int64_t>(i) < rank) {
      kept += values[i] * values[i];
      EXPECT_NEAR(svd.singular[i], values[i], 1e-6 * values[0]) << rows << " x " << columns << ", value " << i;
    }
  }
  EXPECT_NEAR(svd.energy, kept / total, 1e-6);
  EXPECT_NEAR(svd.error, std::sqrt((total - kept) / total), 1e-6);
  EXPECT_NEAR(distance(svd, w, rows, columns, rank), svd.error, 1e-6);
}

TEST(TruncatedSvd, FindsKnownSingularValues) {
  for (auto [rows, columns] : {std::pair<int64_t, int64_t>{5, 9}, {9, 5}, {40, 300}, {300, 40}, {129, 257}})
    for (int64_t rank : {1, 3})
      check(rows, columns, {8, 4, 2, 1}, rank);
}

TEST(TruncatedSvd, OfAnExactRankHasNoError) {
  check(60, 45, {5, 5, 3, 0.01}, 4);
  check(7, 64, {2}, 1);
  check(64, 64, {2}, 3); // asked for more than there is
}

TEST(TruncatedSvd, ReachesTheBestErrorOnAFallingSpectrum) {
  std::vector<double> values;
  for (int i = 0; i < 150; ++i)
    values.push_back(1 / (1.0 + 0.05 * i));
  const std::vector<float> w = withSingularValues(values, 150, 400);
  const TruncatedSvd svd = truncatedSvd(w, 150, 400, 40);
  double kept = 0, total = 0;
  for (int i = 0; i < 150; ++i)
    total += values[i] * values[i], kept += i < 40 ? values[i] * values[i] : 0;
  EXPECT_NEAR(svd.energy, kept / total, 1e-4);
  EXPECT_NEAR(distance(svd, w, 150, 400, 40), svd.error, 1e-6);
}

TEST(TruncatedSvd, OfZerosIsZeros) {
  const TruncatedSvd svd = truncatedSvd(std::vector<float>(12 * 20, 0.0f), 12, 20, 2);
  EXPECT_EQ(svd.energy, 1);
  EXPECT_EQ(svd.error, 0);
  for (float value : svd.sv)
    EXPECT_EQ(value, 0);
  for (float value : svd.u)
    EXPECT_TRUE(std::isfinite(value));
}

TEST(Eigen, OfASymmetricMatrixReproducesIt) {
  for (int64_t n : {1, 2, 3, 17, 64}) {
    std::mt19937 random(static_cast<unsigned>(n));
    Matrix a(n, n);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j <= i; ++j)
        a.row(i)[j] = a.row(j)[i] = static_cast<double>(random() % 21) - 10;
    const Eigen eigen = eigenOfSymmetric(a);
    EXPECT_TRUE(std::ranges::is_sorted(eigen.values, std::greater<>()));
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0, dot = 0;
        for (int64_t k = 0; k < n; ++k) {
          sum += eigen.vectors.row(k)[i] * eigen.values[static_cast<size_t>(k)] * eigen.vectors.row(k)[j];
          dot += eigen.vectors.row(i)[k] * eigen.vectors.row(j)[k];
        }
        EXPECT_NEAR(sum, a.row(i)[j], 1e-11);
        EXPECT_NEAR(dot, i == j ? 1 : 0, 1e-13);
      }
  }
}

TEST(Product, OfIntegersIsExact) {
  const int64_t m = 131, k = 517, n = 263;
  Matrix a(m, k), b(k, n);
  for (size_t i = 0; i < a.data.size(); ++i)
    a.data[i] = static_cast<double>(i * 7 % 13) - 6;
  for (size_t i = 0; i < b.data.size(); ++i)
    b.data[i] = static_cast<double>(i * 5 % 11) - 5;
  const Matrix c = product(view(a), view(b)), gram = product(view(a), view(a).transposed(), true);
  for (auto [i, j] : {std::pair<int64_t, int64_t>{0, 0}, {130, 262}, {64, 255}, {127, 256}}) {
    double sum = 0;
    for (int64_t l = 0; l < k; ++l)
      sum += a.row(i)[l] * b.row(l)[j];
    EXPECT_EQ(c.row(i)[j], sum);
  }
  for (auto [i, j] : {std::pair<int64_t, int64_t>{0, 130}, {130, 0}, {5, 5}}) {
    double sum = 0;
    for (int64_t l = 0; l < k; ++l)
      sum += a.row(i)[l] * a.row(j)[l];
    EXPECT_EQ(gram.row(i)[j], sum);
  }
}

} // namespace
} // namespace cnnc
