// cnnc inspect: what is in a library or a network. Reads files, never loads code.
#include "compiler/Graphviz.h"
#include "compiler/Statistics.h"
#include "compiler/Table.h"
#include "compiler/tools/Onnx.h"
#include "compiler/tools/Options.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/Magic.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("inspect", "Show what a library (.so) or a network holds, without loading it\n\n"
                                        "  cnnc inspect out/libresnet50.so --layers --memory\n"
                                        "  cnnc inspect resnet50 --layers    op, shape, kernel, stride, groups, parameters and MACs of each layer\n"
                                        "  cnnc inspect resnet50 --json      with every attribute, for programs\n"
                                        "  cnnc inspect resnet50 --graph=dot | dot -Tsvg > resnet50.svg");
static cl::opt<std::string> input(cl::Positional, cl::Required, cl::desc("LIBRARY|NETWORK"), cl::sub(parser));
static cl::opt<bool> layers("layers", cl::desc("A table of launches (library) or layers (network)"), cl::sub(parser));
static cl::opt<bool> memory("memory", cl::desc("The memory plan and the file's sections"), cl::sub(parser));
static cl::opt<bool> json("json", cl::desc("The metadata of a library, or the layers of a network with every attribute, as JSON"), cl::sub(parser));
static cl::opt<std::string> graph("graph", cl::desc("Print the graph: dot (Graphviz) or onnx"), cl::value_desc("format"), cl::init(""), cl::sub(parser));
static NetworkOptions network(parser);

namespace {

using nlohmann::json;

std::string shapeText(const std::vector<int64_t> &shape) {
  return llvm::join(llvm::map_range(shape, [](int64_t extent) { return std::to_string(extent); }), "x");
}

/// " (3 of them take up to 8 images at once)"; empty where none does.
std::string gatheringText(const json &launches) {
  const auto most = [](const json &launch) { return launch.value("images", int64_t(1)); };
  const auto gathering = llvm::count_if(launches, [&](const json &launch) { return most(launch) > 1; });
  return gathering == 0 ? "" : " (" + std::to_string(gathering) + " of them take up to " + std::to_string(most(launches.back())) + " images at once)";
}

void printLaunches(const nlohmann::json &metadata) {
  Table table({"#", "layer", "kernel", "shape", "block", "MACs", "bytes", "schedule"});
  int64_t number = 0;
  for (const auto &launch : metadata.at("launches"))
    table.add({std::to_string(number++), launch.at("layer").get<std::string>(), launch.at("kernel").get<std::string>(), shapeText(launch.at("shape")),
               std::to_string(launch.at("block").get<int64_t>()), grouped(launch.at("macs").get<int64_t>()), grouped(launch.at("bytes").get<int64_t>()),
               launch.at("schedule").get<std::string>()});
  table.print(llvm::outs());
}

void printMemory(const emit::LibraryFile &file) {
  Table table({"#", "layer", "space", "offset", "bytes"});
  int64_t number = 0;
  for (const auto &launch : file.metadata.at("launches")) {
    const auto &slot = launch.at("args").back();
    table.add({std::to_string(number++), launch.at("layer").get<std::string>(), slot.at("space").get<std::string>(), grouped(slot.at("offset").get<int64_t>()),
               grouped(launch.at("bytes").get<int64_t>())});
  }
  table.print(llvm::outs());
  llvm::outs() << '\n';
  Table sections({"section", "bytes", "alignment"});
  for (const auto &section : file.sections)
    sections.add({section.name, grouped(static_cast<int64_t>(section.bytes)), std::to_string(section.alignment)});
  sections.print(llvm::outs());
}

// "3x3" or, for the same number in each direction where `once`, "3".
std::string extents(const LayerCost &cost, llvm::StringRef attribute, bool once) {
  std::vector<int64_t> values = integersOf(cost, attribute).value_or(std::vector<int64_t>());
  if (once && llvm::all_equal(values))
    values.resize(std::min<size_t>(values.size(), 1));
  return shapeText(values);
}

void printLayers(const std::vector<LayerCost> &costs) {
  Table table({"layer", "op", "shape", "kernel", "stride", "groups", "parameters", "MACs"});
  for (const LayerCost &cost : costs)
    table.add({cost.layer, cost.op, cost.shape, extents(cost, "kernel", false), extents(cost, "stride", true), extents(cost, "groups", true),
               grouped(cost.parameters), grouped(cost.macs)});
  table.print(llvm::outs());
}

int inspectLibrary() {
  auto file = emit::readLibrary(input);
  if (!file)
    return fail(Exit::Diagnosed, file.error());
  const nlohmann::json &metadata = file->metadata;
  try {
    if (::json) {
      llvm::outs() << metadata.dump(2) << '\n';
      return Exit::Ok;
    }
    if (!graph.empty()) {
      Provenance provenance;
      if (int status = importOrigin(input, "", network.weights == "zeros" ? "" : std::string(network.weights), provenance))
        return status;
      Session &session = *provenance.session;
      if (graph == "dot") {
        printDot(session.module(), llvm::outs());
        return Exit::Ok;
      }
      std::string bytes;
      if (int status = exportNetwork(session, bytes))
        return status;
      llvm::outs() << bytes;
      return Exit::Ok;
    }
    llvm::outs() << metadata.at("network").get<std::string>() << ", compiled by cnnc " << metadata.at("compiler").get<std::string>() << " for "
                 << metadata.at("target").at("name").get<std::string>() << '\n';
    for (const char *side : {"inputs", "outputs"})
      for (const auto &tensor : metadata.at(side))
        llvm::outs() << "  " << (side[0] == 'i' ? "input  " : "output ") << tensor.at("name").get<std::string>() << ": "
                     << tensor.at("dtype").get<std::string>() << ' ' << shapeText(tensor.at("max_shape"))
                     << (tensor.at("min_shape") != tensor.at("max_shape") ? " (batch " + std::to_string(tensor.at("min_shape")[0].get<int64_t>()) + " to " +
                                                                                std::to_string(tensor.at("max_shape")[0].get<int64_t>()) + ")"
                                                                          : "")
                     << '\n';
    llvm::outs() << "  parameters " << grouped(metadata.at("parameters").get<int64_t>()) << ", MACs " << grouped(metadata.at("macs").get<int64_t>())
                 << ", launches " << metadata.at("launches").size() << gatheringText(metadata.at("launches")) << '\n'
                 << "  weights " << bytesString(metadata.at("weights").at("bytes").get<uint64_t>()) << " packed, workspace "
                 << bytesString(metadata.at("workspace_bytes").get<uint64_t>());
    if (const auto more = metadata.value("task_scratch_bytes", uint64_t(0)))
      llvm::outs() << " and " << bytesString(more) << " a further thread";
    llvm::outs() << ", arena peak " << bytesString(metadata.at("arena_bytes").get<uint64_t>()) << ", file " << bytesString(file->fileBytes) << '\n';
    llvm::outs() << "  needs";
    for (const std::string &needed : file->needed)
      llvm::outs() << ' ' << needed;
    llvm::outs() << "; exports";
    for (const std::string &name : file->exports)
      llvm::outs() << ' ' << name;
    llvm::outs() << "; build id " << file->buildId << '\n';
    if (layers)
      printLaunches(metadata);
    if (memory)
      printMemory(*file);
  } catch (const nlohmann::json::exception &) {
    return fail(Exit::Diagnosed, "'" + input + "' holds metadata of another version of cnnc");
  }
  return Exit::Ok;
}

int inspectNetwork() {
  int status = Exit::Ok;
  auto options = network.session(status);
  if (!options)
    return status;
  frontend::DiagnosticSink sink;
  Session session(*options, sink);
  if (!session.load(input))
    return report(sink, network.jsonDiagnostics());
  if (graph == "dot") {
    printDot(session.module(), llvm::outs());
    return Exit::Ok;
  }
  if (graph == "onnx") {
    std::string bytes;
    if (int status = exportNetwork(session, bytes))
      return status;
    llvm::outs() << bytes;
    return Exit::Ok;
  }
  std::vector<LayerCost> costs = layerCosts(session.module());
  if (::json) {
    llvm::outs() << networkJson(session.module(), costs).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return Exit::Ok;
  }
  NetworkCost sum = networkCost(costs);
  llvm::outs() << session.network() << ": " << sum.layers << " layers, parameters " << grouped(sum.parameters) << ", MACs " << grouped(sum.macs) << '\n';
  if (layers)
    printLayers(costs);
  return Exit::Ok;
}

int run() {
  if (!graph.empty() && graph != "dot" && graph != "onnx")
    return fail(Exit::Usage, "--graph takes dot or onnx, got '" + graph + "'");
  llvm::file_magic magic;
  bool isElf = !llvm::identify_magic(input, magic) && magic >= llvm::file_magic::elf && magic <= llvm::file_magic::elf_core;
  return isElf || llvm::StringRef(input).ends_with(".so") ? inspectLibrary() : inspectNetwork();
}

} // namespace

const Command tools::inspectCommand{parser, run};
