// Seeded weights: a counter-based generator keyed by the parameter's name, so that a value depends on nothing but (seed, name, index).
//
//   key   = splitmix64(fnv1a64(name) xor splitmix64(seed))
//   u[i]  = (splitmix64(key + i * 0x9e3779b97f4a7c15) >> 40) * 2^-24            in [0, 1)
//   w[i]  = f32(low + (high - low) * u[i])                                       computed in f64
//
// with (low, high) by the last part of the name and the shape:
//   rank 2 or more      +-sqrt(4.5 / fan_in), fan_in = product of the extents after the first: variance 1.5 / fan_in, between LeCun et al.
//                       (1998), where 50 layers with ReLUs forget their input, and He et al. (2015), where 50 residual blocks grow by 10^8
//   weight of rank 1    [0.85, 1.05]: the scale of a normalisation, so that the mean of weight^2 / running_var is 1
//   running_var         [0.5, 1.5]
//   anything else       [-0.1, 0.1]: biases and means
//
// frontend/random_weights.py is the NumPy twin; test/frontend compares the bits.
#include "frontend/SplitMix.h"
#include "frontend/Weights.h"

#include <cmath>

namespace cnnc::frontend {
namespace {

uint64_t fnv1a64(llvm::StringRef text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

std::pair<double, double> range(llvm::StringRef name, llvm::ArrayRef<int64_t> shape) {
  llvm::StringRef suffix = name.substr(name.rfind('.') + 1);
  if (shape.size() >= 2) {
    double fanIn = 1;
    for (int64_t extent : shape.drop_front())
      fanIn *= static_cast<double>(extent);
    double bound = std::sqrt(4.5 / fanIn);
    return {-bound, bound};
  }
  if (suffix == "weight")
    return {0.85, 1.05};
  return suffix == "running_var" ? std::pair(0.5, 1.5) : std::pair(-0.1, 0.1);
}

class RandomWeights : public WeightSource {
public:
  explicit RandomWeights(uint64_t seed) : seed(seed) {}

  std::optional<WeightTensor> find(const std::string &name, llvm::ArrayRef<int64_t> shape) override {
#pragma STDC FP_CONTRACT OFF
    size_t count = 1;
    for (int64_t extent : shape)
      count *= static_cast<size_t>(extent);
    std::shared_ptr<float[]> values = std::make_shared_for_overwrite<float[]>(count);
    uint64_t key = splitmix64(fnv1a64(name) ^ splitmix64(seed));
    auto [low, high] = range(name, shape);
    double span = high - low;
    for (size_t i = 0; i < count; ++i) {
      double u = static_cast<double>(splitmix64(key + i * 0x9e3779b97f4a7c15u) >> 40) * 0x1p-24;
      double scaled = span * u;
      values[i] = static_cast<float>(low + scaled);
    }
    llvm::ArrayRef<float> view(values.get(), count);
    return WeightTensor{shape.vec(), view, values, ""};
  }

  bool generates() const override { return true; }
  std::vector<std::string> names() const override { return {}; }

private:
  uint64_t seed;
};

} // namespace

std::unique_ptr<WeightSource> openRandomWeights(uint64_t seed) { return std::make_unique<RandomWeights>(seed); }

} // namespace cnnc::frontend
