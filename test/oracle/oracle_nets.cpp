// cnnc-oracle-nets STEM...: for each network <stem>.json, with weights <stem>.npz (if any) and inputs <stem>.input<i>.bin (raw, of the
// extents in line i of <stem>.shapes), writes
//   <stem>.mlir             the import phase, weights inside, so that one `cnnc compile` takes many networks;
//   <stem>.onnx             our ONNX export;
//   <stem>.output<i>.f64    the reference results, raw doubles;
// and prints one line of JSON: {"net": stem, "status": exit status of the step that failed or 0, "message": diagnostics}.
// cnnc-oracle-nets --ops: the ops that a spec can hold, one a line.
#include "dialects/cnn/Interpreter.h"
#include "frontend/Import.h"
#include "frontend/OpTable.h"
#include "frontend/onnx/Export.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

using namespace cnnc;

namespace {

void writeFile(const std::string &path, llvm::StringRef bytes) {
  std::error_code code;
  llvm::raw_fd_ostream(path, code) << bytes;
}

std::optional<llvm::SmallVector<int64_t>> readExtents(llvm::StringRef line) {
  llvm::SmallVector<int64_t> extents;
  while (!(line = line.ltrim()).empty())
    if (line.consumeInteger(10, extents.emplace_back()))
      return std::nullopt;
  return extents;
}

template <typename T> void read(const llvm::MemoryBuffer &buffer, cnn::HostTensor &tensor) {
  auto *values = reinterpret_cast<const T *>(buffer.getBufferStart());
  tensor.data.assign(values, values + tensor.data.size());
}

std::optional<std::vector<cnn::HostTensor>> readInputs(const std::string &stem, mlir::func::FuncOp function) {
  auto text = llvm::MemoryBuffer::getFile(stem + ".shapes");
  llvm::SmallVector<llvm::StringRef> lines;
  if (text)
    (*text)->getBuffer().split(lines, '\n');
  if (lines.size() != function.getNumArguments())
    return std::nullopt;
  std::vector<cnn::HostTensor> tensors;
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto tensorType = llvm::cast<mlir::RankedTensorType>(type);
    std::optional<llvm::SmallVector<int64_t>> shape = readExtents(lines[index]);
    if (!shape || shape->size() != static_cast<size_t>(tensorType.getRank()))
      return std::nullopt;
    cnn::HostTensor tensor(*shape);
    auto data = llvm::MemoryBuffer::getFile(stem + ".input" + std::to_string(index) + ".bin");
    if (!data || (*data)->getBufferSize() != tensor.data.size() * tensorType.getElementTypeBitWidth() / 8)
      return std::nullopt;
    if (tensorType.getElementType().isF32())
      read<float>(**data, tensor);
    else if (tensorType.getElementType().isInteger(32))
      read<int32_t>(**data, tensor);
    else
      read<uint8_t>(**data, tensor);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

int process(const std::string &stem, std::string &message) {
  mlir::MLIRContext context;
  llvm::raw_string_ostream messages(message);
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) { messages << diagnostic << '\n'; });
  frontend::DiagnosticSink sink;
  frontend::ImportOptions options;
  options.weights = llvm::sys::fs::exists(stem + ".npz") ? stem + ".npz" : "";
  mlir::OwningOpRef<mlir::ModuleOp> module = frontend::importModel(context, stem + ".json", options, sink);
  if (!module) {
    messages << sink.text();
    return sink.exitStatus();
  }
  std::string text, bytes;
  llvm::raw_string_ostream os(text);
  module->print(os);
  writeFile(stem + ".mlir", text);

  frontend::OnnxExportOptions onnx;
  onnx.network = llvm::StringRef(stem).rsplit('/').second.str();
  if (frontend::exportOnnx(*module, onnx, bytes) != frontend::OnnxStatus::Ok)
    return 3;
  writeFile(stem + ".onnx", bytes);

  auto function = module->lookupSymbol<mlir::func::FuncOp>("main");
  auto inputs = readInputs(stem, function);
  if (!inputs) {
    messages << "inputs do not match the network\n";
    return 1;
  }
  auto outputs = cnn::interpret(function, *inputs);
  if (failed(outputs))
    return 1;
  for (auto [index, output] : llvm::enumerate(*outputs))
    writeFile(stem + ".output" + std::to_string(index) + ".f64", {reinterpret_cast<const char *>(output.data.data()), output.data.size() * sizeof(double)});
  return 0;
}

} // namespace

int main(int count, char **arguments) {
  if (count == 2 && llvm::StringRef(arguments[1]) == "--ops") {
    for (const std::string &op : frontend::opNames())
      llvm::outs() << op << '\n';
    return 0;
  }
  for (int i = 1; i < count; ++i) {
    std::string message;
    int status = process(arguments[i], message);
    llvm::outs() << nlohmann::json{{"net", arguments[i]}, {"status", status}, {"message", message}}.dump() << '\n';
  }
}
