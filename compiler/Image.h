// Pictures as tensors.
#pragma once

#include "compiler/Npy.h"

namespace cnnc {

/// Decodes a PNG or JPEG file to u8 [1, height, width, 3] (RGB). Refuses files over 256 MiB and pictures over 2^28 pixels.
llvm::Expected<Array> readImage(llvm::StringRef path);

/// The PNG file of u8 [1, height, width, 3] or [height, width, 3] (RGB). An error when it cannot be encoded.
llvm::Expected<std::string> pngText(const Array &picture);

} // namespace cnnc
