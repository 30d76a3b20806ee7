// Finding and reading a network's spec.
#include "frontend/Import.h"
#include "frontend/Json.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

namespace fs = std::filesystem;

namespace cnnc::frontend {
namespace {

// The whole of a file, or nullopt when it cannot be read; at most `limit` + 1 bytes.
std::optional<std::string> readFile(const std::string &path, size_t limit) {
  auto take = [&](std::istream &stream) {
    std::string text;
    char buffer[65536];
    while (text.size() <= limit && (stream.read(buffer, sizeof(buffer)), stream.gcount() > 0))
      text.append(buffer, static_cast<size_t>(stream.gcount()));
    return text;
  };
  if (path == "-")
    return take(std::cin);
  std::error_code error;
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path, error))
    return std::nullopt;
  return take(file);
}

// Names of the presets of a spec file, without diagnostics: the file is not the one that the user has asked for.
std::vector<std::string> presetNames(const fs::path &path, const ImportOptions &options) {
  DiagnosticSink silent;
  std::vector<std::string> names;
  auto text = readFile(path.string(), options.fileBytes);
  auto json = text ? parseJson("", *text, {.bytes = options.fileBytes}, silent) : std::nullopt;
  if (const Datum *presets = json && json->isMap() ? json->find("presets") : nullptr)
    for (const Text &key : presets->keys)
      names.push_back(key.text);
  return names;
}

// Spec files of the zoo, sorted by folder name.
std::vector<fs::path> zoo(const ImportOptions &options) {
  std::vector<fs::path> files;
  for (const std::string &folder : options.modelFolders) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      if (fs::path file = it->path() / "model.json"; fs::is_regular_file(file, error))
        found.push_back(std::move(file));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

} // namespace

std::optional<NetworkFile> findNetwork(const std::string &pathOrName, const ImportOptions &options, DiagnosticSink &sink) {
  std::error_code error;
  if (pathOrName == "-" || fs::is_regular_file(pathOrName, error))
    return NetworkFile{pathOrName, ""};
  if (fs::path file = fs::path(pathOrName) / "model.json"; !pathOrName.empty() && fs::is_regular_file(file, error))
    return NetworkFile{file.string(), ""};
  std::vector<std::string> names;
  std::vector<fs::path> files = zoo(options);
  for (const fs::path &file : files) {
    names.push_back(file.parent_path().filename().string());
    if (names.back() == pathOrName)
      return NetworkFile{file.string(), ""};
  }
  for (const fs::path &file : files)
    for (std::string &preset : presetNames(file, options)) {
      if (preset == pathOrName)
        return NetworkFile{file.string(), preset};
      names.push_back(std::move(preset));
    }
  std::string suggestion = didYouMean(pathOrName, names);
  sink.report({.code = "CNNC0001",
               .message = "there is no network '" + pathOrName + "': no file, no folder with model.json, no name of the zoo",
               .suggestion = suggestion.empty() ? "give the path of a spec, or a name of the zoo" : suggestion});
  return std::nullopt;
}

std::optional<ModelSpec> readSpec(const std::string &path, const ImportOptions &options, DiagnosticSink &sink) {
  auto text = readFile(path, options.fileBytes);
  std::string file = path == "-" ? "<stdin>" : path;
  if (!text) {
    sink.report({.code = "CNNC0001", .file = file, .message = "the file cannot be read"});
    return std::nullopt;
  }
  sink.addSource(file, *text);
  auto json = parseJson(file, *text, {.bytes = options.fileBytes}, sink);
  if (!json)
    return std::nullopt;
  ModelSpec spec = specFromJson(*json, file, sink);
  return json->isMap() ? std::optional(std::move(spec)) : std::nullopt;
}

std::vector<std::string> zooFiles(const ImportOptions &options) {
  std::vector<std::string> files;
  for (const fs::path &file : zoo(options))
    files.push_back(file.string());
  return files;
}

} // namespace cnnc::frontend
