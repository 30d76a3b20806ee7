// SHA-256 (FIPS 180-4), for names that must not collide and for the checksums of cache entries.
#pragma once

#include <string>
#include <string_view>

namespace cnnc::kernels {

/// The first `bits` bits (a multiple of 4, at most 256) of the SHA-256 digest of `bytes`, in lower-case hex.
std::string digest(std::string_view bytes, int bits = 128);

} // namespace cnnc::kernels
