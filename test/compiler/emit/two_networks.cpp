// The same program by the C++ headers.
#include "second.hpp"
#include "tiny.hpp"

int main() {
  std::vector<float> image(TINY_IMAGE_ELEMENTS, 1.0f), y(TINY_Y_ELEMENTS);
  tiny_model tiny;
  second_model second;
  tiny.run(image.data(), y.data());
  if (y[0] != 2.0f * 4.0f * 3.0f + 0.5f)
    return 1;
  second.run_batch(1, image.data(), y.data());
  if (y[0] != 2.0f * 4.0f * 7.0f + 0.5f)
    return 2;
  try {
    tiny.run_batch(3, image.data(), y.data());
    return 3;
  } catch (const cnnc::Error &error) {
    return error.code() == CNNC_ERROR_SHAPE ? 0 : 4;
  }
}
