// The safetensors format: u64 header size, JSON header {name: {dtype, shape, data_offsets}}, data. The file is mapped, not read.
#include "frontend/Json.h"
#include "frontend/TensorData.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>

namespace cnnc::frontend {
namespace {

constexpr uint64_t kMaxHeader = uint64_t(100) << 20; // As the reference implementation.

struct Entry {
  std::vector<int64_t> shape;
  FileDtype dtype = FileDtype::F32;
  size_t begin = 0, end = 0;
  std::string error;
};

class Safetensors : public WeightSource {
public:
  std::shared_ptr<llvm::MemoryBuffer> buffer;
  llvm::StringRef data;
  std::map<std::string, Entry> entries;

  std::optional<WeightTensor> find(const std::string &name, llvm::ArrayRef<int64_t>) override {
    auto found = entries.find(name);
    if (found == entries.end())
      return std::nullopt;
    const Entry &entry = found->second;
    if (!entry.error.empty())
      return WeightTensor{entry.shape, {}, nullptr, entry.error};
    return makeTensor(entry.shape, entry.dtype, data.substr(entry.begin, entry.end - entry.begin), buffer);
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const auto &entry : entries)
      names.push_back(entry.first);
    return names;
  }
};

std::optional<FileDtype> parseDtype(llvm::StringRef text) {
  if (text == "F32")
    return FileDtype::F32;
  if (text == "F64")
    return FileDtype::F64;
  if (text == "F16")
    return FileDtype::F16;
  if (text == "BF16")
    return FileDtype::BF16;
  return std::nullopt;
}

Entry readEntry(const Datum &json, size_t dataSize) {
  Entry entry;
  const Datum *dtype = json.isMap() ? json.find("dtype") : nullptr, *shape = json.isMap() ? json.find("shape") : nullptr;
  const Datum *offsets = json.isMap() ? json.find("data_offsets") : nullptr;
  auto integers = [](const Datum *list) {
    return list && list->isList() && std::all_of(list->items.begin(), list->items.end(), [](const Datum &item) { return item.isInt() && item.integer >= 0; });
  };
  if (!dtype || !dtype->isString() || !integers(shape) || !integers(offsets) || offsets->items.size() != 2) {
    entry.error = "has a malformed header entry: it needs dtype, shape and two data_offsets";
    return entry;
  }
  for (const Datum &extent : shape->items)
    entry.shape.push_back(extent.integer);
  entry.begin = static_cast<size_t>(offsets->items[0].integer);
  entry.end = static_cast<size_t>(offsets->items[1].integer);
  auto known = parseDtype(dtype->text);
  auto count = elementCount(entry.shape);
  if (!known)
    entry.error = "has the dtype " + dtype->text + "; F32, F64, F16 and BF16 are read";
  else if (entry.begin > entry.end || entry.end > dataSize)
    entry.error = "has data_offsets [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "] outside the file's " + std::to_string(dataSize) +
                  " data bytes: the file is truncated or damaged";
  else if (!count || *count * dtypeBytes(*known) != entry.end - entry.begin)
    entry.error =
        "has " + std::to_string(entry.end - entry.begin) + " bytes; its shape " + shapeText(entry.shape) + " of " + dtype->text + " does not fit them";
  entry.dtype = known.value_or(FileDtype::F32);
  return entry;
}

// Marks the later of two tensors that share bytes.
void findOverlaps(std::map<std::string, Entry> &entries) {
  std::vector<std::pair<const std::string *, Entry *>> order;
  for (auto &[name, entry] : entries)
    if (entry.error.empty() && entry.begin < entry.end)
      order.emplace_back(&name, &entry);
  std::sort(order.begin(), order.end(), [](const auto &a, const auto &b) { return a.second->begin < b.second->begin; });
  for (size_t i = 1; i < order.size(); ++i)
    if (order[i].second->begin < order[i - 1].second->end)
      order[i].second->error = "overlaps the data of '" + *order[i - 1].first + "'";
}

} // namespace

std::unique_ptr<WeightSource> openSafetensors(const std::string &path, DiagnosticSink &sink) {
  auto fail = [&](std::string message) {
    sink.report({.code = "CNNC0603", .file = path, .message = std::move(message)});
    return nullptr;
  };
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return fail("the file cannot be read: " + file.getError().message());
  auto source = std::make_unique<Safetensors>();
  source->buffer = std::move(*file);
  llvm::StringRef bytes = source->buffer->getBuffer();
  uint64_t header = bytes.size() < 8 ? 0 : llvm::support::endian::read64le(bytes.data());
  if (bytes.size() < 8 || header > bytes.size() - 8 || header > kMaxHeader)
    return fail("this is no safetensors file: it has " + std::to_string(bytes.size()) + " bytes and claims a header of " + std::to_string(header));
  source->data = bytes.substr(8 + header);
  auto json = parseJson(path, bytes.substr(8, header).str(), {.bytes = kMaxHeader, .depth = 8}, sink);
  if (!json)
    return nullptr;
  if (!json->isMap())
    return fail("the header must be an object");
  for (size_t i = 0; i < json->items.size(); ++i)
    if (json->keys[i].text != "__metadata__")
      source->entries[json->keys[i].text] = readEntry(json->items[i], source->data.size());
  findOverlaps(source->entries);
  return source;
}

} // namespace cnnc::frontend
