#include "lowering/kernels/Registry.h"

#include <algorithm>
#include <iterator>

namespace cnnc::kernels {

#define STEM(Stem) extern const Algorithm Stem##Algorithm;
#define KERNEL(Stem, variant, target) extern const Template Stem##_##variant##_##target;
#include "lowering/kernels/Kernels.inc"

namespace {
const Algorithm *const allAlgorithms[] = {
#define STEM(Stem) &Stem##Algorithm,
#define KERNEL(Stem, variant, target)
#include "lowering/kernels/Kernels.inc"
};
const Template *const allTemplates[] = {
#define STEM(Stem)
#define KERNEL(Stem, variant, target) &Stem##_##variant##_##target,
#include "lowering/kernels/Kernels.inc"
};
} // namespace

std::span<const Algorithm *const> algorithms() { return allAlgorithms; }
std::span<const Template *const> templates() { return allTemplates; }

const Algorithm *findAlgorithm(const std::string &mnemonic) {
  for (const Algorithm *algorithm : allAlgorithms)
    if (std::ranges::find(algorithm->mnemonics, mnemonic) != algorithm->mnemonics.end())
      return algorithm;
  return nullptr;
}

const Template *findTemplate(const std::string &name) {
  auto it = std::ranges::find_if(allTemplates, [&](const Template *candidate) { return candidate->name == name; });
  return it == std::end(allTemplates) ? nullptr : *it;
}

std::optional<std::string> malformed(const TensorDesc &tensor) {
  const bool hasHalo = tensor.halo != std::array<int64_t, 4>{};
  constexpr int64_t limit = int64_t(1) << 40;
  if (tensor.shape.size() > 8)
    return "rank " + std::to_string(tensor.shape.size()) + " is above 8";
  if (tensor.block < 0 || tensor.block > 256)
    return "block " + std::to_string(tensor.block) + " is outside 0..256";
  if (tensor.block == 0 && hasHalo)
    return "a plain tensor has no halo; use block 1";
  if (tensor.block > 0 && tensor.shape.size() != 4)
    return "a blocked tensor must have rank 4";
  if (std::ranges::any_of(tensor.halo, [](int64_t cells) { return cells < 0 || cells > 65536; }))
    return "halo is outside 0..65536";
  for (int64_t extent : tensor.shape)
    if (extent < 0 || extent > limit)
      return "extent " + std::to_string(extent) + " is outside 0..2^40";
  if (tensor.physicalElements() > limit)
    return "tensor has more than 2^40 elements";
  return std::nullopt;
}

PackedLayout layoutOf(const TensorDesc &tensor) {
  PackedLayout layout;
  if (tensor.block == 0) {
    for (size_t d = 0; d < tensor.shape.size(); ++d)
      layout.dims.push_back({static_cast<int>(d), tensor.shape[d], 1});
    return layout;
  }
  layout.dims = {{0, tensor.shape[0], 1},
                 {1, (tensor.shape[1] + tensor.block - 1) / tensor.block, tensor.block},
                 {2, tensor.shape[2], 1},
                 {3, tensor.shape[3], 1},
                 {1, tensor.block, 1}};
  return layout;
}

PackedLayout blockedVector(int64_t channels, int64_t block) { return {{{0, (channels + block - 1) / block, block}, {0, block, 1}}}; }

} // namespace cnnc::kernels
