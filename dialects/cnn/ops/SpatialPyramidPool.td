#ifndef CNN_SPATIALPYRAMIDPOOL_TD
#define CNN_SPATIALPYRAMIDPOOL_TD
include "dialects/cnn/CnnBase.td"

def Cnn_SpatialPyramidPoolOp : Cnn_Op<"spatial_pyramid_pool", [ChannelBlockable]> {
  let summary = "Pools a map of any size into grids of n x n bins, one for each n of `levels`, as one vector (SPPnet, He et al. 2014).";
  let description = [{
    Bin i of n along an extent of H cells spans cells floor(i*H/n) up to, not including, ceil((i+1)*H/n); the bins cover the map and
    may overlap. Each level is [C, n, n] flattened; levels stand in the given order: result [N, C * sum of n*n]. `mode` is "max" (NaN
    wins) or "average". Source: torch.nn.AdaptiveMaxPool2d and AdaptiveAvgPool2d, flattened and concatenated.

    Constraints:
    - C1: the input has rank 4.
    - C2: levels are 1 to 16 counts in [1, 2^10].
    - C3: mode is "max" or "average".
  }];
  let arguments = (ins Cnn_F32:$input, DenseI64ArrayAttr:$levels, DefaultValuedStrAttr<StrAttr, "max">:$mode);
  let results = (outs Cnn_F32:$result);
  let extraClassDeclaration = [{
    /// Cells [begin, end) of bin `index` of `bins` along `extent` cells.
    static std::pair<int64_t, int64_t> cellsOfBin(int64_t index, int64_t bins, int64_t extent) {
      return {index * extent / bins, ((index + 1) * extent + bins - 1) / bins};
    }
  }];
}

#endif
