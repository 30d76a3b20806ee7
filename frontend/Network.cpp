// Finding and reading a network's spec.
#include "frontend/Import.h"
#include "frontend/Json.h"
#include "frontend/dsl/Dsl.h"

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

constexpr size_t kMaxTextBytes = size_t(4) << 20;

// Whether a spec is a .cnn text: by the file's ending, of a stream by its first character.
bool isText(const std::string &path, std::string_view text) {
  if (path != "-")
    return fs::path(path).extension() == ".cnn";
  size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] != '{';
}

// Names of the presets of a spec file, without diagnostics: the file is not the one that the user has asked for.
std::vector<std::string> presetNames(const fs::path &path, const ImportOptions &options) {
  DiagnosticSink silent;
  std::vector<std::string> names;
  if (auto spec = readSpecFile(path.string(), options.fileBytes, silent))
    for (const Preset &preset : spec->presets)
      names.push_back(preset.name.text);
  return names;
}

// The spec in a model's folder.
std::optional<fs::path> specIn(const fs::path &folder) {
  std::error_code error;
  for (const char *name : {"model.cnn", "model.json"})
    if (fs::path file = folder / name; fs::is_regular_file(file, error))
      return file;
  return std::nullopt;
}

// Spec files of the zoo, sorted by folder name.
std::vector<fs::path> zoo(const ImportOptions &options) {
  std::vector<fs::path> files;
  for (const std::string &folder : options.modelFolders) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      if (auto file = specIn(it->path()))
        found.push_back(std::move(*file));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

} // namespace

std::optional<std::string> specAt(const std::string &path) {
  std::error_code error;
  if (fs::is_regular_file(path, error))
    return path;
  auto file = path.empty() ? std::nullopt : specIn(path);
  return file ? std::optional(file->string()) : std::nullopt;
}

std::optional<NetworkFile> findNetwork(const std::string &pathOrName, const ImportOptions &options, DiagnosticSink &sink) {
  if (auto file = pathOrName == "-" ? std::optional(pathOrName) : specAt(pathOrName))
    return NetworkFile{*file, ""};
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
               .message = "there is no network '" + pathOrName + "': no file, no folder with model.cnn or model.json, no name of the zoo",
               .suggestion = suggestion.empty() ? "give the path of a spec, or a name of the zoo" : suggestion});
  return std::nullopt;
}

std::optional<ModelSpec> readSpecFile(const std::string &path, size_t maxBytes, DiagnosticSink &sink) {
  auto text = readFile(path, maxBytes);
  std::string file = path == "-" ? "<stdin>" : path;
  if (!text) {
    sink.report({.code = "CNNC0001", .file = file, .message = "the file cannot be read"});
    return std::nullopt;
  }
  sink.addSource(file, *text);
  if (isText(path, *text)) {
    if (text->size() <= std::min(maxBytes, kMaxTextBytes))
      return specFromText(*text, file, sink);
    sink.report({.code = "CNNC0103", .file = file, .message = "the file is larger than " + std::to_string(std::min(maxBytes, kMaxTextBytes)) + " bytes"});
    return std::nullopt;
  }
  auto json = parseJson(file, *text, {.bytes = maxBytes}, sink);
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
