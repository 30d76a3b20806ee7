// A network as ONNX.
#include "compiler/tools/Onnx.h"

#include "compiler/tools/Options.h"
#include "frontend/onnx/Export.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace cnnc;
using namespace cnnc::tools;

int tools::exportNetwork(Session &session, std::string &bytes) {
  mlir::ScopedDiagnosticHandler handler(&session.context(), [](mlir::Diagnostic &diagnostic) { llvm::errs() << "cnnc: error: " << diagnostic.str() << '\n'; });
  frontend::OnnxExportOptions options;
  options.network = session.network();
  options.producerVersion = CNNC_VERSION;
  switch (frontend::exportOnnx(session.module(), options, bytes)) {
  case frontend::OnnxStatus::Ok:
    return Exit::Ok;
  case frontend::OnnxStatus::Unsupported:
    return Exit::Unsupported;
  case frontend::OnnxStatus::TooLarge:
    return Exit::Limit;
  case frontend::OnnxStatus::Invalid:
    break;
  }
  return Exit::Diagnosed;
}

int TemporaryOnnx::write(Session &session) {
  std::string bytes;
  if (int status = exportNetwork(session, bytes))
    return status;
  int descriptor;
  llvm::SmallString<128> name;
  if (auto code = llvm::sys::fs::createTemporaryFile("cnnc", "onnx", descriptor, name))
    return fail(Exit::Diagnosed, "cannot make a temporary file: " + code.message());
  file = name.str().str();
  llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/true);
  os << bytes;
  os.close();
  if (!os.has_error())
    return Exit::Ok;
  std::string why = os.error().message();
  os.clear_error();
  return fail(Exit::Diagnosed, "cannot write '" + file + "': " + why);
}

TemporaryOnnx::~TemporaryOnnx() {
  if (!file.empty())
    llvm::sys::fs::remove(file);
}
