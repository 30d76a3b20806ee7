#include "compiler/emit/LaunchTable.h"

#include "compiler/emit/Routines.h"
#include "dialects/cnn/Cnn.h"
#include "dialects/exec/Exec.h"
#include "lowering/ScheduleAttr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace cnnc::emit {
namespace {

/// Thrown inside this file only.
struct Fault {
  std::string message;
};

[[noreturn]] void fail(const Twine &message) { throw Fault{message.str()}; }

static_assert(exec::kMaxArguments == CNNC_MAX_ARGS);

constexpr uint64_t kMaxBytes = uint64_t(1) << 46; // far past any machine, far below 64 bits

uint64_t product(ArrayRef<int64_t> extents, uint64_t element, const Twine &what) {
  uint64_t bytes = element;
  for (int64_t extent : extents) {
    if (extent < 0)
      fail(what + ": a negative extent");
    if (extent != 0 && bytes > kMaxBytes / uint64_t(extent))
      fail(what + ": more than 2^46 bytes");
    bytes *= extent;
  }
  return bytes;
}

DLDataType dtypeOf(Type element, const Twine &what) {
  unsigned bits = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 0;
  if (bits == 0 || bits % 8 != 0)
    fail(what + ": an element type without a whole number of bytes");
  uint8_t code = element.isBF16() ? kDLBfloat : isa<FloatType>(element) ? kDLFloat : element.isUnsignedInteger() ? kDLUInt : kDLInt;
  return {code, static_cast<uint8_t>(bits), 1};
}

class Reader {
public:
  Reader(ModuleOp module, const std::map<std::string, std::string> &symbols) : module(module), symbols(symbols) {}

  LaunchTable read() {
    readAttributes();
    main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || !main.getBody().hasOneBlock())
      fail("the module has no @main with one block; run the partition phase first");
    readBoundary();
    for (Operation &op : main.getBody().front())
      visit(op);
    checkWeights();
    // Folding merges parameters: the network's own count is recorded when it is imported.
    if (auto count = module->getAttrOfType<IntegerAttr>("cnnc.parameters"); count && count.getInt() >= 0)
      table.parameters = count.getInt();
    return std::move(table);
  }

private:
  struct Place {
    cnnc_space space;
    int32_t index;
    uint64_t offset;
  };

  uint64_t bytesAttribute(StringRef name) {
    auto attribute = module->getAttrOfType<IntegerAttr>(name);
    if (!attribute || attribute.getInt() < 0)
      fail("the module has no valid `" + name + "`; run the memory planner first");
    return attribute.getInt();
  }

  void readAttributes() {
    if (auto name = module->getAttrOfType<StringAttr>("cnn.network"))
      table.network = name.str();
    table.perImage = module->hasAttr(exec::kPerImage);
    table.arenaBytes = bytesAttribute(exec::kArenaBytes);
    table.weightsBytes = bytesAttribute(exec::kWeightsBytes);
    if (module->hasAttr(exec::kGatheredBytes))
      table.gatheredBytes = bytesAttribute(exec::kGatheredBytes);
    if (module->hasAttr(exec::kLiveBytes))
      table.liveBytes = bytesAttribute(exec::kLiveBytes);
    for (auto kernel : module.getOps<exec::KernelOp>())
      if (auto scratch = kernel.getScratch()) {
        if (scratch->size() != 2 || llvm::any_of(*scratch, [](int64_t bytes) { return bytes < 0 || bytes > (int64_t(1) << 40); }))
          fail("kernel '" + kernel.getSymName() + "': scratch must be two sizes in bytes");
        table.scratchBytes = std::max<uint64_t>(table.scratchBytes, (*scratch)[0] + (*scratch)[1]);
        table.taskScratchBytes = std::max<uint64_t>(table.taskScratchBytes, (*scratch)[1]);
      }
  }

  TensorRow tensorRow(Type type, const std::string &fallback, DictionaryAttr attributes, int64_t maxBatch) {
    auto text = [&](StringRef key, StringRef otherwise) {
      auto value = attributes ? attributes.getAs<StringAttr>(key) : StringAttr();
      return value ? value.str() : otherwise.str();
    };
    TensorRow row{.name = text("cnn.name", fallback), .layout = text("cnn.layout_hint", ""), .dtype = {}, .minShape = {}, .maxShape = {}, .batched = false};
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || cnn::layoutOf(tensor) || tensor.getRank() > CNNC_MAX_RANK)
      fail("'" + row.name + "' must be a dense row-major tensor of rank " + Twine(CNNC_MAX_RANK) + " at most");
    row.dtype = dtypeOf(tensor.getElementType(), "'" + Twine(row.name) + "'");
    auto capped = cnn::cappedOf(tensor);
    for (auto [d, extent] : llvm::enumerate(tensor.getShape())) {
      bool dynamic = ShapedType::isDynamic(extent);
      if (dynamic && d > 0)
        fail("'" + row.name + "' has a dynamic dimension " + Twine(d) + "; only dimension 0, the batch, may be dynamic");
      row.minShape.push_back(dynamic || (capped && llvm::is_contained(capped.getDims(), static_cast<int64_t>(d))) ? 1 : extent);
      row.maxShape.push_back(dynamic ? maxBatch : extent);
    }
    row.batched = tensor.getRank() > 0 && (tensor.isDynamicDim(0) || table.perImage || StringRef(row.layout).starts_with("N"));
    if (tensor.getRank() > 0 && tensor.isDynamicDim(0) && !table.perImage)
      fail("'" + row.name + "' has a dynamic batch but the launches are not per image; give the batch a fixed size");
    product(row.maxShape, row.dtype.bits / 8, "'" + Twine(row.name) + "'");
    return row;
  }

  void readBoundary() {
    int64_t maxBatch = 1;
    if (auto attribute = main->getAttrOfType<IntegerAttr>("cnn.max_batch"))
      maxBatch = attribute.getInt();
    if (maxBatch < 1)
      fail("cnn.max_batch must be at least 1");
    for (auto [i, argument] : llvm::enumerate(main.getArguments())) {
      table.inputs.push_back(tensorRow(argument.getType(), "input" + std::to_string(i), main.getArgAttrDict(i), maxBatch));
      places[argument] = {CNNC_SPACE_INPUT, static_cast<int32_t>(i), 0};
    }
    for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
      table.outputs.push_back(tensorRow(type, "output" + std::to_string(i), main.getResultAttrDict(i), maxBatch));
    if (table.inputs.size() + table.outputs.size() > CNNC_MAX_TENSORS)
      fail("the network has " + Twine(table.inputs.size() + table.outputs.size()) + " inputs and outputs; the limit is " + Twine(CNNC_MAX_TENSORS));
  }

  void visit(Operation &op) {
    TypeSwitch<Operation *>(&op)
        .Case<exec::WeightOp>([&](auto weight) { visitWeight(weight); })
        .Case<exec::LaunchOp>([&](auto launch) { visitLaunch(launch); })
        .Case<exec::RoutineOp>([&](auto routine) { visitRoutine(routine); })
        .Case<exec::ViewOp>([&](auto view) { places[view.getResult()] = placeOf(view.getSource(), "exec.view"); })
        .Case<exec::ConcatOp>([&](auto concat) { places[concat.getResult()] = slotPlace(concat.getSlot(), "exec.concat"); })
        .Case<func::ReturnOp>([&](auto op) { visitReturn(op); })
        .Default([&](Operation *other) {
          fail("'" + Twine(other->getName().getStringRef()) + "' in @main: only exec ops may stand there after the partition phase");
        });
  }

  void visitReturn(func::ReturnOp op) {
    for (auto [i, value] : llvm::enumerate(op.getOperands())) {
      Place place = placeOf(value, "return");
      if (place.space != CNNC_SPACE_OUTPUT || place.index != static_cast<int32_t>(i) || place.offset != 0)
        fail("output '" + table.outputs[i].name + "' is not written by a launch into its own slot");
    }
  }

  Place placeOf(Value value, StringRef user) {
    auto it = places.find(value);
    if (it == places.end())
      fail("'" + user + "' reads a value that has no place");
    return it->second;
  }

  Place slotPlace(std::optional<exec::SlotAttr> slot, const Twine &what) {
    if (!slot)
      fail(what + " has no slot; run the memory planner first");
    auto space = static_cast<cnnc_space>(slot->getSpace());
    uint64_t offset = slot->getOffset(), bytes = slot->getBytes();
    if (space == CNNC_SPACE_ARENA && (offset > table.arenaBytes || bytes > table.arenaBytes - offset))
      fail(what + " lies outside the arena of " + Twine(table.arenaBytes) + " bytes");
    if (space == CNNC_SPACE_GATHERED && (offset > table.gatheredBytes || bytes > table.gatheredBytes - offset))
      fail(what + " lies outside the " + Twine(table.gatheredBytes) + " bytes of what is gathered");
    if (space == CNNC_SPACE_INPUT || (space == CNNC_SPACE_OUTPUT && slot->getIndex() >= static_cast<int64_t>(table.outputs.size())))
      fail(what + " has a slot that no launch may write");
    return {space, static_cast<int32_t>(slot->getIndex()), offset};
  }

  std::vector<int64_t> logicalShape(RankedTensorType type, int64_t images = 1) {
    std::vector<int64_t> shape(type.getShape());
    if (table.perImage && !shape.empty())
      shape[0] = images;
    return shape;
  }

  std::vector<int64_t> physicalExtents(RankedTensorType type, int64_t images) {
    std::vector<int64_t> shape = logicalShape(type, images);
    auto layout = cnn::layoutOf(type);
    if (!layout)
      return shape;
    auto halo = layout.getHalo();
    return {shape[0], (shape[1] + layout.getBlock() - 1) / layout.getBlock(), halo[0] + shape[2] + halo[2], halo[1] + shape[3] + halo[3], layout.getBlock()};
  }

  uint64_t imageStride(const TensorRow &tensor) {
    if (!table.perImage || !tensor.batched)
      return 0;
    return product(ArrayRef(tensor.maxShape).drop_front(), tensor.dtype.bits / 8, "'" + Twine(tensor.name) + "'");
  }

  // An argument of a launch that takes so many images.
  ArgRow argRow(Value value, const Twine &what, int64_t images = 1) {
    Place place = placeOf(value, "exec.launch");
    auto type = cast<RankedTensorType>(value.getType());
    ArgRow row{place.space, place.index, place.offset, 0, dtypeOf(type.getElementType(), what), {}, static_cast<bool>(cnn::cappedOf(type))};
    if (place.space == CNNC_SPACE_WEIGHTS)
      row.extents = weightExtents.lookup(value);
    else
      row.extents = physicalExtents(type, images);
    if (place.space == CNNC_SPACE_INPUT)
      row.imageStride = imageStride(table.inputs[place.index]);
    if (place.space == CNNC_SPACE_OUTPUT)
      row.imageStride = imageStride(table.outputs[place.index]);
    if (row.extents.size() > CNNC_MAX_RANK)
      fail(what + " has an argument of rank " + Twine(row.extents.size()) + "; the limit is " + Twine(CNNC_MAX_RANK));
    for (int64_t extent : row.extents)
      if (extent < 0 || extent > INT32_MAX)
        fail(what + " has an argument with extent " + Twine(extent) + "; the limit is 2147483647");
    uint64_t bytes = product(row.extents, row.dtype.bits / 8, what);
    if (place.space == CNNC_SPACE_GATHERED)
      row.imageStride = bytes / static_cast<uint64_t>(images);
    if (bytes / (row.dtype.bits / 8) > INT32_MAX)
      fail(what + " has an argument of more than 2^31 - 1 elements; the strides of kernels are 32-bit");
    if (row.space == CNNC_SPACE_ARENA) {
      if (row.offset > table.arenaBytes || bytes > table.arenaBytes - row.offset)
        fail(what + " has an argument outside the arena of " + Twine(table.arenaBytes) + " bytes");
    }
    return row;
  }

  void visitLaunch(exec::LaunchOp launch) {
    LaunchRow row;
    row.layer = launch.getLayer().str();
    row.kernel = launch.getKernel().str();
    std::string what = "layer '" + row.layer + "'";
    auto symbol = symbols.find(row.kernel);
    if (symbol == symbols.end())
      fail(what + " launches @" + row.kernel + ", for which no kernel was built");
    row.kernelSymbol = symbol->second;
    if (launch.getMacs() < 0)
      fail(what + " has a negative number of multiply-accumulates");
    row.macs = launch.getMacs();
    row.haloKept = launch.getHaloKept();
    row.images = launch.getImages().value_or(1);
    if (row.images > 1 && !table.perImage)
      fail(what + " gathers images, but launches see all of them");
    if (row.images < 1 || (!table.launches.empty() && table.launches.back().images > 1 && table.launches.back().images != row.images))
      fail(what + " takes " + Twine(row.images) + " images, the launch before it " + Twine(table.launches.back().images));
    table.macs += row.macs;
    const std::vector<int64_t> shape = logicalShape(cast<RankedTensorType>(launch.getResult().getType()));
    row.multiplications = row.macs * static_cast<uint64_t>(shape.empty() ? 1 : shape.front());
    if (auto kernel = module.lookupSymbol<exec::KernelOp>(row.kernel)) {
      if (auto schedule = kernel.getSchedule())
        row.schedule = scheduleText(*schedule);
      if (auto request = buildRequest(kernel, table.perImage))
        if (auto done = kernels::multiplications(request->spec, request->schedule))
          row.multiplications = *done / static_cast<uint64_t>(row.images);
      if (launch.isCounted())
        row.leastRows = static_cast<int32_t>(kernel.getCounted().value_or(0));
    }
    if (launch.getRows())
      row.rows = argRow(launch.getRows(), what);
    addStep(launch, launch.getInputs(), what, std::move(row));
  }

  void visitRoutine(exec::RoutineOp routine) {
    LaunchRow row;
    row.layer = routine.getLayer().str();
    row.kernel = routine.getRoutine().str();
    std::string what = "layer '" + row.layer + "'";
    auto options = routineOptions(routine);
    if (!options)
      fail(what + ": " + options.error());
    row.routine = *options;
    if (routine.getRows())
      row.rows = argRow(routine.getRows(), what);
    addStep(routine, routine.getInputs(), what, std::move(row));
  }

  // Adds a step's operands and results to its row, and the row to the table.
  void addStep(exec::StepOpInterface step, ValueRange inputs, const Twine &what, LaunchRow row) {
    SmallVector<exec::SlotAttr> slots = step.slots();
    for (auto [i, result] : llvm::enumerate(step->getResults()))
      places[result] = slotPlace(i < slots.size() ? std::optional(slots[i]) : std::nullopt, what);
    for (Value operand : inputs)
      row.args.push_back(argRow(operand, what, row.images));
    row.result = static_cast<int32_t>(row.args.size());
    for (Value result : step->getResults())
      row.args.push_back(argRow(result, what, row.images));
    if (row.args.size() > CNNC_MAX_ARGS)
      fail(what + " has " + Twine(row.args.size()) + " arguments; the limit is " + Twine(CNNC_MAX_ARGS));
    auto type = cast<RankedTensorType>(step->getResult(0).getType());
    const ArgRow &result = row.args[row.result];
    row.shape = logicalShape(type);
    row.dtype = result.dtype;
    row.bytes = product(result.extents, row.dtype.bits / 8, what) / static_cast<uint64_t>(row.images);
    if (row.images > 1 && result.space == CNNC_SPACE_OUTPUT)
      table.outputs[result.index].gathered = true;
    if (auto layout = cnn::layoutOf(type)) {
      row.block = static_cast<int32_t>(layout.getBlock());
      for (int i = 0; i < 4; ++i)
        row.halo[i] = static_cast<int32_t>(layout.getHalo()[i]);
    }
    table.launches.push_back(std::move(row));
  }

  static std::string scheduleText(exec::ScheduleAttr schedule) {
    std::string text = schedule.getName().str();
    StringRef separator = "(";
    for (NamedAttribute knob : schedule.getKnobs()) {
      text += separator;
      text += knob.getName().str() + "=";
      llvm::raw_string_ostream stream(text);
      if (auto value = dyn_cast<IntegerAttr>(knob.getValue()))
        stream << value.getInt();
      else
        stream << knob.getValue();
      separator = ", ";
    }
    return separator == "(" ? text : text + ")";
  }

  void visitWeight(exec::WeightOp weight) {
    WeightRow row;
    row.name = weight.getName().value_or("").str();
    std::string what = "weight '" + row.name + "'";
    auto type = cast<RankedTensorType>(weight.getType());
    if (!weight.getOffset() || *weight.getOffset() < 0 || *weight.getOffset() % CNNC_ALIGNMENT != 0)
      fail(what + " needs an offset that is a multiple of " + Twine(CNNC_ALIGNMENT));
    row.offset = *weight.getOffset();
    row.value = weight.getValue();
    row.shape = std::vector<int64_t>(type.getShape());
    row.elementBytes = dtypeOf(type.getElementType(), what).bits / 8;
    std::vector<int64_t> extents = row.shape;
    if (auto packed = weight.getPacked()) {
      extents.assign(packed->getExtents().begin(), packed->getExtents().end());
      for (auto [dim, extent, step] : llvm::zip(packed->getDims(), packed->getExtents(), packed->getSteps())) {
        product({extent, step}, 1, what);
        row.layout.dims.push_back({static_cast<int>(dim), extent, step});
      }
      if (llvm::ArrayRef<int64_t> tile = packed->getWinograd(); !tile.empty()) {
        if (row.shape.size() < 2 || !type.getElementType().isF32())
          fail(what + ": only filters of f32 are transformed");
        row.layout.winograd = {tile[0], tile[1]};
        product(row.layout.walkedShape(row.shape), row.elementBytes, what);
      }
      row.layout.split = packed->getSplit();
      if (row.layout.split && !type.getElementType().isF32())
        fail(what + ": only f32 is split into pieces");
    }
    row.bytes = product(extents, row.elementBytes, what);
    product(row.shape, row.elementBytes, what);
    table.parameters += type.getNumElements();
    places[weight.getResult()] = {CNNC_SPACE_WEIGHTS, 0, row.offset};
    weightExtents[weight.getResult()] = std::move(extents);
    table.weights.push_back(std::move(row));
  }

  /// Sorts by offset and drops exact repeats, which share their bytes.
  void checkWeights() {
    auto &weights = table.weights;
    llvm::sort(weights, [](const WeightRow &a, const WeightRow &b) { return a.offset < b.offset; });
    weights.erase(std::unique(weights.begin(), weights.end(),
                              [](const WeightRow &a, const WeightRow &b) { return a.offset == b.offset && a.value == b.value && a.layout == b.layout; }),
                  weights.end());
    uint64_t end = 0;
    for (const WeightRow &weight : weights) {
      if (weight.offset < end)
        fail("weight '" + weight.name + "' overlaps the one before it at byte " + Twine(weight.offset));
      end = weight.offset + weight.bytes;
      if (end > table.weightsBytes)
        fail("weight '" + weight.name + "' runs past the weights section of " + Twine(table.weightsBytes) + " bytes");
    }
  }

  ModuleOp module;
  func::FuncOp main;
  const std::map<std::string, std::string> &symbols;
  LaunchTable table;
  llvm::DenseMap<Value, Place> places;
  llvm::DenseMap<Value, std::vector<int64_t>> weightExtents;
};

} // namespace

size_t LaunchTable::gathering() const {
  return static_cast<size_t>(std::ranges::find_if(launches, [](const LaunchRow &row) { return row.images > 1; }) - launches.begin());
}

uint64_t LaunchTable::workspaceBytes() const {
  uint64_t bytes = cnnc_aligned(arenaBytes) + cnnc_aligned(scratchBytes) + cnnc_aligned(gatheredBytes);
  for (const auto *rows : {&inputs, &outputs})
    for (const TensorRow &row : *rows) {
      cnnc_tensor_info info{};
      info.dtype = row.dtype;
      info.ndim = static_cast<int32_t>(row.maxShape.size());
      info.max_shape = row.maxShape.data();
      bytes += cnnc_staging_bytes(&info, row.batched, row.gathered ? images() : perImage || row.maxShape.empty() ? 1 : row.maxShape[0]);
    }
  return bytes;
}

kernels::Result<LaunchTable> readModule(ModuleOp module, const std::map<std::string, std::string> &symbols) {
  try {
    return Reader(module, symbols).read();
  } catch (const Fault &fault) {
    return kernels::Result<LaunchTable>::failure(fault.message);
  }
}

} // namespace cnnc::emit
