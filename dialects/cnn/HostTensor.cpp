// Reading constants into host tensors.
#include "dialects/cnn/HostTensor.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

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

std::optional<HostTensor> HostTensor::fromElements(ElementsAttr attribute) {
  HostTensor tensor(attribute.getShapedType().getShape());
  if (attribute.getElementType().isF32()) {
    std::vector<float> storage;
    ArrayRef<float> values = f32Data(attribute, storage);
    if (values.size() != tensor.data.size())
      return std::nullopt;
    std::copy(values.begin(), values.end(), tensor.data.begin());
    return tensor;
  }
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute); dense && dense.isSplat()) {
    std::fill(tensor.data.begin(), tensor.data.end(), static_cast<double>(dense.getSplatValue<uint8_t>()));
    return tensor;
  }
  ArrayRef<char> bytes = rawBytes(attribute);
  if (bytes.size() != tensor.data.size())
    return std::nullopt;
  for (size_t i = 0; i < bytes.size(); ++i)
    tensor.data[i] = static_cast<uint8_t>(bytes[i]);
  return tensor;
}

DenseElementsAttr HostTensor::toElements(RankedTensorType type) const {
  std::vector<float> values(data.begin(), data.end());
  return DenseElementsAttr::get(type, ArrayRef<float>(values));
}

} // namespace cnnc::cnn
