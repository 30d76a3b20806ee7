#include "compiler/emit/Metadata.h"

#include "compiler/emit/Names.h"

namespace cnnc::emit {
namespace {

using nlohmann::json;

json tensorJson(const TensorRow &row) {
  return {{"name", row.name},          {"dtype", dtypeName(row.dtype)}, {"layout", row.layout},
          {"min_shape", row.minShape}, {"max_shape", row.maxShape},     {"batched", row.batched}};
}

json argJson(const ArgRow &row) {
  static constexpr const char *spaces[] = {"input", "output", "arena", "weights", "gathered"};
  return {{"space", spaces[row.space]}, {"index", row.index}, {"offset", row.offset}, {"dtype", dtypeName(row.dtype)}, {"extents", row.extents}};
}

json launchJson(const LaunchRow &row) {
  json args = json::array();
  for (const ArgRow &arg : row.args)
    args.push_back(argJson(arg));
  return {{"layer", row.layer},       {"kernel", row.kernel}, {"symbol", row.kernelSymbol},
          {"schedule", row.schedule}, {"macs", row.macs},     {"multiplications", row.multiplications},
          {"bytes", row.bytes},       {"shape", row.shape},   {"dtype", dtypeName(row.dtype)},
          {"block", row.block},       {"halo", row.halo},     {"counted", row.rows.has_value()},
          {"images", row.images},     {"args", args}};
}

json weightJson(const WeightRow &row) { return {{"name", row.name}, {"shape", row.shape}, {"offset", row.offset}, {"bytes", row.bytes}}; }

template <typename Row> json list(const std::vector<Row> &rows, json (*print)(const Row &)) {
  json result = json::array();
  for (const Row &row : rows)
    result.push_back(print(row));
  return result;
}

bool isTensor(const json &tensor) {
  if (!tensor.at("name").is_string() || !tensor.at("dtype").is_string() || !tensor.at("layout").is_string() || !tensor.at("batched").is_boolean())
    return false;
  const json &low = tensor.at("min_shape"), &high = tensor.at("max_shape");
  if (!low.is_array() || !high.is_array() || low.size() != high.size() || low.size() > CNNC_MAX_RANK)
    return false;
  return std::ranges::all_of(low, [](const json &e) { return e.is_number_integer(); }) &&
         std::ranges::all_of(high, [](const json &e) { return e.is_number_integer(); });
}

} // namespace

std::string dtypeName(DLDataType dtype) {
  const char *prefix = dtype.code == kDLFloat ? "f" : dtype.code == kDLBfloat ? "bf" : dtype.code == kDLUInt ? "u" : "i";
  return prefix + std::to_string(dtype.bits);
}

json makeMetadata(const LaunchTable &table, const Target &target, const MetadataFacts &facts) {
  return {{"format", kMetadataFormat},
          {"network", table.network},
          {"identifier", networkIdentifier(table.network)},
          {"abi", CNNC_ABI_VERSION},
          {"compiler", facts.compiler},
          {"source_digest", facts.sourceDigest},
          {"target", {{"name", target.name}, {"triple", target.triple}, {"cpu", target.cpu}, {"features", target.features}}},
          {"per_image", table.perImage},
          {"inputs", list(table.inputs, tensorJson)},
          {"outputs", list(table.outputs, tensorJson)},
          {"weights",
           {{"bytes", table.weightsBytes},
            {"digest", facts.weightsDigest},
            {"external", facts.externalWeights},
            {"source", facts.weightsSource},
            {"table", list(table.weights, weightJson)}}},
          {"arena_bytes", table.arenaBytes},
          {"live_bytes", table.liveBytes},
          {"gathered_bytes", table.gatheredBytes},
          {"scratch_bytes", table.scratchBytes},
          {"task_scratch_bytes", table.taskScratchBytes},
          {"workspace_bytes", table.workspaceBytes()},
          {"macs", table.macs},
          {"parameters", table.parameters},
          {"launches", list(table.launches, launchJson)},
          {"origin", facts.origin}};
}

std::string metadataText(const json &metadata) { return metadata.dump(-1, ' ', false, json::error_handler_t::replace); }

std::optional<json> parseMetadata(const std::string &text) {
  try {
    json metadata = json::parse(text);
    const json &weights = metadata.at("weights"), &target = metadata.at("target");
    bool complete = metadata.at("network").is_string() && metadata.at("compiler").is_string() && target.at("name").is_string() &&
                    weights.at("bytes").is_number_unsigned() && weights.at("digest").is_string() && weights.at("external").is_boolean() &&
                    metadata.at("workspace_bytes").is_number_unsigned() && metadata.at("macs").is_number_unsigned() && metadata.at("launches").is_array() &&
                    metadata.at("inputs").is_array() && metadata.at("outputs").is_array() && std::ranges::all_of(metadata.at("inputs"), isTensor) &&
                    std::ranges::all_of(metadata.at("outputs"), isTensor);
    if (complete)
      return metadata;
  } catch (const json::exception &) {
  }
  return std::nullopt;
}

} // namespace cnnc::emit
