// A network as a temporary ONNX file, for the oracles.
#pragma once

#include "compiler/Session.h"

namespace cnnc::tools {

/// Exports a loaded network; 0 or the exit status after printing why not. Diagnostics of the export are printed to stderr.
int exportNetwork(Session &session, std::string &bytes);

/// A file in the system's temporary folder, removed with this object.
class TemporaryOnnx {
public:
  ~TemporaryOnnx();
  int write(Session &session);
  const std::string &path() const { return file; }

private:
  std::string file;
};

} // namespace cnnc::tools
