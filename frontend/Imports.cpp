// Files that a spec imports.
#include "frontend/Imports.h"
#include "frontend/Import.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace fs = std::filesystem;

namespace cnnc::frontend {
namespace {

bool contains(const fs::path &folder, const fs::path &path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

class Linker {
public:
  Linker(ModelSpec &spec, const LinkLimits &limits, DiagnosticSink &sink) : spec(spec), limits(limits), sink(sink) {
    std::error_code error;
    fs::path file = spec.file, folder = fs::canonical(file.has_parent_path() ? file.parent_path() : fs::path("."), error);
    root = folder.parent_path() == folder.root_path() ? folder : folder.parent_path();
    open.push_back(file.has_filename() ? folder / file.filename() : fs::path());
    shown.push_back(spec.file);
  }

  void run() {
    std::vector<Text> imports = std::exchange(spec.imports, {});
    follow(imports, spec.file);
  }

private:
  // Reports, and keeps the import as one whose blocks are unknown.
  void refuse(const char *code, const Text &import, const std::string &importer, std::string message, std::string suggestion = {}) {
    spec.imports.push_back(import);
    if (code)
      sink.report({.code = code, .file = importer, .mark = import.mark, .message = std::move(message), .suggestion = std::move(suggestion)});
  }

  void follow(const std::vector<Text> &imports, const std::string &importer) {
    for (const Text &import : imports)
      if (auto target = resolve(import, importer))
        add(import, importer, *target);
  }

  // The file that an import names, symbolic links resolved.
  std::optional<fs::path> resolve(const Text &import, const std::string &importer) {
    fs::path path = import.text;
    bool ending = path.extension() == ".json" || path.extension() == ".cnn";
    if (path.is_absolute() || !ending || import.text.find('\0') != std::string::npos) {
      refuse("CNNC0004", import, importer, "'" + import.text + "' is no relative path that ends with .cnn or .json");
      return std::nullopt;
    }
    std::error_code error;
    fs::path target = fs::weakly_canonical(open.back().parent_path() / path, error);
    if (error || !contains(root, target)) {
      refuse("CNNC0004", import, importer, "'" + import.text + "' lies outside the folder of the models", "imports must lie inside '" + root.string() + "'");
      return std::nullopt;
    }
    if (fs::is_regular_file(target, error))
      return target;
    std::vector<std::string> near;
    for (fs::directory_iterator it(target.parent_path(), error), end; !error && it != end && near.size() < 10000; it.increment(error))
      if (it->path().extension() == ".json" || it->path().extension() == ".cnn")
        near.push_back((path.parent_path() / it->path().filename()).string());
    std::sort(near.begin(), near.end());
    refuse("CNNC0003", import, importer, "there is no file '" + import.text + "' to import", didYouMean(import.text, near));
    return std::nullopt;
  }

  void add(const Text &import, const std::string &importer, const fs::path &target) {
    std::error_code error;
    if (auto cycle = std::find(open.begin(), open.end(), target); cycle != open.end()) {
      std::string chain;
      for (auto it = shown.begin() + (cycle - open.begin()); it != shown.end(); ++it)
        chain += "'" + *it + "' imports ";
      return refuse("CNNC0005", import, importer, "import cycle: " + chain + "'" + shown[cycle - open.begin()] + "'");
    }
    if (!files.insert(target).second)
      return;
    uintmax_t size = fs::file_size(target, error);
    if (files.size() > limits.files || error || size > limits.bytes - bytes)
      return refuse("CNNC0506", import, importer,
                    "the network imports more than " + std::to_string(limits.files) + " files or " + std::to_string(limits.bytes) + " bytes");
    bytes += size;
    std::string name = displayed(import, importer, target);
    size_t errors = sink.errorCount();
    auto imported = readSpecFile(name, limits.bytes, sink);
    if (sink.errorCount() != errors)
      refuse(nullptr, import, importer, "");
    if (!imported)
      return;
    std::move(imported->blocks.begin(), imported->blocks.end(), std::back_inserter(spec.blocks));
    open.push_back(target);
    shown.push_back(name);
    follow(imported->imports, name);
    open.pop_back();
    shown.pop_back();
  }

  // The path as its user would write it, from the importer's, where that leads to the same file.
  static std::string displayed(const Text &import, const std::string &importer, const fs::path &target) {
    std::error_code error;
    fs::path path = (fs::path(importer).parent_path() / import.text).lexically_normal();
    return fs::equivalent(path, target, error) ? path.string() : target.string();
  }

  ModelSpec &spec;
  const LinkLimits &limits;
  DiagnosticSink &sink;
  fs::path root;                  // What imports may not leave.
  std::vector<fs::path> open;     // The files on the way here, the spec's own first,
  std::vector<std::string> shown; // and their names in diagnostics.
  std::set<fs::path> files;
  uintmax_t bytes = 0;
};

} // namespace

ModelSpec linkSpec(ModelSpec spec, const LinkLimits &limits, DiagnosticSink &sink) {
  if (!spec.imports.empty())
    Linker(spec, limits, sink).run();
  return spec;
}

} // namespace cnnc::frontend
