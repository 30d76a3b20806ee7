// Runs the generated C++ class on a batch and compares with the f64 reference's values of one image; then passes a wrong shape.
#include "tiny.hpp"

#include "npy.h"

#include <algorithm>
#include <cmath>
#include <vector>

static bool agrees(const float *got, const float *expected, size_t count) {
  float largest = 0, error = 0;
  for (size_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::fabs(expected[i]));
    error = std::max(error, std::fabs(got[i] - expected[i]));
  }
  return largest > 0 && error <= 1e-4f * largest + 1e-5f;
}

int main(int, char **argv) {
  const std::string stem(argv[1]);
  const float *image = read_npy((stem + ".input.image.npy").c_str(), TINY_IMAGE_ELEMENTS);
  const float *prob = read_npy((stem + ".expected.prob.npy").c_str(), TINY_PROB_ELEMENTS);
  const float *features = read_npy((stem + ".expected.features.npy").c_str(), TINY_FEATURES_ELEMENTS);
  std::vector<float> images(3 * TINY_IMAGE_ELEMENTS), probs(3 * TINY_PROB_ELEMENTS), maps(3 * TINY_FEATURES_ELEMENTS);
  std::copy_n(image, TINY_IMAGE_ELEMENTS, images.begin() + 2 * TINY_IMAGE_ELEMENTS);
  cnnc::ModelOptions options;
  options.threads = 2;
  tiny_model model(options);
  model.run_batch(3, images.data(), probs.data(), maps.data());
  bool good = agrees(probs.data() + 2 * TINY_PROB_ELEMENTS, prob, TINY_PROB_ELEMENTS) && agrees(maps.data() + 2 * TINY_FEATURES_ELEMENTS, features, TINY_FEATURES_ELEMENTS);
  std::printf("%s: %s\n", model.info().name, good ? "agrees with the reference" : "OFF");
  try {
    model.run({cnnc::Tensor(images.data(), {1, 3, 13, 17})}, {cnnc::Tensor(probs.data(), {1, 10}), cnnc::Tensor(maps.data(), {1, 20, 9, 7})});
  } catch (const cnnc::Error &error) {
    std::printf("%d: %s\n", error.code(), error.what());
  }
}
