#include "compiler/emit/Weights.h"

#include "compiler/emit/Packing.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;

namespace cnnc::emit {
namespace {

constexpr uint64_t kPieceBytes = 4 << 20;

struct RawData {
  ArrayRef<char> bytes;
  bool splat;
};

std::optional<RawData> rawData(ElementsAttr value) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return RawData{blob->getData(), false};
    return std::nullopt;
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    return RawData{dense.getRawData(), dense.isSplat()};
  return std::nullopt;
}

/// Writes and digests in one go.
class Sink {
public:
  explicit Sink(llvm::raw_ostream &stream) : stream(stream) {}
  void write(ArrayRef<uint8_t> bytes) {
    hash.update(bytes);
    stream.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    written += bytes.size();
  }
  void zerosUntil(uint64_t offset) {
    static const uint8_t zeros[4096] = {};
    while (written < offset)
      write(ArrayRef(zeros, std::min<uint64_t>(sizeof zeros, offset - written)));
  }
  std::string digest() { return llvm::toHex(hash.final(), /*LowerCase=*/true); }

private:
  llvm::raw_ostream &stream;
  llvm::SHA256 hash;
  uint64_t written = 0;
};

/// Subnormal weights become zeros of their sign: they add less than rounding does, and arithmetic on them is many times slower.
void flushSubnormals(std::vector<uint8_t> &bytes) {
  auto *bits = reinterpret_cast<uint32_t *>(bytes.data());
  for (size_t i = 0; i < bytes.size() / 4; ++i)
    bits[i] &= (bits[i] & 0x7f800000u) ? 0xffffffffu : 0x80000000u;
}

} // namespace

std::optional<std::string> writeWeights(llvm::raw_ostream &stream, const LaunchTable &table, std::string &digest) {
  Sink sink(stream);
  std::vector<uint8_t> piece;
  for (const WeightRow &weight : table.weights) {
    uint64_t logicalBytes = weight.elementBytes;
    for (int64_t extent : weight.shape)
      logicalBytes *= extent;
    std::optional<RawData> data = rawData(weight.value);
    if (!data)
      return "weight '" + weight.name + "' has no data; give a weights file that holds it";
    if (data->bytes.size() != (data->splat ? weight.elementBytes : logicalBytes))
      return "weight '" + weight.name + "' has " + std::to_string(data->bytes.size()) + " bytes of data, its type needs " + std::to_string(logicalBytes);
    auto *source = reinterpret_cast<const uint8_t *>(data->bytes.data());
    sink.zerosUntil(weight.offset);
    Packer packer(source, data->splat, weight.shape, weight.layout, weight.elementBytes);
    int64_t step = std::max<int64_t>(1, kPieceBytes / std::max<uint64_t>(1, packer.runBytes()));
    for (int64_t begin = 0; begin < packer.runs(); begin += step) {
      int64_t end = std::min(begin + step, packer.runs());
      piece.resize((end - begin) * packer.runBytes());
      packer.pack(begin, end, piece.data());
      if (weight.value.getElementType().isF32())
        flushSubnormals(piece);
      sink.write(piece);
    }
  }
  sink.zerosUntil(table.weightsBytes);
  digest = sink.digest();
  return std::nullopt;
}

std::string digestOf(llvm::StringRef bytes) { return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(bytes)), /*LowerCase=*/true); }

} // namespace cnnc::emit
