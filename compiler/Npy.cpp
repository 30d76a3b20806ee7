// NumPy's .npy files (numpy.lib.format).
#include "compiler/Npy.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace cnnc;
using llvm::StringRef;

int64_t Array::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

double Array::at(int64_t i) const {
  if (dtype == "f32")
    return f32()[i];
  return dtype == "i32" ? static_cast<double>(i32()[i]) : static_cast<double>(static_cast<unsigned char>(bytes[i]));
}

void Array::set(int64_t i, double value) {
  if (dtype == "f32")
    f32()[i] = static_cast<float>(value);
  else if (dtype == "i32")
    i32()[i] = static_cast<int32_t>(value);
  else
    bytes[i] = static_cast<char>(static_cast<unsigned char>(value));
}

Array Array::make(std::string dtype, std::vector<int64_t> shape) {
  Array array{std::move(dtype), std::move(shape), {}};
  array.bytes.resize(static_cast<size_t>(array.elements()) * (array.dtype == "u8" ? 1 : 4));
  return array;
}

static llvm::Error bad(StringRef path, const llvm::Twine &why) { return llvm::createStringError(path + ": " + why); }

// The value that follows "'key':" in the header dictionary.
static StringRef field(StringRef header, StringRef key) {
  size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return {};
  StringRef rest = header.substr(at + key.size() + 2).ltrim();
  return rest.consume_front(":") ? rest.ltrim() : StringRef();
}

llvm::Expected<Array> cnnc::readNpy(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return bad(path, buffer.getError().message());
  StringRef data = (*buffer)->getBuffer();
  if (!data.consume_front("\x93NUMPY") || data.size() < 4)
    return bad(path, "is no .npy file (wrong magic)");
  unsigned major = static_cast<unsigned char>(data[0]);
  size_t prefix = major == 1 ? 4 : 6;
  if (major < 1 || major > 3 || data.size() < prefix)
    return bad(path, "has an unknown .npy version");
  size_t length = major == 1 ? llvm::support::endian::read16le(data.data() + 2) : llvm::support::endian::read32le(data.data() + 2);
  data = data.drop_front(prefix);
  if (data.size() < length)
    return bad(path, "is cut inside its header");
  StringRef header = data.take_front(length), content = data.drop_front(length);

  StringRef type = field(header, "descr").ltrim("'\"").take_until([](char c) { return c == '\'' || c == '"'; });
  if (type != "<f4" && type != "|u1" && type != "<i4" && type != "<f8")
    return bad(path, "holds elements of type '" + type + "'; cnnc reads <f4, <f8, <i4 and |u1");
  if (!field(header, "fortran_order").starts_with("False"))
    return bad(path, "is in Fortran order; save numpy.ascontiguousarray(x)");
  StringRef dims = field(header, "shape");
  if (!dims.consume_front("("))
    return bad(path, "has no shape");
  std::vector<int64_t> shape;
  uint64_t count = 1;
  for (StringRef part : llvm::split(dims.take_until([](char c) { return c == ')'; }), ',')) {
    uint64_t extent;
    if (part.trim().empty())
      continue;
    if (part.trim().getAsInteger(10, extent) || (extent && count > content.size() / extent))
      return bad(path, "has a shape that its data does not fill");
    count *= extent;
    shape.push_back(static_cast<int64_t>(extent));
  }
  size_t width = type == "<f8" ? 8 : type == "|u1" ? 1 : 4;
  if (content.size() != count * width)
    return bad(path, "holds " + llvm::Twine(content.size()) + " bytes of data, its shape needs " + llvm::Twine(count * width));
  Array array = Array::make(type == "|u1" ? "u8" : type == "<i4" ? "i32" : "f32", shape);
  if (type == "<f8")
    for (uint64_t i = 0; i < count; ++i)
      array.f32()[i] = static_cast<float>(llvm::bit_cast<double>(llvm::support::endian::read64le(content.data() + 8 * i)));
  else
    llvm::copy(content, array.bytes.begin());
  return array;
}
