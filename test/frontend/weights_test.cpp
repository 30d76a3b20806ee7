// Weights files: what is read, and what is refused with which words.
#include "frontend/Weights.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace cnnc::frontend;

namespace {

// A folder of the test's own.
class Weights : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) /
             ("weights-" + std::to_string(getpid()) + "-" + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string &name, const std::string &bytes) {
    std::string path = (folder / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::string safetensors(const std::string &header, const std::string &data) {
    std::string size(8, '\0');
    uint64_t length = header.size();
    std::memcpy(size.data(), &length, 8);
    return write("w.safetensors", size + header + data);
  }

  // Runs a line of Python with numpy as np, in the folder.
  void python(const std::string &line) {
    std::string command = "cd '" + folder.string() + "' && '" CNNC_PYTHON "' -c \"import numpy as np; " + line + "\"";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  // Errors of opening `text` and asking for `name` of shape [2, 2].
  std::string errors(const std::string &text, const std::string &name = "w") {
    DiagnosticSink sink;
    auto source = openWeights(text, "", sink);
    if (!source)
      return sink.text();
    WeightBinder binder(std::move(source), text, sink);
    binder.bind(name, mlir::RankedTensorType::get({2, 2}, mlir::Float32Type::get(&context)), {.code = "", .file = "spec"});
    binder.finish();
    return sink.text();
  }

  std::vector<float> values(const std::string &text, const std::string &name, std::vector<int64_t> shape) {
    DiagnosticSink sink;
    auto source = openWeights(text, "", sink);
    auto tensor = source ? source->find(name, shape) : std::nullopt;
    EXPECT_TRUE(tensor && tensor->error.empty()) << sink.text() << (tensor ? tensor->error : "");
    return tensor ? tensor->values.vec() : std::vector<float>();
  }

  std::filesystem::path folder;
  mlir::MLIRContext context;
};

std::string floats(std::vector<float> values) { return {reinterpret_cast<const char *>(values.data()), values.size() * 4}; }

const std::string kSquare = R"({"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";

TEST_F(Weights, SafetensorsIsReadWithoutCopy) {
  std::string header = kSquare + std::string(64 - (8 + kSquare.size()) % 64, ' ');
  std::string path = safetensors(header, floats({1, 2, 3, 4}));
  EXPECT_EQ(values(path, "w", {2, 2}), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(errors(path), "");
}

TEST_F(Weights, UnalignedDataIsCopied) {
  for (size_t spaces : {0, 1, 2, 3})
    EXPECT_EQ(values(safetensors(kSquare + std::string(spaces, ' '), floats({1, 2, 3, 4})), "w", {2, 2}), (std::vector<float>{1, 2, 3, 4}));
}

TEST_F(Weights, HalfAndDoubleConvert) {
  std::string header =
      R"({"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]},"d":{"dtype":"F64","shape":[1],"data_offsets":[12,20]}})";
  uint16_t halves[] = {0x3c00, 0xc000, 0x0001, 0x7bff}, brains[] = {0x3f80, 0xc040};
  double wide = 0.1;
  std::string data(reinterpret_cast<char *>(halves), 8);
  data.append(reinterpret_cast<char *>(brains), 4).append(reinterpret_cast<char *>(&wide), 8);
  std::string path = safetensors(header, data);
  EXPECT_EQ(values(path, "h", {4}), (std::vector<float>{1, -2, 0x1p-24f, 65504}));
  EXPECT_EQ(values(path, "b", {2}), (std::vector<float>{1, -3}));
  EXPECT_EQ(values(path, "d", {1}), (std::vector<float>{0.1f}));
}

TEST_F(Weights, DamagedSafetensors) {
  EXPECT_NE(errors(write("a.safetensors", "short")).find("error[CNNC0603]: this is no safetensors file"), std::string::npos);
  EXPECT_NE(errors(write("b.safetensors", std::string(8, '\xff') + "{}")).find("claims a header of 18446744073709551615"), std::string::npos);
  EXPECT_NE(errors(safetensors("{\"w\": ", "")).find("CNNC0101"), std::string::npos);
  EXPECT_NE(errors(safetensors("[]", "")).find("the header must be an object"), std::string::npos);
  EXPECT_NE(errors(safetensors(R"({"w": 3})", "")).find("malformed header entry"), std::string::npos);
}

TEST_F(Weights, WrongSizes) {
  EXPECT_NE(errors(safetensors(kSquare, floats({1, 2}))).find("outside the file's 8 data bytes"), std::string::npos);
  EXPECT_NE(errors(safetensors(R"({"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,20]}})", floats({1, 2, 3, 4, 5}))).find("has 20 bytes; its shape 2x2"),
            std::string::npos);
  EXPECT_NE(
      errors(safetensors(R"({"w":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,16]}})", floats({1, 2, 3, 4}))).find("does not fit them"),
      std::string::npos);
  EXPECT_NE(errors(safetensors(R"({"w":{"dtype":"F32","shape":[-1,2],"data_offsets":[0,16]}})", floats({1, 2, 3, 4}))).find("malformed"), std::string::npos);
  EXPECT_NE(errors(safetensors(R"({"w":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}})", floats({1, 2, 3, 4}))).find("has the dtype I32"),
            std::string::npos);
}

TEST_F(Weights, OverlapsAreRefused) {
  std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]}})";
  EXPECT_NE(errors(safetensors(header, floats({1, 2, 3, 4, 5}))).find("overlaps the data of 'a'"), std::string::npos);
}

TEST_F(Weights, MissingMisshapedExtraInOneGo) {
  std::string header = R"({"v":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"bn.num_batches_tracked":{"dtype":"F32","shape":[],"data_offsets":[16,20]}})";
  std::string path = safetensors(header, floats({1, 2, 3, 4, 5}));
  std::string text = errors(path, "vv");
  EXPECT_NE(text.find("error[CNNC0611]: the weights have no tensor 'vv' of shape 2x2"), std::string::npos) << text;
  EXPECT_NE(text.find("help: did you mean 'v'?"), std::string::npos) << text;
  EXPECT_NE(text.find("error[CNNC0615]: no layer uses the tensor 'v'"), std::string::npos) << text;
  EXPECT_EQ(text.find("num_batches_tracked"), std::string::npos) << text;
  EXPECT_NE(errors(path, "v").find("error[CNNC0612]: the tensor 'v' has shape 4; the layer needs 2x2"), std::string::npos);
}

TEST_F(Weights, NotFinite) {
  EXPECT_NE(errors(safetensors(kSquare, floats({1, 2, NAN, 4}))).find("error[CNNC0614]: the tensor 'w' holds NaN at [1, 0]"), std::string::npos);
  EXPECT_NE(errors(safetensors(kSquare, floats({1, -INFINITY, 3, 4}))).find("an infinity at [0, 1]"), std::string::npos);
}

TEST_F(Weights, NpzStoredAndDeflated) {
  python(
      "a = np.array([[1, 2], [3, 4.5]], 'f'); np.savez('s.npz', w=a); np.savez_compressed('c.npz', **{'w': a, 'layer.0.d': np.arange(6.).reshape(1, 2, 3)})");
  std::string stored = (folder / "s.npz").string(), packed = (folder / "c.npz").string();
  EXPECT_EQ(values(stored, "w", {2, 2}), (std::vector<float>{1, 2, 3, 4.5}));
  EXPECT_EQ(values(packed, "w", {2, 2}), (std::vector<float>{1, 2, 3, 4.5}));
  EXPECT_EQ(values(packed, "layer.0.d", {1, 2, 3}), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(errors(stored), "");
}

TEST_F(Weights, NpzDamaged) {
  python("np.savez('i.npz', w=np.zeros((2, 2), 'i')); np.savez('f.npz', w=np.asfortranarray(np.arange(4, dtype='f').reshape(2, 2)))");
  python("np.savez_compressed('c.npz', w=np.random.default_rng(0).random((2, 2)).astype('f')); d = bytearray(open('c.npz', 'rb').read()); d[60] ^= 255; "
         "open('d.npz', 'wb').write(d); open('t.npz', 'wb').write(d[:100])");
  EXPECT_NE(errors((folder / "i.npz").string()).find("has the dtype <i4"), std::string::npos);
  EXPECT_NE(errors((folder / "f.npz").string()).find("Fortran order"), std::string::npos);
  EXPECT_NE(errors((folder / "d.npz").string()).find("error[CNNC0613]"), std::string::npos);
  EXPECT_NE(errors((folder / "t.npz").string()).find("no central directory"), std::string::npos);
  EXPECT_NE(errors(write("n.npz", "nothing")).find("no zip archive"), std::string::npos);
}

TEST_F(Weights, Sources) {
  EXPECT_EQ(errors("random:7"), "");
  EXPECT_EQ(errors("zeros"), "");
  EXPECT_NE(errors("random:x").find("error[CNNC0601]: the seed"), std::string::npos);
  EXPECT_NE(errors("/nowhere.safetensors").find("error[CNNC0601]: there is no weights file"), std::string::npos);
}

TEST_F(Weights, Confinement) {
  std::filesystem::create_directories(folder / "model");
  std::string outside = safetensors(kSquare, floats({1, 2, 3, 4})), inside = (folder / "model" / "in.safetensors").string(),
              link = (folder / "model" / "link.safetensors").string();
  std::filesystem::copy_file(outside, inside);
  std::filesystem::create_symlink(outside, link);
  auto opens = [&](const std::string &path) {
    DiagnosticSink sink;
    return openWeights(path, (folder / "model").string(), sink) != nullptr;
  };
  EXPECT_TRUE(opens(inside));
  EXPECT_FALSE(opens(outside));
  EXPECT_FALSE(opens(link)) << "a link that leaves the folder";
  EXPECT_FALSE(opens((folder / "model" / ".." / "w.safetensors").string()));
}

// The NumPy twin prints the same bits.
TEST_F(Weights, RandomEqualsNumpy) {
  struct Case {
    const char *name, *shape;
    std::vector<int64_t> extents;
  };
  for (const Case &item : {Case{"layer1.0.conv1.weight", "8x3x3x3", {8, 3, 3, 3}}, Case{"bn1.weight", "16", {16}}, Case{"bn1.running_var", "16", {16}},
                           Case{"bn1.bias", "16", {16}}, Case{"fc.weight", "10x64", {10, 64}}}) {
    std::string out = (folder / "bits").string();
    std::string command =
        "'" CNNC_PYTHON "' '" CNNC_RANDOM_WEIGHTS "' " + std::string(item.name) + " " + item.shape + " --seed 42 --count 100000 > '" + out + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream file(out);
    std::vector<uint32_t> expected, bits;
    for (std::string line; std::getline(file, line);)
      expected.push_back(static_cast<uint32_t>(std::stoul(line, nullptr, 16)));
    for (float value : values("random:42", item.name, item.extents))
      bits.push_back(std::bit_cast<uint32_t>(value));
    EXPECT_EQ(bits, expected) << item.name;
    EXPECT_FALSE(bits.empty());
  }
}

// A seed and a name decide a value; another seed or name gives others.
TEST_F(Weights, RandomDependsOnSeedAndName) {
  EXPECT_EQ(values("random:1", "a.weight", {4}), values("random:1", "a.weight", {4}));
  EXPECT_NE(values("random:1", "a.weight", {4}), values("random:2", "a.weight", {4}));
  EXPECT_NE(values("random:1", "a.weight", {4}), values("random:1", "b.weight", {4}));
}

} // namespace
