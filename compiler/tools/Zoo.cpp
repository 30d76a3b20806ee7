// cnnc zoo: the networks that the model folders hold.
#include "compiler/Statistics.h"
#include "compiler/Table.h"
#include "compiler/tools/Options.h"
#include "frontend/Json.h"
#include "frontend/Parameters.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

using namespace cnnc;
using namespace cnnc::tools;
namespace cl = llvm::cl;
using nlohmann::json;

static cl::SubCommand parser("zoo", "List the networks that ship, with parameters, MACs, input and source\n\n"
                                    "Each can be given to the other commands by name. A spec is a network with each of its presets, and with\n"
                                    "its defaults where no preset equals them.\n"
                                    "Parameters are the learned values; MACs are multiply-accumulates of one image, and of one region where a\n"
                                    "detector works on regions.\n\n"
                                    "  cnnc zoo                         all of them\n"
                                    "  cnnc zoo resnet mobilenet        those whose name, or whose spec's, contains one of the words\n"
                                    "  cnnc zoo vgg --format=json       exact figures, the spec's file, its parameters and their defaults\n"
                                    "  cnnc inspect resnet50 --layers   one network, layer by layer\n\n"
                                    "A folder in $CNNC_MODELS is listed too, and wins where names are equal.");
static cl::list<std::string> filters(cl::Positional, cl::desc("[WORD...]"), cl::sub(parser));
static cl::opt<std::string> format("format", cl::desc("text or json"), cl::init("text"), cl::sub(parser));

namespace {

// A spec that was read, and the names of its networks.
struct ZooSpec {
  std::string file, model; ///< `model`: the name of its folder.
  frontend::DiagnosticSink sink;
  std::optional<frontend::ModelSpec> spec;

  // The presets, and the defaults under the folder's name unless a preset equals them.
  std::vector<std::string> networks() const {
    std::vector<std::string> names;
    auto defaults = values("");
    bool isPreset = !defaults && !spec->presets.empty();
    for (const frontend::Preset &preset : spec->presets) {
      names.push_back(preset.name.text);
      isPreset |= preset.name.text == model || values(preset.name.text) == defaults;
    }
    if (!isPreset)
      names.insert(names.begin(), model);
    return names;
  }

private:
  using Values = std::map<std::string, frontend::Datum, std::less<>>;
  std::optional<Values> values(const std::string &preset) const {
    frontend::DiagnosticSink silent;
    Values bound;
    return frontend::bindParameters(*spec, {.preset = preset, .sets = {}}, bound, silent) ? std::optional(bound) : std::nullopt;
  }
};

struct Citation {
  std::string authors, year, arxiv; ///< "He et al.", "2016", "1512.03385"; each may be empty.
};

// Of "He, Zhang, Ren, Sun: Title. CVPR 2016. arXiv:1512.03385; further sources".
Citation cite(llvm::StringRef sources) {
  static const llvm::Regex arxiv("arXiv:([0-9]{4}\\.[0-9]{4,5}|[a-z-]+/[0-9]{7})"), year("(^|[^0-9])((19|20)[0-9][0-9])($|[^0-9])");
  Citation citation;
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef paper = sources.split(';').first, prose = paper;
  if (arxiv.match(paper, &parts)) {
    citation.arxiv = parts[1].str();
    prose = paper.take_front(static_cast<size_t>(parts[0].data() - paper.data()));
  }
  for (; year.match(prose, &parts); prose = llvm::StringRef(parts[2].end(), static_cast<size_t>(prose.end() - parts[2].end())))
    citation.year = parts[2].str(); // the last one: a title may hold a year
  if (!paper.contains(':'))
    return citation;
  std::vector<std::string> names;
  for (llvm::StringRef some : llvm::split(paper.split(':').first, ", "))
    for (llvm::StringRef name : llvm::split(some, " and "))
      names.push_back(name.str());
  citation.authors = names.size() > 2 ? names[0] + " et al." : llvm::join(names, " and ");
  return citation;
}

std::string citationText(llvm::StringRef paper) {
  Citation citation = cite(paper);
  if (citation.authors.empty())
    return paper.str();
  return citation.authors + (citation.year.empty() ? "" : " " + citation.year) + (citation.arxiv.empty() ? "" : ", arXiv:" + citation.arxiv);
}

json parsed(const frontend::Datum &datum) { return json::parse(frontend::printJson(datum), nullptr, /*allow_exceptions=*/false); }

// A parameter's default is what it has in this network when nothing is set.
json parametersJson(const frontend::ModelSpec &spec, const frontend::ParameterChoice &choice, frontend::DiagnosticSink &sink) {
  std::map<std::string, frontend::Datum, std::less<>> values;
  frontend::bindParameters(spec, choice, values, sink);
  json list = json::array();
  for (const frontend::Parameter &parameter : spec.parameters) {
    auto value = values.find(parameter.name.text);
    list.push_back({{"name", parameter.name.text},
                    {"type", std::string(frontend::typeName(parameter.type))},
                    {"default", value == values.end() ? json() : parsed(value->second)},
                    {"doc", parameter.doc}});
  }
  return list;
}

// Null after an error, which is in the sink.
json describe(const ZooSpec &zoo, const std::string &network, const frontend::ImportOptions &options, frontend::DiagnosticSink &sink) {
  frontend::ImportOptions chosen = options;
  if (zoo.spec->findPreset(network))
    chosen.parameters.preset = network;
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  auto module = frontend::importSpec(context, *zoo.spec, chosen, sink);
  if (!module)
    return nullptr;
  NetworkCost cost = networkCost(layerCosts(*module));
  Citation citation = cite(zoo.spec->paper);
  auto orNull = [](const std::string &text) { return text.empty() ? json() : json(text); };
  json row = signatureJson(*module);
  row.update({{"name", network},
              {"model", zoo.model},
              {"preset", orNull(chosen.parameters.preset)},
              {"file", zoo.file},
              {"doc", zoo.spec->doc},
              {"paper", zoo.spec->paper},
              {"year", citation.year.empty() ? json() : json(std::stoi(citation.year))},
              {"arxiv", orNull(citation.arxiv)},
              {"layers", cost.layers},
              {"parameters", cost.parameters},
              {"macs", cost.macs},
              {"spec_parameters", parametersJson(*zoo.spec, chosen.parameters, sink)}});
  return row;
}

// "3x224x224", without the batch; types other than f32 are named.
std::string inputText(const json &inputs) {
  std::vector<std::string> texts;
  for (const json &input : inputs) {
    std::string text;
    for (const json &extent : input.at("shape"))
      if (extent.is_number())
        text += (text.empty() ? "" : "x") + std::to_string(extent.get<int64_t>());
    texts.push_back(input.at("dtype") == "f32" ? text : text + " " + input.at("dtype").get<std::string>());
  }
  return llvm::join(texts, ", ");
}

void printText(const json &networks) {
  Table table({"network", "parameters", "MACs", "input", "source"});
  for (const json &row : networks)
    table.add({row.at("name").get<std::string>(), scaled(row.at("parameters").get<int64_t>()), scaled(row.at("macs").get<int64_t>()),
               inputText(row.at("inputs")), citationText(row.at("paper").get<std::string>())});
  table.print(llvm::outs(), terminalWidth());
}

// For comparisons: "ResNet-18" is "resnet18".
std::string plain(llvm::StringRef text) {
  std::string result = text.lower();
  llvm::erase_if(result, [](char c) { return !llvm::isAlnum(c); });
  return result;
}

bool wanted(llvm::StringRef name) {
  return filters.empty() || llvm::any_of(filters, [&](const std::string &word) { return plain(name).find(plain(word)) != std::string::npos; });
}

// The words that no name contains, each with a near one.
int unknownWords(const std::set<std::string> &names) {
  std::vector<std::string> known(names.begin(), names.end()), near = known;
  for (llvm::StringRef name : known) // the family: "mobilenet" of "mobilenet_v2"
    near.push_back(name.take_while([](char c) { return llvm::isAlpha(c); }).str());
  int status = Exit::Ok;
  for (const std::string &word : filters)
    if (llvm::none_of(known, [&](const std::string &name) { return plain(name).find(plain(word)) != std::string::npos; })) {
      std::string hint = frontend::didYouMean(llvm::StringRef(word).lower(), near);
      status = fail(Exit::Diagnosed, "no network of the zoo has a name with '" + word + "'; " + (hint.empty() ? "`cnnc zoo` lists them all" : hint));
    }
  return status;
}

int run() {
  if (format != "text" && format != "json")
    return fail(Exit::Usage, "--format takes text or json, got '" + format + "'");
  frontend::ImportOptions options;
  options.modelFolders = modelFolders();
  std::vector<ZooSpec> specs;
  std::set<std::string> models, names, seen;
  for (const std::string &file : frontend::zooFiles(options)) {
    ZooSpec zoo{.file = file, .model = llvm::sys::path::filename(llvm::sys::path::parent_path(file)).str(), .sink = {}, .spec = {}};
    if (!models.insert(zoo.model).second)
      continue;
    zoo.spec = frontend::readSpecFile(file, options.fileBytes, zoo.sink);
    specs.push_back(std::move(zoo));
  }
  int status = Exit::Ok;
  std::set<std::string> reported;
  auto reportOnce = [&](const frontend::DiagnosticSink &sink) {
    if (reported.insert(sink.text()).second)
      report(sink, false);
    status = Exit::Diagnosed;
  };
  json rows = json::array();
  names = models;
  for (const ZooSpec &zoo : specs) {
    if (!zoo.spec || zoo.sink.hasErrors()) {
      if (wanted(zoo.model))
        reportOnce(zoo.sink);
      continue;
    }
    for (const std::string &network : zoo.networks()) {
      // As findNetwork has it: a folder's name before a preset's, an earlier preset before a later one.
      if ((network != zoo.model && models.count(network)) || !seen.insert(network).second)
        continue;
      names.insert(network);
      if (!wanted(network) && !wanted(zoo.model))
        continue;
      frontend::DiagnosticSink sink = zoo.sink;
      json row = describe(zoo, network, options, sink);
      if (row.is_null())
        reportOnce(sink);
      else
        rows.push_back(std::move(row));
    }
  }
  if (int unknown = unknownWords(names))
    status = unknown;
  if (format == "json")
    llvm::outs() << json{{"networks", rows}}.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  else if (!rows.empty())
    printText(rows);
  return status;
}

} // namespace

const Command tools::zooCommand{parser, run};
