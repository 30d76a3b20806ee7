// Dense f64 matrices: products and eigenvectors. All results are the same bits on any machine and for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cnnc {

/// A row-major matrix.
struct Matrix {
  int64_t rows, columns;
  std::vector<double> data;
  Matrix(int64_t rows, int64_t columns) : rows(rows), columns(columns), data(static_cast<std::size_t>(rows * columns)) {}
  double *row(int64_t i) { return data.data() + i * columns; }
  const double *row(int64_t i) const { return data.data() + i * columns; }
};

/// Elements of a matrix in memory, f32 or f64, at any strides: a transposed matrix is one with its strides swapped.
template <typename T> struct MatrixView {
  const T *data;
  int64_t rows, columns, rowStride, columnStride;
  MatrixView transposed() const { return {data, columns, rows, columnStride, rowStride}; }
  MatrixView someRows(int64_t first, int64_t count) const { return {data + first * rowStride, count, columns, rowStride, columnStride}; }
};
inline MatrixView<double> view(const Matrix &m) { return {m.data.data(), m.rows, m.columns, m.columns, 1}; }

/// a * b in f64. Of a product known to be symmetric half is computed.
template <typename A, typename B> Matrix product(const MatrixView<A> &a, const MatrixView<B> &b, bool symmetric = false);

/// Of vectors of n elements: x * y, and y -= factor * x.
double dot(const double *x, const double *y, int64_t n);
void subtract(double factor, const double *x, double *y, int64_t n);

/// Eigenvalues, falling, and eigenvectors, as rows, of a symmetric matrix, by Householder's reduction to a tridiagonal matrix and QL steps with
/// implicit shifts (Golub and Van Loan, "Matrix Computations", 8.3).
struct Eigen {
  std::vector<double> values;
  Matrix vectors;
};
Eigen eigenOfSymmetric(Matrix a);

} // namespace cnnc
