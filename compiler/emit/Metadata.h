// The metadata document of a library: what `cnnc inspect` prints and what the generated headers are made from.
#pragma once

#include "compiler/emit/LaunchTable.h"

#include <nlohmann/json.hpp>

namespace cnnc::emit {

/// What the document says besides the launch table.
struct MetadataFacts {
  std::string compiler, sourceDigest, weightsDigest, weightsSource;
  bool externalWeights = false;
  nlohmann::json origin; ///< The resolved spec; opaque here.
};

/// Keys: format, network, identifier, abi, compiler, source_digest, target, per_image, inputs, outputs, weights, arena_bytes,
/// live_bytes, gathered_bytes, scratch_bytes, task_scratch_bytes, workspace_bytes, macs, parameters, launches, origin. Sizes in bytes, shapes
/// outermost first, `shape` of launches logical.
nlohmann::json makeMetadata(const LaunchTable &table, const Target &target, const MetadataFacts &facts);

/// The document's text: one line, keys sorted, ill-formed UTF-8 in names replaced.
std::string metadataText(const nlohmann::json &metadata);

/// Parses a metadata document; null when it is malformed or lacks what headers and packages need.
std::optional<nlohmann::json> parseMetadata(const std::string &text);

/// "f32", "u8", "i64", "bf16".
std::string dtypeName(DLDataType dtype);

inline constexpr int kMetadataFormat = 1;
inline constexpr const char *kMetadataSection = ".cnnc.meta";

} // namespace cnnc::emit
