// cnn IR -> ONNX.
#pragma once

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace cnnc::frontend {

enum class OnnxStatus {
  Ok,
  Invalid,     // no @main, or a constant without data
  Unsupported, // an op or a type that ONNX cannot express
  TooLarge     // the file would pass protobuf's 2 GiB
};

struct OnnxExportOptions {
  std::string network = "network"; // name of the graph
  std::string producerVersion;     // of cnnc, written into the file
};

/// Writes func.func @main of `cnn` ops as a serialised ModelProto (opset 21, IR version 10) into `bytes`.
///
/// Inputs and outputs keep their `cnn.name`; a dynamic batch becomes the dimension parameter "N". Each op becomes one or more
/// nodes whose last is named after the op's `layer` and carries it as the metadata property "cnnc.layer"; weights become
/// initialisers under their names in the weights file. `#cnn.layout` is physical and leaves no trace.
/// Every problem is emitted as a diagnostic that names the layer; `bytes` is then empty.
OnnxStatus exportOnnx(mlir::ModuleOp module, const OnnxExportOptions &options, std::string &bytes);

} // namespace cnnc::frontend
