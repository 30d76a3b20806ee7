// A library's outputs as detections.
#include "compiler/Detections.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace cnnc;

static constexpr const char *kNeeded =
    "a detector has the outputs boxes f32 [D, 4], scores f32 [D], labels i32 [D], count i32 [1], and masks f32 [D, M, M] or pasted [D, H, W] if it has masks";

static const Array *find(const NamedArrays &outputs, llvm::StringRef name) {
  for (const auto &[key, array] : outputs)
    if (key == name)
      return &array;
  return nullptr;
}

// The shape without a leading batch of 1; empty when the rank is another.
static std::vector<int64_t> shapeOf(const Array &array, size_t rank) {
  std::vector<int64_t> shape = array.shape;
  if (shape.size() == rank + 1 && shape[0] == 1)
    shape.erase(shape.begin());
  return shape.size() == rank ? shape : std::vector<int64_t>();
}

static float valueOf(const Array &array, int64_t index) {
  return array.dtype == "f32" ? array.f32()[index] : static_cast<float>(static_cast<unsigned char>(array.bytes[index]));
}

llvm::Expected<std::vector<Detection>> cnnc::detectionsOf(const NamedArrays &outputs, float minScore) {
  const Array *boxes = find(outputs, "boxes"), *scores = find(outputs, "scores"), *labels = find(outputs, "labels"), *count = find(outputs, "count");
  if (!boxes || !scores || !labels || !count) {
    auto names = llvm::map_range(outputs, [](const auto &output) { return llvm::StringRef(output.first); });
    return llvm::createStringError("the library's outputs are " + llvm::join(names, ", ") + "; " + kNeeded);
  }
  auto odd = [](llvm::StringRef name, const Array &array) {
    std::string shape = llvm::join(llvm::map_range(array.shape, [](int64_t extent) { return std::to_string(extent); }), ", ");
    return llvm::createStringError("output '" + name + "' is " + array.dtype + " [" + shape + "]; " + kNeeded);
  };
  std::vector<int64_t> shape = shapeOf(*scores, 1);
  if (shape.empty() || scores->dtype != "f32")
    return odd("scores", *scores);
  int64_t cap = shape[0];
  if (shapeOf(*boxes, 2) != std::vector<int64_t>{cap, 4} || boxes->dtype != "f32")
    return odd("boxes", *boxes);
  if (shapeOf(*labels, 1) != std::vector<int64_t>{cap} || labels->dtype != "i32")
    return odd("labels", *labels);
  if (count->elements() != 1 || count->dtype != "i32")
    return odd("count", *count);
  int64_t found = count->i32()[0];
  if (found < 0 || found > cap)
    return llvm::createStringError("output 'count' is " + std::to_string(found) + ", expected 0 to " + std::to_string(cap));
  const Array *pasted = find(outputs, "pasted"), *masks = pasted ? pasted : find(outputs, "masks");
  std::vector<int64_t> grid = masks ? shapeOf(*masks, 3) : std::vector<int64_t>();
  if (masks && (grid.empty() || grid[0] != cap || (masks->dtype != "f32" && (!pasted || masks->dtype != "u8"))))
    return odd(pasted ? "pasted" : "masks", *masks);

  std::vector<Detection> detections;
  for (int64_t i = 0; i < found; ++i) {
    if (!(scores->f32()[i] >= minScore))
      continue;
    Detection &detection = detections.emplace_back();
    std::copy_n(boxes->f32() + 4 * i, 4, detection.box.begin());
    detection.score = scores->f32()[i];
    detection.label = labels->i32()[i];
    if (!masks)
      continue;
    detection.mask = {std::vector<float>(grid[1] * grid[2]), grid[1], grid[2], pasted != nullptr};
    for (int64_t k = 0; k < grid[1] * grid[2]; ++k)
      detection.mask.values[k] = valueOf(*masks, i * grid[1] * grid[2] + k);
  }
  return detections;
}
