// cnnc convert: a network in another notation.
#include "compiler/tools/Onnx.h"
#include "compiler/tools/Options.h"
#include "frontend/Json.h"
#include "frontend/Parameters.h"
#include "frontend/Imports.h"
#include "frontend/SpecBlocks.h"
#include "frontend/dsl/Dsl.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("convert", "Write a network as ONNX (.onnx), as a spec (.cnn or .json), or as MLIR (.mlir)\n\n"
                                        "  cnnc convert resnet50 --weights=random:1 -o resnet50.onnx\n"
                                        "  cnnc convert net.json -o net.cnn            the same spec in the other notation, and back\n"
                                        "  cnnc convert resnet50 -o resnet50.cnn       a preset's values become the defaults\n\n"
                                        "A spec keeps its imports in the folder of the one that it is made from; elsewhere it holds the blocks itself");
static cl::list<std::string> inputs(cl::Positional, cl::OneOrMore, cl::desc("NETWORK..."), cl::sub(parser));
static cl::opt<std::string> output("o", cl::desc("Output file; its ending chooses the notation. With several networks, a folder for .onnx files"),
                                   cl::value_desc("path"), cl::Required, cl::sub(parser));
static NetworkOptions network(parser);

// Takes the imported blocks that the spec can call into it when it is written where its imports would lead nowhere.
static void settleImports(frontend::ModelSpec &spec, llvm::StringRef path, frontend::DiagnosticSink &sink) {
  bool beside = false;
  llvm::sys::fs::equivalent(llvm::sys::path::parent_path(path).empty() ? "." : llvm::sys::path::parent_path(path),
                            llvm::sys::path::parent_path(spec.file).empty() ? "." : llvm::sys::path::parent_path(spec.file), beside);
  if (spec.imports.empty() || beside)
    return;
  spec = frontend::linkSpec(std::move(spec), {}, sink);
  std::set<std::string> called = frontend::mentionedBlocks(spec);
  llvm::erase_if(spec.blocks, [&](const frontend::Block &block) { return !block.file.empty() && block.file != spec.file && !called.count(block.name.text); });
}

static int convertOne(const std::string &input, const std::string &path, const SessionOptions &options) {
  frontend::DiagnosticSink sink;
  llvm::StringRef ending = llvm::sys::path::extension(path);
  if (ending == ".json" || ending == ".cnn") {
    auto found = frontend::findNetwork(input, options.import, sink);
    auto spec = found ? frontend::readSpecFile(found->path, options.import.fileBytes, sink) : std::nullopt;
    if (spec && !sink.hasErrors()) {
      frontend::ParameterChoice choice = options.import.parameters;
      if (choice.preset.empty())
        choice.preset = found->preset;
      if (!choice.preset.empty() || !choice.sets.empty())
        frontend::fixParameters(*spec, choice, sink);
    }
    if (spec && !sink.hasErrors() && path != "-")
      settleImports(*spec, path, sink);
    if (!spec || sink.hasErrors())
      return report(sink, network.jsonDiagnostics());
    return writeOut(path, ending == ".cnn" ? frontend::specToText(*spec) : frontend::printJson(frontend::specToJson(*spec)));
  }
  Session session(options, sink);
  if (!session.load(input))
    return report(sink, network.jsonDiagnostics());
  std::string text;
  if (ending == ".mlir") {
    llvm::raw_string_ostream os(text);
    session.module()->print(os);
  } else if (int status = exportNetwork(session, text)) {
    return status;
  }
  return writeOut(path, text);
}

static int run() {
  int status = Exit::Ok;
  auto options = network.session(status);
  if (!options)
    return status;
  llvm::StringRef ending = llvm::sys::path::extension(output);
  if (inputs.size() == 1 && !llvm::sys::fs::is_directory(output)) {
    if (ending != ".onnx" && ending != ".cnn" && ending != ".json" && ending != ".mlir")
      return fail(Exit::Usage, "-o must end with .onnx, .cnn, .json or .mlir, got '" + output + "'");
    return convertOne(inputs[0], output, *options);
  }
  if (auto code = llvm::sys::fs::create_directories(output))
    return fail(Exit::Diagnosed, "cannot make the folder '" + output + "': " + code.message());
  for (const std::string &input : inputs)
    if (int result = convertOne(input, output + "/" + llvm::sys::path::stem(input).str() + ".onnx", *options))
      status = result;
  return status;
}

const Command tools::convertCommand{parser, run};
