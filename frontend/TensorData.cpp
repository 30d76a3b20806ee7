// Conversion of tensor data to f32.
#include "frontend/TensorData.h"

#include <bit>
#include <cstring>

namespace cnnc::frontend {
namespace {

float fromHalf(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half >> 15) << 31, exponent = (half >> 10) & 31, mantissa = half & 1023;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  if (exponent == 0) {
    float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

template <typename T, typename F> void convert(llvm::StringRef bytes, std::vector<float> &values, F each) {
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = each(value);
  }
}

} // namespace

size_t dtypeBytes(FileDtype dtype) { return dtype == FileDtype::F64 ? 8 : dtype == FileDtype::F32 ? 4 : 2; }

std::optional<size_t> elementCount(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count) || count > (int64_t(1) << 60))
      return std::nullopt;
  return static_cast<size_t>(count);
}

WeightTensor makeTensor(llvm::ArrayRef<int64_t> shape, FileDtype dtype, llvm::StringRef bytes, std::shared_ptr<void> owner) {
  size_t count = bytes.size() / dtypeBytes(dtype);
  if (dtype == FileDtype::F32 && reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) == 0)
    return {shape.vec(), {reinterpret_cast<const float *>(bytes.data()), count}, std::move(owner), ""};
  auto values = std::make_shared<std::vector<float>>(count);
  switch (dtype) {
  case FileDtype::F32:
    convert<float>(bytes, *values, [](float value) { return value; });
    break;
  case FileDtype::F64:
    convert<double>(bytes, *values, [](double value) { return static_cast<float>(value); });
    break;
  case FileDtype::F16:
    convert<uint16_t>(bytes, *values, fromHalf);
    break;
  case FileDtype::BF16:
    convert<uint16_t>(bytes, *values, [](uint16_t value) { return std::bit_cast<float>(static_cast<uint32_t>(value) << 16); });
    break;
  }
  llvm::ArrayRef<float> view(*values);
  return {shape.vec(), view, values, ""};
}

} // namespace cnnc::frontend
