#include "compiler/emit/Routines.h"

#include "dialects/cnn/Detection.h"
#include "runtime/lib/detect/routines.h"

#include "llvm/ADT/StringMap.h"

#include <cmath>

using namespace mlir;

namespace cnnc::emit {
namespace {

/// Thrown inside this file only.
struct Fault {
  std::string message;
};

/// A routine's attributes and tensors.
class Call {
public:
  explicit Call(exec::RoutineOp op) : op(op) {}

  int64_t integer(StringRef name) const {
    if (auto flag = op.getOptions().getAs<BoolAttr>(name))
      return flag.getValue();
    return get<IntegerAttr>(name).getInt();
  }
  double real(StringRef name) const { return get<FloatAttr>(name).getValueAsDouble(); }
  ArrayRef<int64_t> integers(StringRef name) const { return get<DenseI64ArrayAttr>(name).asArrayRef(); }
  ArrayRef<double> reals(StringRef name, size_t count = 0) const {
    ArrayRef<double> values = get<DenseF64ArrayAttr>(name).asArrayRef();
    if (count && values.size() != count)
      throw Fault{("'" + name + "' must have " + Twine(count) + " values").str()};
    return values;
  }
  std::vector<float> floats(StringRef name, size_t count = 0) const {
    ArrayRef<double> values = reals(name, count);
    return {values.begin(), values.end()};
  }
  bool has(StringRef name) const { return op.getOptions().contains(name); }

  RankedTensorType input(size_t number) const { return cast<RankedTensorType>(op.getInputs()[number].getType()); }
  size_t inputs() const { return op.getInputs().size(); }
  RankedTensorType result(size_t number) const { return cast<RankedTensorType>(op.getOuts()[number].getType()); }

  /// Fails where the plan gives a routine less scratch memory than it needs.
  void needsScratch(size_t bytes) const {
    auto scratch = cast<RankedTensorType>(op.getOuts().back().getType());
    if (!scratch.getElementType().isUnsignedInteger(8) || static_cast<size_t>(scratch.getNumElements()) < bytes)
      throw Fault{"needs " + std::to_string(bytes) + " bytes of scratch memory, more than the op asks for"};
  }

private:
  template <typename Kind> Kind get(StringRef name) const {
    if (auto attribute = op.getOptions().getAs<Kind>(name))
      return attribute;
    throw Fault{("the option '" + name + "' is missing or of another type").str()};
  }
  mutable exec::RoutineOp op; // MLIR's accessors are not const
};

/// Where a tensor [rows, channels, height, width] lies.
struct Planes {
  cnnc_layout layout;
  cnnc_rows rows;

  explicit Planes(RankedTensorType type) {
    if (type.getRank() != 4)
      throw Fault{"a map must have rank 4, got " + cnn::shapeString(type)};
    int64_t block = 1;
    std::array<int64_t, 4> halo{};
    if (auto encoding = cnn::layoutOf(type)) {
      block = encoding.getBlock();
      llvm::copy(encoding.getHalo(), halo.begin());
    }
    int64_t channels = type.getDimSize(1), height = type.getDimSize(2), width = type.getDimSize(3);
    layout.block = static_cast<int32_t>(block);
    layout.channels = static_cast<int32_t>(channels);
    layout.height = static_cast<int32_t>(height);
    layout.width = static_cast<int32_t>(width);
    layout.row = (halo[1] + width + halo[3]) * block;
    layout.plane = (halo[0] + height + halo[2]) * layout.row;
    rows.origin = halo[0] * layout.row + halo[1] * block;
    rows.row_step = (channels + block - 1) / block * layout.plane;
  }
};

int32_t limited(size_t value, size_t limit, const char *what) {
  if (value > limit)
    throw Fault{std::to_string(value) + " " + what + "; the limit is " + std::to_string(limit)};
  return static_cast<int32_t>(value);
}

cnnc_box_coder coderOf(const Call &call) {
  cnnc_box_coder coder{};
  llvm::copy(call.floats("weights", 4), coder.weights);
  coder.clip = static_cast<float>(call.real("clip"));
  return coder;
}

cnnc_normalization normalizationOf(const Call &call) {
  cnnc_normalization normalization{};
  normalization.divisor = static_cast<float>(1 / call.real("scale"));
  llvm::copy(call.floats("mean", 3), normalization.mean);
  llvm::copy(call.floats("std", 3), normalization.std);
  normalization.reversed = static_cast<int32_t>(call.integer("reverse_channels"));
  return normalization;
}

void fill(cnnc_image_to_batch_routine &options, const Call &call) {
  Planes canvas(call.result(0));
  options.image.normalization = normalizationOf(call);
  options.image.min_size = static_cast<int32_t>(call.integer("min_size"));
  options.image.max_size = static_cast<int32_t>(call.integer("max_size"));
  options.image.canvas = canvas.layout;
  options.canvas = canvas.rows;
}

void fill(cnnc_warp_rois_routine &options, const Call &call) {
  Planes result(call.result(0));
  options.warp.normalization = normalizationOf(call);
  options.warp.padding = static_cast<int32_t>(call.integer("context_padding"));
  options.warp.result = result.layout;
  options.result = result.rows;
}

void fill(cnnc_decode_boxes_routine &options, const Call &call) {
  options.coder = coderOf(call);
  options.classes = static_cast<int32_t>(call.input(1).getDimSize(1) / 4);
}

void fill(cnnc_remove_small_routine &options, const Call &call) { options.min_size = static_cast<float>(call.real("min_size")); }

void fill(cnnc_nms_routine &options, const Call &call) {
  options.iou_threshold = call.real("iou_threshold");
  options.score_threshold = call.has("score_threshold") ? call.real("score_threshold") : std::nan("");
}

void fill(cnnc_detection_options &options, const Call &call) {
  options.classes = static_cast<int32_t>(call.input(1).getDimSize(1));
  options.box_classes = call.input(0).getRank() == 3 ? options.classes : 1;
  options.first_class = 1;
  options.cap = static_cast<int32_t>(call.integer("cap"));
  options.score_threshold = static_cast<float>(call.real("score_threshold"));
  options.min_size = static_cast<float>(call.real("min_size"));
  options.nms_threshold = call.real("iou_threshold");
  call.needsScratch(cnnc_detections_scratch(&options, static_cast<int32_t>(call.input(1).getDimSize(0))));
}

void fill(cnnc_proposals_routine &options, const Call &call) {
  size_t levels = (call.inputs() - 1) / 2;
  cnnc_proposal_options &proposals = options.proposals;
  proposals.levels = limited(levels, CNNC_DETECT_LEVELS, "levels of proposals");
  proposals.pre_nms_top_n = static_cast<int32_t>(call.integer("pre_nms_top_n"));
  proposals.post_nms_top_n = static_cast<int32_t>(call.integer("post_nms_top_n"));
  proposals.min_size = static_cast<float>(call.real("min_size"));
  proposals.score_threshold = static_cast<float>(call.real("score_threshold"));
  proposals.nms_threshold = call.real("iou_threshold");
  proposals.coder = coderOf(call);
  std::vector<float> sizes = call.floats("sizes"), ratios = call.floats("aspect_ratios");
  ArrayRef<int64_t> picture = call.integers("image_size");
  size_t sizesOfLevel = sizes.size() / levels;
  limited(sizesOfLevel * ratios.size(), CNNC_DETECT_ANCHORS, "anchors of a cell");
  for (size_t i = 0; i < levels; ++i) {
    Planes objectness(call.input(1 + i)), deltas(call.input(1 + levels + i));
    cnnc_proposal_level &level = proposals.level[i];
    level.objectness = objectness.layout;
    level.deltas = deltas.layout;
    options.objectness[i] = objectness.rows;
    options.deltas[i] = deltas.rows;
    level.anchors.stride_y = static_cast<int32_t>(picture[0] / level.objectness.height);
    level.anchors.stride_x = static_cast<int32_t>(picture[1] / level.objectness.width);
    level.anchors.count = cnnc_base_anchors(sizes.data() + i * sizesOfLevel, static_cast<int32_t>(sizesOfLevel), ratios.data(),
                                            static_cast<int32_t>(ratios.size()), level.anchors.base);
  }
  call.needsScratch(cnnc_proposals_scratch(&proposals));
}

void fill(cnnc_roi_align_routine &options, const Call &call) {
  Planes map(call.input(2)), result(call.result(0));
  options.align.map = map.layout;
  options.align.result = result.layout;
  options.align.scale = static_cast<float>(call.real("scale"));
  options.align.sampling_ratio = static_cast<int32_t>(call.integer("sampling_ratio"));
  options.align.aligned = static_cast<int32_t>(call.integer("aligned"));
  options.map = map.rows;
  options.result = result.rows;
}

void fill(cnnc_roi_pool_routine &options, const Call &call) {
  Planes map(call.input(2)), result(call.result(0));
  options.pool.map = map.layout;
  options.pool.result = result.layout;
  options.pool.scale = static_cast<float>(call.real("scale"));
  options.map = map.rows;
  options.result = result.rows;
}

void fill(cnnc_multiscale_roi_align_routine &options, const Call &call) {
  size_t levels = call.inputs() - 2;
  cnnc_multiscale_options &align = options.align;
  Planes result(call.result(0));
  align.mapper.levels = limited(levels, CNNC_DETECT_LEVELS, "levels of a pyramid");
  align.mapper.canonical_size = static_cast<float>(call.integer("canonical_size"));
  align.mapper.canonical_level = static_cast<float>(call.integer("canonical_level"));
  align.mapper.eps = 1e-6F;
  align.result = result.layout;
  align.sampling_ratio = static_cast<int32_t>(call.integer("sampling_ratio"));
  align.aligned = 0;
  options.result = result.rows;
  ArrayRef<int64_t> picture = call.integers("image_size");
  for (size_t i = 0; i < levels; ++i) {
    Planes map(call.input(2 + i));
    align.map[i] = map.layout;
    const auto level = static_cast<int32_t>(cnn::levelOfMap(map.layout.height, picture[0]));
    align.scale[i] = std::ldexp(1.0F, -level);
    if (i == 0)
      align.mapper.first_level = level;
    options.map[i] = map.rows;
  }
}

void fill(cnnc_level_mapper &options, const Call &call) {
  options.first_level = static_cast<int32_t>(call.integer("min_level"));
  options.levels = static_cast<int32_t>(call.integer("max_level") - call.integer("min_level") + 1);
  options.canonical_size = static_cast<float>(call.integer("canonical_size"));
  options.canonical_level = static_cast<float>(call.integer("canonical_level"));
  options.eps = static_cast<float>(call.real("eps"));
}

void fill(cnnc_select_masks_routine &options, const Call &call) {
  Planes logits(call.input(0));
  options.logits = logits.layout;
  options.rows = logits.rows;
}

void fill(cnnc_paste_options &options, const Call &call) {
  options.size = static_cast<int32_t>(call.input(0).getDimSize(1));
  options.padding = 1;
  options.threshold = static_cast<float>(call.real("threshold"));
}

void fill(cnnc_rescale_boxes_routine &options, const Call &call) { options.to_scaled = static_cast<int32_t>(call.integer("to_scaled")); }

using Writer = std::string (*)(const Call &);

template <typename Options> std::string write(const Call &call) {
  Options options;
  std::memset(&options, 0, sizeof options); // gaps between members too: equal networks give equal bytes
  fill(options, call);
  return {reinterpret_cast<const char *>(&options), sizeof options};
}

std::string nothing(const Call &) { return {}; }

} // namespace

kernels::Result<std::string> routineOptions(exec::RoutineOp routine) {
  static const llvm::StringMap<Writer> writers = {
      {"image_to_batch", write<cnnc_image_to_batch_routine>},
      {"warp_rois", write<cnnc_warp_rois_routine>},
      {"decode_boxes", write<cnnc_decode_boxes_routine>},
      {"clip_boxes", nothing},
      {"rescale_boxes", write<cnnc_rescale_boxes_routine>},
      {"remove_small", write<cnnc_remove_small_routine>},
      {"top_k", nothing},
      {"gather_rows", nothing},
      {"nms", write<cnnc_nms_routine>},
      {"detections", write<cnnc_detection_options>},
      {"proposals", write<cnnc_proposals_routine>},
      {"roi_align", write<cnnc_roi_align_routine>},
      {"roi_pool", write<cnnc_roi_pool_routine>},
      {"multiscale_roi_align", write<cnnc_multiscale_roi_align_routine>},
      {"assign_levels", write<cnnc_level_mapper>},
      {"select_masks", write<cnnc_select_masks_routine>},
      {"paste_masks", write<cnnc_paste_options>},
  };
  using Failure = kernels::Result<std::string>;
  auto writer = writers.find(routine.getRoutine());
  if (writer == writers.end())
    return Failure::failure("the runtime has no routine '" + routine.getRoutine().str() + "'");
  try {
    return writer->second(Call(routine));
  } catch (const Fault &fault) {
    return Failure::failure(routine.getRoutine().str() + ": " + fault.message);
  }
}

} // namespace cnnc::emit
