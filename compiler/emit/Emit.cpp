#include "compiler/emit/Emit.h"

#include "compiler/emit/DataObject.h"
#include "compiler/emit/EmitPlan.h"
#include "compiler/emit/GrowSection.h"
#include "compiler/emit/Link.h"
#include "compiler/emit/Metadata.h"
#include "compiler/emit/Names.h"
#include "compiler/emit/Object.h"
#include "compiler/emit/PrintedModule.h"
#include "compiler/emit/Weights.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace cnnc::emit {
namespace {

using nlohmann::json;
using Failure = kernels::Result<LibraryFiles>;
using Fill = function_ref<std::optional<std::string>(raw_ostream &)>;

constexpr uint64_t kStubBytes = 64; // of the weights section when it is linked

/// A plan with everything that surrounds it in the library.
struct Parts {
  std::unique_ptr<Module> plan;
  json metadata;
  std::vector<kernels::Object> objects;
};

/// Why weights of this size cannot be part of a library.
std::optional<std::string> tooLarge(uint64_t bytes, bool external) {
  if (external || bytes <= kMaxEmbeddedWeights)
    return std::nullopt;
  return "the packed weights take " + std::to_string(bytes) + " bytes, and a library holds " + std::to_string(kMaxEmbeddedWeights) +
         " at most; compile with --external-weights";
}

std::optional<std::string> stageMetadata(Staging &staging, const Target &target, const std::string &metadata) {
  return writeFile(staging.scratch("metadata.o"), [&](raw_ostream &stream) {
    return writeDataObject(stream, Triple(target.triple), {kMetadataSection, "", false, 1, metadata.size()},
                           [&](raw_ostream &out) -> std::optional<std::string> {
                             out << metadata;
                             return std::nullopt;
                           });
  });
}

/// Compiles the plan, links it with its objects, adds the weights that `fill` writes, stages the package and commits.
kernels::Result<LibraryFiles> finish(Staging &staging, Parts parts, const Target &target, const EmitOptions &options, Fill fill) {
  std::string net = networkIdentifier(parts.metadata.at("network").get<std::string>());
  uint64_t weightsBytes = parts.metadata.at("weights").at("bytes");
  bool external = parts.metadata.at("weights").at("external"), embedded = weightsBytes > 0 && !external;
  LinkRequest link{.triple = target.triple,
                   .objects = {},
                   .exports = {"cnnc_query", net + "_cnnc_query"},
                   .soname = "lib" + net + ".so",
                   .output = {},
                   .scratch = staging.scratchFolder()};

  auto runtime = runtimeObject(target.triple);
  if (!runtime)
    return Failure::failure(runtime.error());
  std::vector<std::pair<const char *, std::string>> made = {{"runtime.o", std::move(*runtime)}};
  if (callsRoutines(*parts.plan)) {
    auto routines = routinesObject(target);
    if (!routines)
      return Failure::failure(routines.error());
    made.emplace_back("routines.o", std::move(*routines));
  }
  auto plan = compilePlan(std::move(parts.plan));
  if (!plan)
    return Failure::failure(plan.error());
  made.emplace_back("plan.o", std::move(*plan));
  for (const auto &[name, bytes] : made) {
    link.objects.push_back(staging.scratch(name));
    if (auto error = writeFile(link.objects.back(), bytes))
      return Failure::failure(*error);
  }

  // Equal kernels share one symbol; sorted, the link order is that of the content.
  std::map<std::string, const kernels::Object *> objects;
  for (const kernels::Object &object : parts.objects)
    objects.emplace(object.symbol, &object);
  for (const auto &[symbol, object] : objects) {
    link.objects.push_back(staging.scratch("kernel" + std::to_string(link.objects.size()) + ".o"));
    if (auto error = writeFile(link.objects.back(), object->bytes))
      return Failure::failure(*error);
  }
  if (embedded) { // the linker places a stub
    link.lastSection = kWeightsSection;
    link.objects.push_back(staging.scratch("weights.o"));
    if (auto error = writeFile(link.objects.back(), [&](raw_ostream &stream) {
          return writeDataObject(stream, Triple(target.triple), {kWeightsSection, kWeightsSymbol, true, kWeightsAlignment, kStubBytes},
                                 [](raw_ostream &out) -> std::optional<std::string> {
                                   out.write_zeros(kStubBytes);
                                   return std::nullopt;
                                 });
        }))
      return Failure::failure(*error);
  }
  link.objects.push_back(staging.scratch("metadata.o"));
  if (auto error = stageMetadata(staging, target, metadataText(parts.metadata)))
    return Failure::failure(*error);

  if (auto error = stagePackage(staging, parts.metadata))
    return Failure::failure(*error);
  if (!options.request.empty())
    if (auto error = writeFile(staging.file(net + ".origin.json"), options.request))
      return Failure::failure(*error);
  link.output = staging.file(link.soname);
  if (auto error = linkLibrary(link))
    return Failure::failure(*error);
  if (embedded)
    if (auto error = growSection(link.output, kWeightsSection, weightsBytes, fill))
      return Failure::failure(*error);
  if (auto error = staging.commit())
    return Failure::failure(*error);

  auto path = [&](const std::string &name) {
    SmallString<256> joined(options.outputFolder);
    sys::path::append(joined, name);
    return joined.str().str();
  };
  return LibraryFiles{path(link.soname), weightsBytes > 0 && external ? path(net + ".weights") : "", path(net + ".h"), std::move(parts.metadata)};
}

MetadataFacts factsOf(const EmitOptions &options, const LaunchTable &table, const std::string &weightsDigest) {
  return {.compiler = options.compilerVersion,
          .sourceDigest = digestOf(options.origin.dump(-1, ' ', false, json::error_handler_t::replace)),
          .weightsDigest = table.weightsBytes ? weightsDigest : "",
          .weightsSource = options.weightsSource,
          .externalWeights = options.externalWeights,
          .origin = options.origin};
}

kernels::Result<std::unique_ptr<Module>> planOf(LLVMContext &context, const LaunchTable &table, const Target &target, const MetadataFacts &facts,
                                                const json &metadata) {
  return emitPlan(context, table, target, {facts.compiler, facts.sourceDigest, facts.weightsDigest, metadataText(metadata)}, facts.externalWeights);
}

kernels::Result<LaunchTable> tableOf(mlir::ModuleOp module, const std::map<std::string, std::string> &symbols, const EmitOptions &options) {
  auto table = readModule(module, symbols);
  if (table && !options.network.empty())
    table->network = options.network;
  return table;
}

} // namespace

kernels::Result<LibraryFiles> emitLibrary(mlir::ModuleOp module, const Target &target, const std::map<std::string, kernels::Object> &kernels,
                                          const EmitOptions &options) {
  std::map<std::string, std::string> symbols;
  Parts parts;
  for (const auto &[name, object] : kernels) {
    symbols[name] = object.symbol;
    parts.objects.push_back(object);
  }
  auto table = tableOf(module, symbols, options);
  if (!table)
    return Failure::failure(table.error());
  std::string error;
  auto staging = Staging::open(options.outputFolder, error);
  if (!staging)
    return Failure::failure(error);
  // The library's tables name the digest, so the weights are packed once for it and once into the library: cheaper than to write them to
  // a file, read and write them again.
  std::string digest;
  auto write = [&](raw_ostream &stream) { return writeWeights(stream, *table, &digest); };
  if (auto error = tooLarge(table->weightsBytes, options.externalWeights))
    return Failure::failure(*error);
  bool file = options.externalWeights && table->weightsBytes > 0;
  if (auto error = file ? writeFile(staging->file(networkIdentifier(table->network) + ".weights"), write) : write(nulls()))
    return Failure::failure(*error);
  MetadataFacts facts = factsOf(options, *table, digest);
  parts.metadata = makeMetadata(*table, target, facts);
  LLVMContext context;
  auto plan = planOf(context, *table, target, facts, parts.metadata);
  if (!plan)
    return Failure::failure(plan.error());
  parts.plan = std::move(*plan);
  return finish(*staging, std::move(parts), target, options, [&](raw_ostream &stream) { return writeWeights(stream, *table); });
}

kernels::Result<std::unique_ptr<Module>> emitLLVM(LLVMContext &context, mlir::ModuleOp module, const Target &target,
                                                  const std::map<std::string, kernels::BuildRequest> &kernels, const EmitOptions &options) {
  using ModuleFailure = kernels::Result<std::unique_ptr<Module>>;
  std::map<std::string, std::string> symbols;
  for (const auto &[name, request] : kernels)
    symbols[name] = kernels::symbolFor(request.spec, request.schedule, target);
  auto table = tableOf(module, symbols, options);
  if (!table)
    return ModuleFailure::failure(table.error());
  std::string digest, weights;
  raw_string_ostream stream(weights);
  if (auto error = writeWeights(stream, *table, &digest))
    return ModuleFailure::failure(*error);
  MetadataFacts facts = factsOf(options, *table, digest);
  json metadata = makeMetadata(*table, target, facts);
  auto plan = planOf(context, *table, target, facts, metadata);
  if (plan)
    attach(**plan, kernels, metadataText(metadata), weights);
  return plan;
}

kernels::Result<LibraryFiles> emitLibraryFromLLVM(StringRef text, const std::string &textName, const Target &target, const EmitOptions &options) {
  LLVMContext context;
  auto detached = parsePrinted(context, text, textName);
  if (!detached)
    return Failure::failure(detached.error());
  const json &weights = detached->metadata.at("weights");
  if (detached->metadata.at("target").at("name") != target.name)
    return Failure::failure("'" + textName + "' was made for target '" + detached->metadata.at("target").at("name").get<std::string>() + "', not '" +
                            target.name + "'");
  if (weights.at("bytes").get<uint64_t>() != detached->weights.size() || (!detached->weights.empty() && weights.at("digest") != digestOf(detached->weights)))
    return Failure::failure("'" + textName + "': the weights differ from the digest of the metadata");

  std::string error;
  auto staging = Staging::open(options.outputFolder, error);
  if (!staging)
    return Failure::failure(error);
  auto objects = kernels::buildAll(detached->kernels, target, {.cacheFolder = options.cacheFolder});
  if (!objects)
    return Failure::failure(objects.error());
  auto write = [&](raw_ostream &stream) -> std::optional<std::string> {
    stream << detached->weights;
    return std::nullopt;
  };
  bool external = weights.at("external") && !detached->weights.empty();
  std::string net = networkIdentifier(detached->metadata.at("network").get<std::string>());
  if (auto failure = tooLarge(detached->weights.size(), external))
    return Failure::failure(*failure);
  if (auto failure = external ? writeFile(staging->file(net + ".weights"), write) : std::nullopt)
    return Failure::failure(*failure);
  return finish(*staging, {std::move(detached->plan), std::move(detached->metadata), std::move(*objects)}, target, options, write);
}

} // namespace cnnc::emit
