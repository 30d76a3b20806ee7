// The weights section: every weight packed at its offset.
#pragma once

#include "compiler/emit/LaunchTable.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>

namespace cnnc::emit {

/// Name of the section and of the hidden symbol at its start. The section is a segment of its own at the end of a library.
inline constexpr const char *kWeightsSection = ".cnnc_weights";
inline constexpr const char *kWeightsSymbol = "cnnc_weights";
inline constexpr uint64_t kWeightsAlignment = 4096;

/// Largest weights section that is linked into a library: code reaches its data through signed 32-bit distances.
inline constexpr uint64_t kMaxEmbeddedWeights = (uint64_t(1) << 31) - (uint64_t(64) << 20);

/// Takes a piece of the weights section; pieces come in order.
using TakePiece = llvm::function_ref<void(llvm::ArrayRef<uint8_t>)>;

/// Makes the `table.weightsBytes` bytes of the weights section: each weight packed at its offset, subnormal f32 values as zeros, zeros between them.
/// A few MB are in memory at a time. While a piece is taken, a second thread packs the next.
/// Returns why it failed: a weight without data, or data of the wrong size.
std::optional<std::string> packWeights(const LaunchTable &table, TakePiece take);

/// Writes the weights section. `digest`, where given, becomes its SHA-256 in hex.
std::optional<std::string> writeWeights(llvm::raw_ostream &stream, const LaunchTable &table, std::string *digest = nullptr);

/// SHA-256 of a byte string in lower-case hex.
std::string digestOf(llvm::StringRef bytes);

} // namespace cnnc::emit
