// cnnc verify: a library against an oracle, layer by layer.
#include "compiler/Runner.h"
#include "compiler/Table.h"
#include "compiler/tools/Onnx.h"
#include "compiler/tools/Options.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;

static cl::SubCommand parser("verify", "Compare a library with an oracle on random or given inputs\n\n"
                                       "The network is imported again from where the library says it came from. Values agree when\n"
                                       "max|error| <= 1e-4 * max|expected| + 1e-5. Exit status 4 when they do not.\n\n"
                                       "  cnnc verify out/libresnet50.so\n"
                                       "  cnnc verify out/libresnet50.so --against=ort --per-layer");
static LibraryOptions options(parser, 0);
static cl::opt<std::string> against("against", cl::desc("reference (f64, our own) or ort (ONNX Runtime)"), cl::init("reference"), cl::sub(parser));
static cl::opt<bool> perLayer("per-layer", cl::desc("Compare each launch's result and name the first layer that is off"), cl::sub(parser));
static cl::opt<unsigned> seed("seed", cl::desc("Seed of the random inputs"), cl::init(1), cl::sub(parser));
static cl::list<std::string> inputs("input", cl::desc("NAME=@FILE.npy instead of random values"), cl::value_desc("name=@file"), cl::sub(parser));

namespace {

struct Comparison {
  std::string layer, shape;
  double maxError = 0, bound = 0;
  bool agrees = true;
};

Comparison compare(const std::string &layer, const Array &got, const Array &expected) {
  Comparison result;
  result.layer = layer;
  for (int64_t extent : expected.shape)
    result.shape += (result.shape.empty() ? "" : "x") + std::to_string(extent);
  double largest = 0;
  result.agrees = got.shape == expected.shape && got.dtype == expected.dtype;
  for (int64_t i = 0, count = expected.elements(); result.agrees && i < count; ++i) {
    double a = got.at(i), b = expected.at(i);
    if (std::isnan(a) != std::isnan(b))
      result.maxError = INFINITY;
    else if (a != b && !std::isnan(a))
      result.maxError = std::max(result.maxError, std::fabs(a - b));
    if (std::isfinite(b))
      largest = std::max(largest, std::fabs(b));
  }
  result.bound = 1e-4 * largest + 1e-5;
  result.agrees = result.agrees && result.maxError <= result.bound;
  return result;
}

int print(const std::vector<Comparison> &rows) {
  auto off = std::find_if(rows.begin(), rows.end(), [](const Comparison &row) { return !row.agrees; });
  if (options.format == "json") {
    nlohmann::json list = nlohmann::json::array();
    for (const Comparison &row : rows)
      list.push_back({{"layer", row.layer}, {"shape", row.shape}, {"max_error", row.maxError}, {"bound", row.bound}, {"agrees", row.agrees}});
    nlohmann::json document = {{"against", std::string(against)},
                               {"agrees", off == rows.end()},
                               {"rows", list},
                               {"first_off", off == rows.end() ? nlohmann::json() : nlohmann::json(off->layer)}};
    llvm::outs() << document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    Table table({"layer", "shape", "max|error|", "bound", ""});
    for (const Comparison &row : rows)
      table.add({row.layer, row.shape, significant(row.maxError, 3), significant(row.bound, 3), row.agrees ? "ok" : "OFF"});
    table.print(llvm::outs());
    if (off != rows.end())
      llvm::outs() << "first off: " << off->layer << "\n";
    else
      llvm::outs() << "agrees with the " << against << "\n";
  }
  return off == rows.end() ? Exit::Ok : Exit::Mismatch;
}

llvm::Expected<std::vector<Array>> readInputs(const cnnc_info &info) {
  std::vector<Array> arrays = randomInputs(info, seed);
  for (const std::string &input : inputs) {
    auto [name, value] = llvm::StringRef(input).split('=');
    int32_t index = 0;
    while (index < info.num_inputs && name != info.inputs[index].name)
      ++index;
    if (index == info.num_inputs || !value.consume_front("@"))
      return llvm::createStringError("--input takes NAME=@FILE.npy with a name of the library, got '" + input + "'");
    auto array = readNpy(value);
    if (!array)
      return array.takeError();
    arrays[index] = std::move(*array);
  }
  return arrays;
}

int againstReference(Session &session) {
  LibraryAt at = LibraryAt::open(options.library);
  const Library &loaded = at.library;
  auto arrays = readInputs(loaded.info());
  if (!arrays)
    return fail(Exit::Diagnosed, llvm::toString(arrays.takeError()));
  std::vector<std::pair<std::string, Array>> layers;
  std::vector<Array> got = runLibrary(at, *arrays, options.threads, [&](const std::string &layer, const Array &value) {
    if (perLayer)
      layers.emplace_back(layer, value);
  });
  std::map<std::string, Array> expectedLayers;
  std::set<std::string> wanted;
  for (const auto &[layer, value] : layers)
    wanted.insert(layer);
  auto expected = runReference(session.module(), *arrays, [&](const std::string &layer, const Array &value) {
    if (wanted.count(layer))
      expectedLayers[layer] = value;
  });
  if (!expected)
    return fail(Exit::Diagnosed, "the reference could not evaluate the network");
  std::vector<Comparison> rows;
  for (const auto &[layer, value] : layers)
    if (auto it = expectedLayers.find(layer); it != expectedLayers.end() && it->second.elements() == value.elements() && it->second.shape == value.shape)
      rows.push_back(compare(layer, value, it->second));
  for (size_t i = 0; i < got.size(); ++i)
    rows.push_back(compare(std::string("output ") + loaded.info().outputs[i].name, got[i], (*expected)[i]));
  return print(rows);
}

int run() {
  if (against != "reference" && against != "ort")
    return fail(Exit::Usage, "--against takes reference or ort, got '" + against + "'");
  Provenance provenance;
  if (int status = options.import(provenance))
    return status;
  Session &session = *provenance.session;
  try {
    if (against == "reference")
      return againstReference(session);
    TemporaryOnnx onnx;
    if (int status = onnx.write(session))
      return status;
    std::vector<std::string> arguments = {"--library",          options.library, "--onnx",       onnx.path(), "--seed",
                                          std::to_string(seed), "--format",      options.format, "--threads", std::to_string(options.threads)};
    if (perLayer)
      arguments.push_back("--per-layer");
    for (const std::string &input : inputs)
      arguments.insert(arguments.end(), {"--input", input});
    return runPython("verify.py", arguments);
  } catch (const Error &error) {
    return fail(Exit::Diagnosed, error.what());
  }
}

} // namespace

const Command tools::verifyCommand{parser, run};
