// NumPy's .npy files: dense f32 and u8 tensors in.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cnnc {

/// A dense row-major tensor with its element type: "f32", "i32" or "u8".
struct Array {
  std::string dtype;
  std::vector<int64_t> shape;
  std::vector<char> bytes;

  int64_t elements() const;
  const float *f32() const { return reinterpret_cast<const float *>(bytes.data()); }
  float *f32() { return reinterpret_cast<float *>(bytes.data()); }
  const int32_t *i32() const { return reinterpret_cast<const int32_t *>(bytes.data()); }
  int32_t *i32() { return reinterpret_cast<int32_t *>(bytes.data()); }
  /// Element `i` as a double, exactly.
  double at(int64_t i) const;
  /// Rounds `value` to the element type; integers keep what is in their range.
  void set(int64_t i, double value);
  static Array make(std::string dtype, std::vector<int64_t> shape);
};

/// Reads a .npy file (format 1.0 to 3.0; '<f4', '<i4', '|u1', '<f8' narrowed to f32; C order). Errors name the file and what is wrong.
llvm::Expected<Array> readNpy(llvm::StringRef path);

} // namespace cnnc
