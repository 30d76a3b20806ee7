// Minimal filtering F(m, r): m results of a filter of r taps from m + r - 1 products. Winograd 1980, "Arithmetic Complexity of Computations"; for
// convolutions Lavin & Gray 2016, arXiv:1509.09308; built by Cook-Toom from the points 0, 1, -1, 2, -2, ... and infinity.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cnnc::kernels {

/// The matrices of F(m, r), m + r - 1 = n: results = AT ((G g) * (BT d)), the product element by element, for a filter g of r taps and n cells d.
struct MinimalFilter {
  using Matrix = std::vector<std::vector<double>>;
  Matrix data;   ///< BT, n x n.
  Matrix filter; ///< G, n x r.
  Matrix result; ///< AT, m x n.
};

/// 1 <= tile <= 6, 1 <= taps, tile + taps <= 9. One tap or a tile of 1 leaves the filter as it is.
MinimalFilter minimalFilter(int64_t tile, int64_t taps);

/// Output tiles of the last two dimensions of a filter, rows and columns; 1: that dimension is left as it is.
using WinogradTile = std::array<int64_t, 2>;

/// Cells that a dimension of `taps` taps has after its transform.
inline int64_t transformedExtent(int64_t tile, int64_t taps) { return tile == 1 ? taps : tile + taps - 1; }

/// G g GT of every filter [..., rows, columns] of a row-major f32 tensor at any address, summed in f64. `splat`: one element stands for all.
std::vector<float> transformFilters(const void *filters, bool splat, const std::vector<int64_t> &shape, const WinogradTile &tile);

} // namespace cnnc::kernels
