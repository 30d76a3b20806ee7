// The singular value decomposition of a weight matrix, cut off at a rank.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace cnnc {

/// W ~ U S V^T with the largest singular values.
struct TruncatedSvd {
  std::vector<float> u;         ///< U, [rows, rank].
  std::vector<float> sv;        ///< S V^T, [rank, columns].
  std::vector<double> singular; ///< The singular values kept, falling.
  double energy = 0;            ///< Sum of the squares of those kept over that of all; 1 for a matrix of zeros.
  double error = 0;             ///< |W - U S V^T| / |W| in the Frobenius norm, before U and S V^T are rounded to f32.
};

/// Decomposes `w` [rows, columns], row-major and finite, 1 <= rank <= min(rows, columns). Computed in f64 by subspace iteration on the Gram
/// matrix of the shorter side (Halko, Martinsson and Tropp, "Finding structure with randomness", 2011), so that singular values below 1e-8 of
/// the largest are not told from zero. The same bits on any machine and for any number of threads.
TruncatedSvd truncatedSvd(llvm::ArrayRef<float> w, int64_t rows, int64_t columns, int64_t rank);

} // namespace cnnc
