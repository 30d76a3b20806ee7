#include "lowering/graph/Svd.h"

#include "lowering/graph/MatrixMath.h"

#include <algorithm>
#include <cmath>
#include <random>

#pragma clang fp contract(off)

namespace cnnc {
namespace {

/// Takes from rows [first, first + count) of `m` what they share with the rows before `first`.
void project(Matrix &m, int64_t first, int64_t count) {
  if (first == 0)
    return;
  const auto before = view(m).someRows(0, first);
  const Matrix shares = product(view(m).someRows(first, count), before.transposed());
  const Matrix common = product(view(shares), before);
  for (int64_t i = 0; i < count; ++i)
    subtract(1, common.row(i), m.row(first + i), m.columns);
}

/// Gram-Schmidt, twice, in blocks of rows. A row that is a combination of those before it becomes zero.
void orthonormalise(Matrix &m) {
  constexpr int64_t block = 64;
  const int64_t n = m.columns;
  for (int64_t first = 0; first < m.rows; first += block) {
    const int64_t count = std::min(block, m.rows - first);
    std::vector<double> lengths;
    for (int64_t i = first; i < first + count; ++i)
      lengths.push_back(std::sqrt(dot(m.row(i), m.row(i), n)));
    for (int pass = 0; pass < 2; ++pass) {
      project(m, first, count);
      for (int64_t i = first; i < first + count; ++i) {
        double *row = m.row(i);
        for (int64_t j = first; j < i; ++j) {
          subtract(dot(row, m.row(j), n), m.row(j), row, n);
        }
        const double length = std::sqrt(dot(row, row, n));
        const bool nothing = length <= 1e-12 * lengths[static_cast<size_t>(i - first)];
        for (int64_t k = 0; k < n; ++k)
          row[k] = nothing ? 0 : row[k] / length;
        lengths[static_cast<size_t>(i - first)] = 1;
      }
    }
  }
}

/// Rows that span the `count` leading eigenvectors of the Gram matrix `g`, about.
Matrix leadingSubspace(const Matrix &g, int64_t count, double total) {
  constexpr int mostSteps = 16;
  const int64_t n = g.rows;
  Matrix q(count, n);
  if (count == n) {
    for (int64_t i = 0; i < n; ++i)
      q.row(i)[i] = 1;
    return q;
  }
  std::mt19937_64 random(1);
  for (double &x : q.data)
    x = static_cast<double>(random() >> 11) * 0x1p-52 - 1;
  double before = 0;
  for (int step = 0; step < mostSteps; ++step) {
    orthonormalise(q);
    Matrix next = product(view(q), view(g));
    double captured = 0;
    for (int64_t i = 0; i < count; ++i)
      captured += dot(next.row(i), q.row(i), n);
    if (step > 1 && captured - before <= 1e-5 * total)
      return q;
    before = captured;
    q = std::move(next);
  }
  orthonormalise(q);
  return q;
}

} // namespace

TruncatedSvd truncatedSvd(llvm::ArrayRef<float> w, int64_t rows, int64_t columns, int64_t rank) {
  const bool wide = rows <= columns;
  const MatrixView<float> given{w.data(), rows, columns, columns, 1}, x = wide ? given : given.transposed(); // x: shorter side first
  double total = 0;
  for (float value : w)
    total += static_cast<double>(value) * static_cast<double>(value);

  const Matrix gram = product(x, x.transposed(), /*symmetric=*/true);
  const int64_t spare = std::max<int64_t>(8, rank / 16);
  const Matrix q = leadingSubspace(gram, std::min(x.rows, rank + spare), total);
  const Matrix image = product(view(q), view(gram));
  const Eigen eigen = eigenOfSymmetric(product(view(image), view(q).transposed(), /*symmetric=*/true));
  const Matrix left = product(view(eigen.vectors).someRows(0, rank), view(q)); // [rank, shorter]
  const Matrix right = product(view(left), x);                                 // [rank, longer], each row as long as its singular value

  TruncatedSvd result;
  double kept = 0;
  for (int64_t i = 0; i < rank; ++i) {
    const double square = dot(right.row(i), right.row(i), right.columns);
    kept += square;
    result.singular.push_back(std::sqrt(square));
  }
  result.energy = total > 0 ? std::min(1.0, kept / total) : 1;
  result.error = total > 0 ? std::sqrt(std::max(0.0, total - kept) / total) : 0;

  const Matrix &u = wide ? left : right, &v = wide ? right : left;
  result.u.resize(static_cast<size_t>(rows * rank));
  result.sv.resize(static_cast<size_t>(rank * columns));
  for (int64_t i = 0; i < rank; ++i) {
    const double length = result.singular[static_cast<size_t>(i)], uScale = wide ? 1 : length > 0 ? 1 / length : 0, vScale = wide ? 1 : length;
    for (int64_t r = 0; r < rows; ++r)
      result.u[static_cast<size_t>(r * rank + i)] = static_cast<float>(u.row(i)[r] * uScale);
    for (int64_t c = 0; c < columns; ++c)
      result.sv[static_cast<size_t>(i * columns + c)] = static_cast<float>(v.row(i)[c] * vScale);
  }
  return result;
}

} // namespace cnnc
