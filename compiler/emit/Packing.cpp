#include "compiler/emit/Packing.h"

#include "lowering/kernels/SplitFloats.h"

#include <algorithm>
#include <cstring>

namespace cnnc::emit {

Packer::Packer(const uint8_t *source, bool splat, std::vector<int64_t> logicalShape, const kernels::PackedLayout &layout, uint32_t elementBytes)
    : source(source), shape(std::move(logicalShape)), elementBytes(elementBytes) {
  if (std::vector<int64_t> walked = layout.walkedShape(shape); walked != shape) {
    transformed = kernels::transformFilters(source, splat, shape, layout.winograd);
    this->source = reinterpret_cast<const uint8_t *>(transformed.data());
    shape = std::move(walked);
    splat = false;
  }
  if (layout.split) {
    kernels::PackedLayout whole = layout;
    whole.split = 0, whole.winograd = {1, 1};
    const Packer packer(this->source, splat, shape, whole, elementBytes);
    std::vector<float> tiles(static_cast<size_t>(layout.elements()));
    packer.pack(0, packer.runs(), reinterpret_cast<uint8_t *>(tiles.data()));
    kernels::splitTiles(tiles, layout.split);
    transformed = std::move(tiles);
    this->source = reinterpret_cast<const uint8_t *>(transformed.data());
    inner = {0, layout.elements(), 1, 1};
    runElements = layout.elements();
    return;
  }
  std::vector<int64_t> strides(shape.size());
  int64_t elements = 1;
  for (size_t d = shape.size(); d-- > 0; elements *= shape[d])
    strides[d] = splat ? 0 : elements;

  std::vector<kernels::PackedLayout::Dim> dims = layout.dims;
  if (dims.empty() && splat)
    for (size_t d = 0; d < shape.size(); ++d)
      dims.push_back({static_cast<int>(d), shape[d], 1});
  if (dims.empty()) { // dense: one logical dimension
    shape = {elements};
    strides = {1};
    dims.push_back({0, elements, 1});
  }

  std::vector<int64_t> last(shape.size(), 0);
  for (const auto &dim : dims) {
    last[dim.dim] += (dim.extent - 1) * dim.step;
    outer.push_back({dim.dim, dim.extent, dim.step, dim.step * strides[dim.dim]});
  }
  inner = outer.back();
  outer.pop_back();
  runElements = inner.extent;
  for (const Dim &dim : outer)
    runCount *= dim.extent;
  for (size_t d = 0; d < shape.size(); ++d)
    if (last[d] >= shape[d])
      checked.push_back(static_cast<int>(d));
}

template <typename Element> void Packer::packAs(int64_t begin, int64_t end, Element *target) const {
  std::vector<int64_t> index(outer.size()), coordinate(shape.size(), 0);
  int64_t offset = 0, rest = begin;
  for (size_t p = outer.size(); p-- > 0; rest /= outer[p].extent) {
    index[p] = rest % outer[p].extent;
    coordinate[outer[p].dim] += index[p] * outer[p].step;
    offset += index[p] * outer[p].stride;
  }
  for (int64_t run = begin; run < end; ++run, target += runElements) {
    int64_t valid = inner.extent;
    for (int d : checked)
      if (d != inner.dim)
        valid = coordinate[d] < shape[d] ? valid : 0;
      else
        valid = std::min(valid, std::max<int64_t>(0, (shape[d] - coordinate[d] + inner.step - 1) / inner.step));
    if (valid > 0 && inner.stride == 1) {
      std::memcpy(target, source + offset * sizeof(Element), valid * sizeof(Element));
    } else {
      for (int64_t i = 0; i < valid; ++i) // the source may lie at any address
        std::memcpy(target + i, source + (offset + i * inner.stride) * sizeof(Element), sizeof(Element));
    }
    std::fill(target + valid, target + runElements, Element(0));
    for (size_t p = outer.size(); p-- > 0;) {
      const Dim &dim = outer[p];
      if (++index[p] < dim.extent) {
        coordinate[dim.dim] += dim.step;
        offset += dim.stride;
        break;
      }
      coordinate[dim.dim] -= (dim.extent - 1) * dim.step;
      offset -= (dim.extent - 1) * dim.stride;
      index[p] = 0;
    }
  }
}

void Packer::pack(int64_t begin, int64_t end, uint8_t *target) const {
  switch (elementBytes) {
  case 1:
    return packAs(begin, end, target);
  case 2:
    return packAs(begin, end, reinterpret_cast<uint16_t *>(target));
  case 4:
    return packAs(begin, end, reinterpret_cast<uint32_t *>(target));
  case 8:
    return packAs(begin, end, reinterpret_cast<uint64_t *>(target));
  }
}

} // namespace cnnc::emit
