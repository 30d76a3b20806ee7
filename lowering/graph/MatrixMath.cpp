#include "lowering/graph/MatrixMath.h"

#include "llvm/Support/Parallel.h"

#include <algorithm>
#include <cmath>
#include <numeric>

// A product and a sum are rounded one by one: with fused ones the bits would depend on the machine.
#pragma clang fp contract(off)

namespace cnnc {
namespace {

//===-- Products ---------------------------------------------------------------------------------------------------------------===//

constexpr int64_t lanes = 8, tile = 8;                            // a register tile is `tile` rows x `lanes` columns
constexpr int64_t rowBlock = 128, columnBlock = 256, depth = 256; // packed blocks that fit L2

typedef double Vector __attribute__((vector_size(lanes * sizeof(double)), aligned(8)));

/// c[tile][lanes] += a[k][tile] * b[k][lanes].
__attribute__((always_inline)) inline void addTile(const double *a, const double *b, double *c) {
  Vector sums[tile];
#pragma clang loop unroll(full)
  for (int i = 0; i < tile; ++i)
    sums[i] = *reinterpret_cast<const Vector *>(c + i * lanes);
  for (int64_t k = 0; k < depth; ++k) {
    const Vector column = *reinterpret_cast<const Vector *>(b + k * lanes);
#pragma clang loop unroll(full)
    for (int i = 0; i < tile; ++i)
      sums[i] += column * a[k * tile + i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < tile; ++i)
    *reinterpret_cast<Vector *>(c + i * lanes) = sums[i];
}

using AddTile = void (*)(const double *, const double *, double *);
void addTileAny(const double *a, const double *b, double *c) { addTile(a, b, c); }
#if defined(__x86_64__)
__attribute__((target("avx2"))) void addTileAvx2(const double *a, const double *b, double *c) { addTile(a, b, c); }
__attribute__((target("avx512f"))) void addTileAvx512(const double *a, const double *b, double *c) { addTile(a, b, c); }
AddTile fastestTile() { return __builtin_cpu_supports("avx512f") ? addTileAvx512 : __builtin_cpu_supports("avx2") ? addTileAvx2 : addTileAny; }
#else
AddTile fastestTile() { return addTileAny; }
#endif

/// Panels of `width` rows of a view, [rows / width][depth][width]; zeros past its ends.
template <typename T> void pack(const MatrixView<T> &m, int64_t row, int64_t rows, int64_t k, int64_t width, std::vector<double> &packed) {
  packed.assign(static_cast<size_t>(rows * depth), 0.0);
  const int64_t present = std::min(rows, m.rows - row), deep = std::min(depth, m.columns - k);
  for (int64_t r = 0; r < present; ++r) {
    const T *from = m.data + (row + r) * m.rowStride + k * m.columnStride;
    double *to = packed.data() + r / width * depth * width + r % width;
    for (int64_t d = 0; d < deep; ++d)
      to[d * width] = static_cast<double>(from[d * m.columnStride]);
  }
}

} // namespace

template <typename A, typename B> Matrix product(const MatrixView<A> &a, const MatrixView<B> &b, bool symmetric) {
  Matrix c(a.rows, b.columns);
  const MatrixView<B> columns = b.transposed();
  const AddTile add = fastestTile();
  const int64_t across = (b.columns + columnBlock - 1) / columnBlock, down = (a.rows + rowBlock - 1) / rowBlock;
  llvm::parallelFor(0, static_cast<size_t>(across * down), [&](size_t task) {
    const int64_t row = static_cast<int64_t>(task) / across * rowBlock, column = static_cast<int64_t>(task) % across * columnBlock;
    if (symmetric && column >= row + rowBlock)
      return;
    std::vector<double> left, right, sums(static_cast<size_t>(rowBlock * columnBlock)); // sums in register tiles
    for (int64_t k = 0; k < a.columns; k += depth) {
      pack(a, row, rowBlock, k, tile, left);
      pack(columns, column, columnBlock, k, lanes, right);
      for (int64_t j = 0; j < columnBlock / lanes && column + j * lanes < b.columns; ++j)
        for (int64_t i = 0; i < rowBlock / tile && row + i * tile < a.rows; ++i)
          add(left.data() + i * depth * tile, right.data() + j * depth * lanes, sums.data() + (j * (rowBlock / tile) + i) * tile * lanes);
    }
    for (int64_t i = row; i < std::min(row + rowBlock, a.rows); ++i)
      for (int64_t j = column; j < std::min(column + columnBlock, b.columns); ++j) {
        const int64_t r = i - row, s = j - column;
        c.row(i)[j] = sums[static_cast<size_t>((s / lanes * (rowBlock / tile) + r / tile) * tile * lanes + r % tile * lanes + s % lanes)];
      }
  });
  for (int64_t i = 0; symmetric && i < c.rows; ++i)
    for (int64_t j = i + 1; j < c.columns; ++j)
      c.row(i)[j] = c.row(j)[i];
  return c;
}

template Matrix product(const MatrixView<float> &, const MatrixView<float> &, bool);
template Matrix product(const MatrixView<double> &, const MatrixView<float> &, bool);
template Matrix product(const MatrixView<double> &, const MatrixView<double> &, bool);

double dot(const double *x, const double *y, int64_t n) {
  Vector sums = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    sums += *reinterpret_cast<const Vector *>(x + i) * *reinterpret_cast<const Vector *>(y + i);
  double sum = 0;
  for (int64_t k = 0; k < lanes; ++k)
    sum += sums[k];
  for (; i < n; ++i)
    sum += x[i] * y[i];
  return sum;
}

void subtract(double factor, const double *x, double *y, int64_t n) {
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    *reinterpret_cast<Vector *>(y + i) -= *reinterpret_cast<const Vector *>(x + i) * factor;
  for (; i < n; ++i)
    y[i] -= factor * x[i];
}

//===-- Eigenvectors -----------------------------------------------------------------------------------------------------------===//

namespace {

double length(double x, double y) { return std::sqrt(x * x + y * y); }

/// (x, y) <- (c x - s y, s x + c y).
void turn(double *x, double *y, double c, double s, int64_t n) {
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    Vector &vx = *reinterpret_cast<Vector *>(x + i), &vy = *reinterpret_cast<Vector *>(y + i);
    const Vector before = vx;
    vx = before * c - vy * s;
    vy = before * s + vy * c;
  }
  for (; i < n; ++i) {
    const double before = x[i];
    x[i] = c * before - s * y[i];
    y[i] = s * before + c * y[i];
  }
}

struct Tridiagonal {
  std::vector<double> diagonal, below; // below[i] couples i and i + 1
};

/// Reflects column after column of `a` onto its subdiagonal. Row i of `a` keeps, past the diagonal, the unit vector of reflection i.
Tridiagonal reduce(Matrix &a) {
  const int64_t n = a.rows;
  Tridiagonal t{std::vector<double>(static_cast<size_t>(n)), std::vector<double>(static_cast<size_t>(n))};
  std::vector<double> p(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    t.diagonal[i] = a.row(i)[i];
    double *v = a.row(i); // symmetric: row i is column i
    const int64_t from = i + 1, rest = n - from;
    const double norm = std::sqrt(dot(v + from, v + from, rest));
    if (i + 1 == n || norm == 0)
      continue;
    const double to = v[i + 1] > 0 ? -norm : norm;
    t.below[i] = to;
    v[i + 1] -= to;
    const double whole = std::sqrt(2 * norm * std::abs(v[i + 1]));
    for (int64_t j = i + 1; j < n; ++j)
      v[j] /= whole;
    // A -= 2 v q^T + 2 q v^T with q = A v - (v^T A v) v.
    double scale = 0;
    for (int64_t j = i + 1; j < n; ++j) {
      p[j] = dot(a.row(j) + from, v + from, rest);
      scale += p[j] * v[j];
    }
    for (int64_t j = i + 1; j < n; ++j)
      p[j] -= scale * v[j];
    for (int64_t j = i + 1; j < n; ++j) {
      subtract(2 * v[j], p.data() + from, a.row(j) + from, rest);
      subtract(2 * p[j], v + from, a.row(j) + from, rest);
    }
  }
  return t;
}

/// Diagonalises; `rotate(i, c, s)` turns vectors i and i + 1: (v[i], v[i+1]) <- (c v[i] - s v[i+1], s v[i] + c v[i+1]).
template <typename Rotate> void diagonalise(Tridiagonal &t, Rotate rotate) {
  const int64_t n = static_cast<int64_t>(t.diagonal.size());
  std::vector<double> &d = t.diagonal, &e = t.below;
  double norm = 0;
  for (int64_t i = 0; i < n; ++i)
    norm = std::max(norm, std::abs(d[i]) + std::abs(e[i]));
  for (int64_t first = 0; first < n; ++first)
    for (;;) {
      int64_t last = first;
      while (last + 1 < n && std::abs(e[last]) > 0x1p-52 * (std::abs(d[last]) + std::abs(d[last + 1])) + 0x1p-60 * norm)
        ++last;
      if (last == first)
        break;
      // The eigenvalue of the first 2 x 2 block that is nearer to its corner.
      const double half = (d[first + 1] - d[first]) / (2 * e[first]), root = length(half, 1.0);
      double g = d[last] - d[first] + e[first] / (half + std::copysign(root, half)), s = 1, c = 1, p = 0;
      int64_t i = last - 1;
      for (; i >= first; --i) {
        const double f = s * e[i], b = c * e[i], r = length(f, g);
        e[i + 1] = r;
        if (r == 0) {
          d[i + 1] -= p;
          e[last] = 0;
          break;
        }
        s = f / r, c = g / r;
        g = d[i + 1] - p;
        const double q = (d[i] - g) * s + 2 * c * b;
        p = s * q;
        d[i + 1] = g + p;
        g = c * q - b;
        rotate(i, c, s);
      }
      if (i >= first)
        continue;
      d[first] -= p;
      e[first] = g;
      e[last] = 0;
    }
}

} // namespace

Eigen eigenOfSymmetric(Matrix a) {
  const int64_t n = a.rows;
  Tridiagonal t = reduce(a);
  Matrix vectors(n, n); // row k: eigenvector k, at first of the tridiagonal matrix
  for (int64_t i = 0; i < n; ++i)
    vectors.row(i)[i] = 1;
  diagonalise(t, [&](int64_t i, double c, double s) { turn(vectors.row(i), vectors.row(i + 1), c, s, n); });
  // Back through the reflections, the last first.
  llvm::parallelFor(0, static_cast<size_t>(n), [&](size_t k) {
    double *x = vectors.row(static_cast<int64_t>(k));
    for (int64_t i = n - 2; i >= 0; --i) {
      const double *v = a.row(i); // zeros where there was nothing to reflect
      subtract(2 * dot(v + i + 1, x + i + 1, n - i - 1), v + i + 1, x + i + 1, n - i - 1);
    }
  });
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](int64_t x, int64_t y) { return t.diagonal[x] != t.diagonal[y] ? t.diagonal[x] > t.diagonal[y] : x < y; });
  Eigen result{{}, Matrix(n, n)};
  for (int64_t i = 0; i < n; ++i) {
    result.values.push_back(t.diagonal[order[i]]);
    std::copy_n(vectors.row(order[i]), n, result.vectors.row(i));
  }
  return result;
}

} // namespace cnnc
