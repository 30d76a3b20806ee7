// The weights section: every weight packed at its offset.
#pragma once

#include "compiler/emit/LaunchTable.h"

#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

namespace cnnc::emit {

/// Name of the section and of the hidden symbol at its start.
inline constexpr const char *kWeightsSection = ".rodata.cnnc_weights";
inline constexpr const char *kWeightsSymbol = "cnnc_weights";
inline constexpr uint64_t kWeightsAlignment = 4096;

/// Largest weights section that is linked into a library: code reaches its data through signed 32-bit distances.
inline constexpr uint64_t kMaxEmbeddedWeights = (uint64_t(1) << 31) - (uint64_t(64) << 20);

/// Streams `table.weightsBytes` bytes: each weight packed at its offset, subnormal f32 values as zeros, zeros between them. A few MB in memory at a time.
/// `digest` becomes their SHA-256 in hex. Returns why it failed: a weight without data, or data of the wrong size.
std::optional<std::string> writeWeights(llvm::raw_ostream &stream, const LaunchTable &table, std::string &digest);

/// SHA-256 of a byte string in lower-case hex.
std::string digestOf(llvm::StringRef bytes);

} // namespace cnnc::emit
