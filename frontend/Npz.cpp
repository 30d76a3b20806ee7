// NumPy's .npz: a zip archive (stored or deflated) of .npy files. Names are the members without ".npy".
#include "frontend/TensorData.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"

#include <zlib.h>

namespace cnnc::frontend {
namespace {

using llvm::StringRef;
using llvm::support::endian::read16le;
using llvm::support::endian::read32le;

struct Member {
  size_t localHeader, packed, size;
  uint32_t crc;
  unsigned method;
};

// Deflate cannot expand by more than 1032: a larger claim is a lie.
constexpr size_t kMaxExpansion = 1032;

// The data of a member inside the archive, still packed; empty optional when the local header does not fit.
std::optional<StringRef> packedData(StringRef file, const Member &member) {
  if (member.localHeader > file.size() || file.size() - member.localHeader < 30)
    return std::nullopt;
  StringRef header = file.substr(member.localHeader);
  if (!header.starts_with("PK\3\4"))
    return std::nullopt;
  size_t start = 30 + size_t(read16le(header.data() + 26)) + read16le(header.data() + 28);
  if (start > header.size() || member.packed > header.size() - start)
    return std::nullopt;
  return header.substr(start, member.packed);
}

// Inflates a raw deflate stream into exactly `out.size()` bytes.
bool inflateRaw(StringRef packed, std::string &out) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  size_t consumed = 0, produced = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    constexpr size_t chunk = size_t(1) << 30;
    uInt in = static_cast<uInt>(std::min(packed.size() - consumed, chunk)), room = static_cast<uInt>(std::min(out.size() - produced, chunk));
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data() + consumed));
    stream.avail_in = in;
    stream.next_out = reinterpret_cast<Bytef *>(out.data() + produced);
    stream.avail_out = room;
    status = inflate(&stream, Z_NO_FLUSH);
    consumed += in - stream.avail_in;
    produced += room - stream.avail_out;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && produced == out.size();
}

WeightTensor failed(std::string error) { return {{}, {}, nullptr, std::move(error)}; }

// Parses an .npy file (NumPy NEP 1, versions 1 to 3) in C order.
WeightTensor parseNpy(StringRef bytes, std::shared_ptr<void> owner) {
  if (!bytes.starts_with(StringRef("\x93NUMPY", 6)) || bytes.size() < 12)
    return failed("is no .npy file");
  bool wide = bytes[6] >= 2;
  size_t prefix = wide ? 12 : 10, length = wide ? read32le(bytes.data() + 8) : read16le(bytes.data() + 8);
  if (length > bytes.size() - prefix)
    return failed("has a truncated .npy header");
  StringRef header = bytes.substr(prefix, length), data = bytes.substr(prefix + length);
  llvm::SmallVector<StringRef> dtype, order, shape;
  if (!llvm::Regex("'descr': *'([^']*)'").match(header, &dtype) || !llvm::Regex("'fortran_order': *(True|False)").match(header, &order) ||
      !llvm::Regex("'shape': *\\(([0-9, ]*)\\)").match(header, &shape))
    return failed("has a malformed .npy header");
  if (order[1] == "True")
    return failed("is in Fortran order; save it with numpy.ascontiguousarray");
  std::optional<FileDtype> type;
  if (dtype[1] == "<f4")
    type = FileDtype::F32;
  else if (dtype[1] == "<f8")
    type = FileDtype::F64;
  else if (dtype[1] == "<f2")
    type = FileDtype::F16;
  if (!type)
    return failed("has the dtype " + dtype[1].str() + "; <f4, <f8 and <f2 are read");
  std::vector<int64_t> extents;
  llvm::SmallVector<StringRef> parts;
  shape[1].split(parts, ',', -1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    int64_t extent;
    if (part = part.trim(); part.empty())
      continue;
    if (part.getAsInteger(10, extent))
      return failed("has a malformed .npy shape");
    extents.push_back(extent);
  }
  auto count = elementCount(extents);
  if (!count || *count * dtypeBytes(*type) != data.size()) {
    WeightTensor tensor =
        failed("has " + std::to_string(data.size()) + " bytes; its shape " + shapeText(extents) + " of " + dtype[1].str() + " does not fit them");
    tensor.shape = extents;
    return tensor;
  }
  return makeTensor(extents, *type, data, std::move(owner));
}

class Npz : public WeightSource {
public:
  std::shared_ptr<llvm::MemoryBuffer> buffer;
  std::map<std::string, Member> members;

  std::optional<WeightTensor> find(const std::string &name, llvm::ArrayRef<int64_t>) override {
    auto found = members.find(name);
    if (found == members.end())
      return std::nullopt;
    const Member &member = found->second;
    auto packed = packedData(buffer->getBuffer(), member);
    if (!packed)
      return failed("lies outside the file: the archive is truncated or damaged");
    auto matches = [&](StringRef data) { return crc32_z(0, reinterpret_cast<const Bytef *>(data.data()), data.size()) == member.crc; };
    if (member.method == 0)
      return matches(*packed) ? parseNpy(*packed, buffer) : failed("has a wrong checksum");
    if (member.size / kMaxExpansion > member.packed + 1)
      return failed("claims a size that deflate cannot reach");
    auto data = std::make_shared<std::string>(member.size, '\0');
    if (!inflateRaw(*packed, *data) || !matches(*data))
      return failed("cannot be inflated: the archive is damaged");
    return parseNpy(*data, data);
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto &member : members)
      names.push_back(member.first);
    return names;
  }
};

// Offset and number of entries of the central directory.
std::optional<std::pair<size_t, size_t>> findDirectory(StringRef file) {
  size_t at = file.rfind("PK\5\6");
  if (at == StringRef::npos || file.size() - at < 22)
    return std::nullopt;
  size_t count = read16le(file.data() + at + 10), offset = read32le(file.data() + at + 16);
  if (offset > at)
    return std::nullopt;
  return std::pair(offset, count);
}

} // namespace

std::unique_ptr<WeightSource> openNpz(const std::string &path, DiagnosticSink &sink) {
  auto fail = [&](std::string message) {
    sink.report({.code = "CNNC0603", .file = path, .message = std::move(message)});
    return nullptr;
  };
  auto opened = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!opened)
    return fail("the file cannot be read: " + opened.getError().message());
  auto source = std::make_unique<Npz>();
  source->buffer = std::move(*opened);
  StringRef file = source->buffer->getBuffer();
  auto directory = findDirectory(file);
  if (!directory)
    return fail("the archive has no central directory: it is truncated or no .npz file");
  size_t at = directory->first;
  for (size_t i = 0; i < directory->second; ++i) {
    if (at > file.size() || file.size() - at < 46 || !file.substr(at).starts_with("PK\1\2"))
      return fail("the archive's central directory is damaged");
    const char *entry = file.data() + at;
    Member member{read32le(entry + 42), read32le(entry + 20), read32le(entry + 24), read32le(entry + 16), read16le(entry + 10)};
    size_t nameSize = read16le(entry + 28);
    StringRef name = file.substr(at + 46, nameSize);
    at += 46 + nameSize + read16le(entry + 30) + read16le(entry + 32);
    if (!name.consume_back(".npy"))
      continue;
    if (member.localHeader == UINT32_MAX || member.packed == UINT32_MAX || member.size == UINT32_MAX)
      return fail("the member '" + name.str() + "' has 4 GiB or more; save the weights as safetensors");
    if ((member.method != 0 && member.method != 8) || (read16le(entry + 8) & 1))
      return fail("the member '" + name.str() + "' is encrypted or packed by a method other than deflate");
    if (!source->members.emplace(name.str(), member).second)
      return fail("the member '" + name.str() + "' appears twice");
  }
  return source;
}

} // namespace cnnc::frontend
