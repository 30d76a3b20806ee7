// A network written by hand in the exec dialect, and its kernels compiled from kernels.c.
#pragma once

#include "lowering/kernels/Build.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <string>
#include <vector>

namespace cnnc::emit::test {

/// image f32 [1..2, 2, 3, 5] -> y f32 [1..2, 60]: scaled by channel, 3x3 box sums, those and their doubles side by side, in reverse,
/// plus 0.5. Touches a halo, a packed weight, a splat weight, a concat in place, a view, the arena and a parallel loop.
struct TinyNetwork {
  TinyNetwork();
  /// The module's text; parts of it can be replaced to make it wrong.
  static std::string text();
  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text);

  mlir::MLIRContext context;
  Target target;
  std::map<std::string, kernels::Object> kernels;
};

/// What the network computes for one image, with `factors` for the two channels.
std::vector<float> reference(const float *image, float factor0 = 2, float factor1 = 3);

/// Numbers without a pattern that survive f32 sums exactly.
std::vector<float> testImages(int count);

/// `text` with every `from` replaced.
std::string replaced(std::string text, const std::string &from, const std::string &to);

/// A folder of its own for one test, removed at its end.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  std::string path(const std::string &name) const { return root + "/" + name; }

private:
  std::string root;
};

std::string readFile(const std::string &path);

/// Runs a program, without a shell; its exit status.
int execute(const std::vector<std::string> &command);

} // namespace cnnc::emit::test
