// What an ONNX file can hold.
#pragma once

#include <cstdint>

namespace cnnc::frontend {

/// Protobuf refuses messages of 2 GiB and more.
inline constexpr uint64_t maxOnnxBytes = (uint64_t(1) << 31) - 1;

} // namespace cnnc::frontend
