// Literals of a spec -> MLIR attributes.
#include "frontend/Attributes.h"
#include "frontend/Json.h"

#include "mlir/IR/Builders.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace cnnc::frontend {
namespace {

bool isList(AttributeKind kind) { return kind == AttributeKind::IntList || kind == AttributeKind::Float32List || kind == AttributeKind::Float64List; }

bool isSame(const Datum &value) { return value.isString() && (value.text == "same" || value.text == "same_lower"); }

Attribute scalarAttribute(Builder &builder, const AttributeRow &row, const Datum &value) {
  switch (row.kind) {
  case AttributeKind::Int:
    return value.isInt() ? Attribute(builder.getI64IntegerAttr(value.integer)) : Attribute();
  case AttributeKind::Bool:
    return value.kind == Datum::Kind::Bool ? Attribute(builder.getBoolAttr(value.boolean)) : Attribute();
  case AttributeKind::Float32:
    return value.isNumber() ? Attribute(builder.getF32FloatAttr(static_cast<float>(value.number()))) : Attribute();
  case AttributeKind::Float64:
    return value.isNumber() ? Attribute(builder.getF64FloatAttr(value.number())) : Attribute();
  case AttributeKind::String:
    return value.isString() ? Attribute(builder.getStringAttr(value.text)) : Attribute();
  case AttributeKind::Enum: {
    auto found = value.isString() ? std::find(row.cases.begin(), row.cases.end(), value.text) : row.cases.end();
    return found == row.cases.end() ? Attribute() : Attribute(builder.getI32IntegerAttr(static_cast<int32_t>(found - row.cases.begin())));
  }
  default:
    return {};
  }
}

// The items of a list attribute after broadcasting; nullopt when the value does not fit.
std::optional<std::vector<Datum>> broadcast(const AttributeRow &row, const Datum &value) {
  if (value.isNumber() && row.length > 0)
    return std::vector<Datum>(row.length, value);
  if (!value.isList())
    return std::nullopt;
  std::vector<Datum> items = value.items;
  if (row.name == "pad" && items.size() == 2)
    items.insert(items.end(), value.items.begin(), value.items.end());
  if (row.length > 0 && items.size() != static_cast<size_t>(row.length))
    return std::nullopt;
  return items;
}

Attribute listAttribute(Builder &builder, const AttributeRow &row, const Datum &value) {
  auto items = broadcast(row, value);
  if (!items)
    return {};
  bool integers = row.kind == AttributeKind::IntList;
  if (!std::all_of(items->begin(), items->end(), [&](const Datum &item) { return integers ? item.isInt() : item.isNumber(); }))
    return {};
  if (integers) {
    SmallVector<int64_t> values = llvm::map_to_vector(*items, [](const Datum &item) { return item.integer; });
    return builder.getDenseI64ArrayAttr(values);
  }
  if (row.kind == AttributeKind::Float32List)
    return builder.getDenseF32ArrayAttr(llvm::map_to_vector(*items, [](const Datum &item) { return static_cast<float>(item.number()); }));
  return builder.getDenseF64ArrayAttr(llvm::map_to_vector(*items, [](const Datum &item) { return item.number(); }));
}

Attribute convert(Builder &builder, const AttributeRow &row, const Datum &value) {
  return isList(row.kind) ? listAttribute(builder, row, value) : scalarAttribute(builder, row, value);
}

// ONNX SAME_UPPER (lower: SAME_LOWER) for one axis: the pads before and after, nullopt on values that the op rejects later.
std::optional<std::pair<int64_t, int64_t>> samePads(int64_t in, int64_t kernel, int64_t stride, int64_t dilation, bool lower) {
  constexpr int64_t limit = int64_t(1) << 31;
  if (in < 1 || in > limit || kernel < 1 || kernel > limit || stride < 1 || stride > limit || dilation < 1 || dilation > limit)
    return std::nullopt;
  __int128 total = static_cast<__int128>((in + stride - 1) / stride - 1) * stride + static_cast<__int128>(dilation) * (kernel - 1) + 1 - in;
  if (total < 0)
    total = 0;
  if (total > limit)
    return std::nullopt;
  int64_t small = static_cast<int64_t>(total / 2), large = static_cast<int64_t>(total - total / 2);
  return lower ? std::pair(large, small) : std::pair(small, large);
}

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "'" : ", '") + word + "'";
  return text;
}

} // namespace

std::string describeKind(const AttributeRow &row) {
  std::string list = row.length == 2 ? "an integer or a list of 2" : row.length == 4 ? "an integer, a pair or a list of 4" : "a list of integers";
  switch (row.kind) {
  case AttributeKind::Int:
    return "an integer";
  case AttributeKind::Bool:
    return "a bool";
  case AttributeKind::Float32:
  case AttributeKind::Float64:
    return "a number";
  case AttributeKind::String:
    return "a string";
  case AttributeKind::Enum:
    return "one of " + joined(row.cases);
  case AttributeKind::IntList:
    return list;
  case AttributeKind::Float32List:
  case AttributeKind::Float64List:
    return "a list of numbers";
  }
  return "";
}

bool takesWord(const OpRow &op, const AttributeRow &row, const std::string &word) {
  return row.kind == AttributeKind::String || row.kind == AttributeKind::Enum || (row.name == "pad" && op.attribute("kernel") && isSame(Datum::ofString(word)));
}

std::string attributeMessage(const OpRow &op, const AttributeRow &row, const Datum &value) {
  std::string got = value.isList()     ? "a list of " + std::to_string(value.items.size())
                    : value.isString() ? "'" + value.text + "'"
                                       : std::string(kindName(value.kind));
  return "'" + row.name + "' of '" + op.name + "' must be " + describeKind(row) + ", got " + got;
}

DictionaryAttr convertAttributes(MLIRContext &context, const OpRow &op, const LayerInstance &layer, ArrayRef<int64_t> shape, const AttributeError &error) {
  Builder builder(&context);
  NamedAttrList list;
  bool ok = true;
  bool hasKernel = op.attribute("kernel");
  const Argument *same = nullptr;
  for (const Argument &argument : layer.attributes) {
    const AttributeRow *row = op.attribute(argument.name.text);
    if (!row) {
      std::vector<std::string> names;
      for (const AttributeRow &known : op.attributes)
        names.push_back(known.name);
      std::string hint = didYouMean(argument.name.text, names);
      error("CNNC0321", argument.name.mark, "'" + op.name + "' has no attribute '" + argument.name.text + "'",
            hint.empty() && !names.empty() ? "it has " + joined(names) : hint);
      ok = false;
      continue;
    }
    if (row->name == "pad" && hasKernel && isSame(argument.value)) {
      same = &argument;
      continue;
    }
    if (Attribute attribute = convert(builder, *row, argument.value)) {
      list.set(row->name, attribute);
      continue;
    }
    ok = false;
    std::string suggestion = row->name == "pad" && hasKernel && argument.value.isString()    ? "use \"same\", \"same_lower\" or numbers"
                             : row->kind == AttributeKind::Enum && argument.value.isString() ? didYouMean(argument.value.text, row->cases)
                                                                                             : "";
    error("CNNC0322", argument.value.mark, attributeMessage(op, *row, argument.value), suggestion);
  }
  for (const AttributeRow &row : op.attributes) {
    bool broken = std::find(layer.brokenAttributes.begin(), layer.brokenAttributes.end(), row.name) != layer.brokenAttributes.end();
    ok &= !broken;
    bool given =
        broken || std::any_of(layer.attributes.begin(), layer.attributes.end(), [&](const Argument &argument) { return argument.name.text == row.name; });
    if (given || row.optional)
      continue;
    if (!row.defaultJson.empty()) {
      DiagnosticSink unused;
      list.set(row.name, convert(builder, row, *parseJson("", row.defaultJson, {}, unused)));
    } else if (row.name == "stride" && list.get("kernel")) {
      list.set("stride", list.get("kernel"));
    } else if (row.name != "stride" || !hasKernel) {
      error("CNNC0323", layer.mark, "'" + op.name + "' needs the attribute '" + row.name + "'", "add \"" + row.name + "\": " + describeKind(row));
      ok = false;
    }
  }
  if (same && ok) {
    auto kernel = dyn_cast_or_null<DenseI64ArrayAttr>(list.get("kernel")), stride = dyn_cast_or_null<DenseI64ArrayAttr>(list.get("stride"));
    auto dilation = dyn_cast_or_null<DenseI64ArrayAttr>(list.get("dilation"));
    if (shape.size() != 4 || !kernel || !stride)
      return list.getDictionary(&context);
    int64_t pads[4] = {};
    for (int axis = 0; axis < 2; ++axis) {
      auto pair = samePads(shape[axis + 2], kernel[axis], stride[axis], dilation ? dilation[axis] : 1, same->value.text == "same_lower");
      if (!pair)
        break;
      std::tie(pads[axis], pads[axis + 2]) = *pair;
    }
    list.set("pad", builder.getDenseI64ArrayAttr(pads));
  }
  return ok ? list.getDictionary(&context) : DictionaryAttr();
}

} // namespace cnnc::frontend
