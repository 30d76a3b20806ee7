#include "compiler/emit/Weights.h"

#include "compiler/emit/Packing.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

#include <cstring>
#include <future>
#include <memory>

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

/// Subnormal weights become zeros of their sign: they add less than rounding does, and arithmetic on them is many times slower.
void flushSubnormals(uint8_t *bytes, uint64_t count) {
  for (uint64_t i = 0; i + 4 <= count; i += 4) {
    uint32_t bits;
    std::memcpy(&bits, bytes + i, 4);
    bits &= (bits & 0x7f800000u) ? 0xffffffffu : 0x80000000u;
    std::memcpy(bytes + i, &bits, 4);
  }
}

/// Some runs of a weight, or zeros.
struct Job {
  std::shared_ptr<const Packer> packer; ///< Null for zeros.
  int64_t begin = 0, end = 0;
  bool isF32 = false; ///< Its elements are f32 numbers.
  uint64_t bytes = 0;
};

/// Makes pieces of the section from jobs. While one is taken, a second thread makes the next.
class Pieces {
public:
  explicit Pieces(TakePiece take) : take(take) {}

  void add(Job job) {
    bytes += job.bytes;
    jobs.push_back(std::move(job));
    if (bytes >= kPieceBytes)
      flush();
  }

  void finish() {
    flush();
    if (ready)
      take(pieces[current]);
  }

private:
  void flush() {
    std::future<void> next = std::async(std::launch::async, [this] { make(pieces[1 - current]); });
    if (ready)
      take(pieces[current]);
    next.get();
    current = 1 - current;
    ready = true;
    jobs.clear();
    bytes = 0;
  }

  void make(std::vector<uint8_t> &piece) const {
    piece.resize(bytes);
    uint8_t *target = piece.data();
    for (const Job &job : jobs) {
      if (!job.packer)
        std::memset(target, 0, job.bytes);
      else
        job.packer->pack(job.begin, job.end, target);
      if (job.isF32)
        flushSubnormals(target, job.bytes);
      target += job.bytes;
    }
  }

  TakePiece take;
  std::vector<Job> jobs;
  uint64_t bytes = 0; // of the jobs
  std::vector<uint8_t> pieces[2];
  int current = 0;
  bool ready = false;
};

} // namespace

std::optional<std::string> packWeights(const LaunchTable &table, TakePiece take) {
  // All checks come first: what follows cannot fail.
  std::vector<RawData> sources;
  for (const WeightRow &weight : table.weights) {
    uint64_t logicalBytes = weight.elementBytes;
    for (int64_t extent : weight.shape)
      logicalBytes *= extent;
    std::optional<RawData> data = rawData(weight.value);
    if (!data)
      return "weight '" + weight.name + "' has no data; give a weights file that holds it";
    if (data->bytes.size() != (data->splat ? weight.elementBytes : logicalBytes))
      return "weight '" + weight.name + "' has " + std::to_string(data->bytes.size()) + " bytes of data, its type needs " + std::to_string(logicalBytes);
    sources.push_back(*data);
  }

  Pieces pieces(take);
  uint64_t end = 0; // of what has been added
  auto zerosUntil = [&](uint64_t offset) {
    for (uint64_t bytes; end < offset; end += bytes) {
      bytes = std::min(offset - end, kPieceBytes);
      pieces.add({.packer = nullptr, .bytes = bytes});
    }
  };
  for (auto [weight, data] : llvm::zip(table.weights, sources)) {
    zerosUntil(weight.offset);
    auto packer =
        std::make_shared<const Packer>(reinterpret_cast<const uint8_t *>(data.bytes.data()), data.splat, weight.shape, weight.layout, weight.elementBytes);
    int64_t step = std::max<int64_t>(1, kPieceBytes / std::max<uint64_t>(1, packer->runBytes()));
    for (int64_t begin = 0; begin < packer->runs(); begin += step) {
      int64_t past = std::min(begin + step, packer->runs());
      uint64_t bytes = (past - begin) * packer->runBytes();
      pieces.add({packer, begin, past, weight.value.getElementType().isF32() && !weight.layout.split, bytes});
      end += bytes;
    }
  }
  zerosUntil(table.weightsBytes);
  pieces.finish();
  return std::nullopt;
}

std::optional<std::string> writeWeights(llvm::raw_ostream &stream, const LaunchTable &table, std::string *digest) {
  llvm::SHA256 hash;
  auto error = packWeights(table, [&](ArrayRef<uint8_t> piece) {
    if (digest)
      hash.update(piece);
    stream.write(reinterpret_cast<const char *>(piece.data()), piece.size());
  });
  if (digest)
    *digest = llvm::toHex(hash.final(), /*LowerCase=*/true);
  return error;
}

std::string digestOf(llvm::StringRef bytes) { return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(bytes)), /*LowerCase=*/true); }

} // namespace cnnc::emit
