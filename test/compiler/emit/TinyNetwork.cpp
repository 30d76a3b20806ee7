#include "test/compiler/emit/TinyNetwork.h"

#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include <gtest/gtest.h>

namespace cnnc::emit::test {

TinyNetwork::TinyNetwork() {
  context.loadDialect<cnn::CnnDialect, exec::ExecDialect, mlir::func::FuncDialect>();
  target.name = target.cpu = "x86-64";
  target.triple = "x86_64-pc-linux-gnu";
  target.features = {"sse2", "sse4.1"};
  target.vectorBits = 128;
  for (const char *name : {"scale", "box", "twice", "reverse"})
    kernels[name] = {std::string("test_") + name, readFile(std::string(CNNC_TEST_KERNELS) + "/" + name + ".o")};
}

std::string TinyNetwork::text() {
  return R"(
!dense = tensor<?x2x3x5xf32>
!blocked = tensor<?x2x3x5xf32, #cnn.layout<block = 4, halo = [1, 1, 1, 1]>>
module attributes {cnn.network = "tiny", exec.per_image, exec.arena_bytes = 832 : i64, exec.weights_bytes = 304 : i64} {
  exec.kernel @scale schedule <"scale.plain", {tile = 2 : i64}> attributes {weights = array<i1: false, true>} {
  ^bb0(%x: !dense, %w: tensor<2xf32>):
    %0 = builtin.unrealized_conversion_cast %x : !dense to !blocked
    exec.yield %0 : !blocked
  }
  exec.kernel @box attributes {weights = array<i1: false>} {
  ^bb0(%x: !blocked):
    %0 = builtin.unrealized_conversion_cast %x : !blocked to !dense
    exec.yield %0 : !dense
  }
  exec.kernel @twice attributes {weights = array<i1: false>} {
  ^bb0(%x: !dense):
    exec.yield %x : !dense
  }
  exec.kernel @reverse attributes {weights = array<i1: false, true>} {
  ^bb0(%x: tensor<?x60xf32>, %b: tensor<60xf32>):
    exec.yield %x : tensor<?x60xf32>
  }
  func.func @main(%image: !dense {cnn.name = "image", cnn.layout_hint = "NCHW"}) -> (tensor<?x60xf32> {cnn.name = "y", cnn.layout_hint = "NC"}) attributes {cnn.max_batch = 2 : i64} {
    %w = exec.weight "factor" packed <dims = [0, 0], extents = [1, 4], steps = [4, 1]> offset 0 : tensor<2xf32>, dense<[2.0, 3.0]> : tensor<2xf32>
    %b = exec.weight "bias" offset 64 : tensor<60xf32>, dense<0.5> : tensor<60xf32>
    %0 = exec.launch @scale(%image, %w) "scale" at <arena[0], offset = 256, bytes = 560> {macs = 30 : i64} : (!dense, tensor<2xf32>) -> !blocked
    %1 = exec.launch @box(%0) "box" at <arena[0], offset = 0, bytes = 120> {macs = 270 : i64} : (!blocked) -> !dense
    %2 = exec.launch @twice(%1) "twice" at <arena[0], offset = 120, bytes = 120> : (!dense) -> !dense
    %3 = exec.concat %1, %2 at <arena[0], offset = 0, bytes = 240> : (!dense, !dense) -> tensor<?x4x3x5xf32>
    %4 = exec.view %3 : tensor<?x4x3x5xf32> -> tensor<?x60xf32>
    %5 = exec.launch @reverse(%4, %b) "reverse" at <output[0], offset = 0, bytes = 240> : (tensor<?x60xf32>, tensor<60xf32>) -> tensor<?x60xf32>
    return %5 : tensor<?x60xf32>
  }
}
)";
}

mlir::OwningOpRef<mlir::ModuleOp> TinyNetwork::parse(const std::string &text) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(&context));
  EXPECT_TRUE(module);
  return module;
}

std::vector<float> reference(const float *image, float factor0, float factor1) {
  constexpr int C = 2, H = 3, W = 5, N = C * H * W;
  std::vector<float> sums(2 * N), result(2 * N);
  for (int c = 0; c < C; ++c)
    for (int y = 0; y < H; ++y)
      for (int x = 0; x < W; ++x) {
        float sum = 0;
        for (int v = std::max(0, y - 1); v <= std::min(H - 1, y + 1); ++v)
          for (int u = std::max(0, x - 1); u <= std::min(W - 1, x + 1); ++u)
            sum += (c ? factor1 : factor0) * image[(c * H + v) * W + u];
        sums[(c * H + y) * W + x] = sum;
        sums[N + (c * H + y) * W + x] = 2 * sum;
      }
  for (int i = 0; i < 2 * N; ++i)
    result[i] = sums[2 * N - 1 - i] + 0.5f;
  return result;
}

std::vector<float> testImages(int count) {
  std::vector<float> values(count * 30);
  uint32_t state = 12345;
  for (float &value : values)
    value = static_cast<float>((state = state * 1664525u + 1013904223u) >> 24) - 128;
  return values;
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  EXPECT_NE(text.find(from), std::string::npos) << from;
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TemporaryFolder::TemporaryFolder() {
  llvm::SmallString<128> path;
  EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("cnnc-emit-test", path));
  root = path.str().str();
}

TemporaryFolder::~TemporaryFolder() { llvm::sys::fs::remove_directories(root); }

std::string readFile(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  EXPECT_TRUE(static_cast<bool>(buffer)) << path;
  return buffer ? (*buffer)->getBuffer().str() : "";
}

int execute(const std::vector<std::string> &command) {
  std::vector<llvm::StringRef> arguments(command.begin(), command.end());
  std::string error;
  int status = llvm::sys::ExecuteAndWait(command[0], arguments, std::nullopt, {}, 0, 0, &error);
  EXPECT_EQ(error, "");
  return status;
}

} // namespace cnnc::emit::test
