// Reading constants into host tensors.
#include "dialects/cnn/HostTensor.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;

namespace cnnc::cnn {

HostTensor::HostTensor(ArrayRef<int64_t> extents) : shape(extents.begin(), extents.end()) {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  data.assign(static_cast<size_t>(count), 0.0);
}

// The raw bytes of a flat attribute; empty when it is a splat or its data is missing.
static ArrayRef<char> rawBytes(ElementsAttr attribute) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  return dense && !dense.isSplat() ? dense.getRawData() : ArrayRef<char>();
}

ArrayRef<float> f32Data(ElementsAttr attribute, std::vector<float> &storage) {
  if (!attribute.getElementType().isF32())
    return {};
  size_t count = attribute.getNumElements();
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute); dense && dense.isSplat()) {
    storage.assign(count, dense.getSplatValue<float>());
    return storage;
  }
  ArrayRef<char> bytes = rawBytes(attribute);
  if (bytes.size() != count * sizeof(float))
    return {};
  return {reinterpret_cast<const float *>(bytes.data()), count};
}

// Reads integers of type T from a flat attribute or a splat.
template <typename T> static bool readIntegers(ElementsAttr attribute, std::vector<double> &data) {
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute); dense && dense.isSplat()) {
    std::fill(data.begin(), data.end(), static_cast<double>(dense.getSplatValue<T>()));
    return true;
  }
  ArrayRef<char> bytes = rawBytes(attribute);
  if (bytes.size() != data.size() * sizeof(T))
    return false;
  for (size_t i = 0; i < data.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    data[i] = static_cast<double>(value);
  }
  return true;
}

std::optional<HostTensor> HostTensor::fromElements(ElementsAttr attribute) {
  HostTensor tensor(attribute.getShapedType().getShape());
  Type element = attribute.getElementType();
  if (element.isF32()) {
    std::vector<float> storage;
    ArrayRef<float> values = f32Data(attribute, storage);
    if (values.size() != tensor.data.size())
      return std::nullopt;
    std::copy(values.begin(), values.end(), tensor.data.begin());
    return tensor;
  }
  bool read = element.isSignlessInteger(32) ? readIntegers<int32_t>(attribute, tensor.data) : readIntegers<uint8_t>(attribute, tensor.data);
  return read ? std::optional(std::move(tensor)) : std::nullopt;
}

DenseElementsAttr HostTensor::toElements(RankedTensorType type) const {
  std::vector<float> values(data.begin(), data.end());
  return DenseElementsAttr::get(type, ArrayRef<float>(values));
}

} // namespace cnnc::cnn
