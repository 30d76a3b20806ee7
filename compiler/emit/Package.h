// The files of a library, written all or nothing.
#pragma once

#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cnnc::emit {

/// A tensor of a sample: `data` is dense row-major, little-endian.
struct SampleTensor {
  std::string name;  ///< Of the input or output; part of the file name once made an identifier.
  std::string dtype; ///< "f32", "u8", "i32", "i64", "f64".
  std::vector<int64_t> shape;
  std::string data;
};

/// A folder inside the output folder in which files grow until `commit` renames them into place. The destructor, or SIGINT and SIGTERM,
/// remove what is left, and an output folder that it made.
class Staging {
public:
  /// Makes the output folder when it is missing. `error` says why it cannot be written.
  static std::optional<Staging> open(const std::string &outputFolder, std::string &error);
  Staging(Staging &&other) noexcept;
  Staging &operator=(Staging &&) = delete;
  ~Staging();

  /// Path of a file that stays in the staging folder.
  std::string scratch(const std::string &name) const;
  /// Folder of the scratch files.
  const std::string &scratchFolder() const { return folder; }
  /// Path of a file that `commit` renames to `name` in the output folder.
  std::string file(const std::string &name);
  /// Renames in the order of the calls to `file`. Returns why a rename failed.
  std::optional<std::string> commit();

private:
  Staging() = default;
  std::string output, folder;
  std::vector<std::string> names;
  bool madeOutput = false;
};

/// Opens, fills and closes a file. Returns why it failed: "cannot write 'PATH': No space left on device".
std::optional<std::string> writeFile(const std::string &path, const std::function<std::optional<std::string>(llvm::raw_ostream &)> &fill);
std::optional<std::string> writeFile(const std::string &path, const std::string &text);

/// NumPy's .npy format, version 1.0. Empty when the dtype is none of SampleTensor's or the data's size does not fit the shape.
std::string npyText(const SampleTensor &tensor);

/// Writes everything but the library and the weights: headers, metadata, CMake and pkg-config files.
std::optional<std::string> stagePackage(Staging &staging, const nlohmann::json &metadata);

/// Writes a sample of a network: <net>.input.<name>.npy and <net>.expected.<name>.npy, names made identifiers, no two alike.
std::optional<std::string> stageSample(Staging &staging, const std::string &net, const std::vector<SampleTensor> &inputs,
                                       const std::vector<SampleTensor> &outputs);

} // namespace cnnc::emit
