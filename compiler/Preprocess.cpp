// The usual preparation of a picture for an ImageNet classifier, as a small cnn program run by the reference.
#include "compiler/Preprocess.h"

#include "compiler/Runner.h"
#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace cnnc;

llvm::Expected<Array> cnnc::imagenetInput(const Array &picture, const std::vector<int64_t> &shape) {
  if (shape.size() != 4 || shape[1] != 3)
    return llvm::createStringError("a picture fits an input of shape [N, 3, H, W] only; give a .npy file");
  int64_t height = picture.shape[1], width = picture.shape[2], shorter = shape[2] * 256 / 224;
  // torchvision: the shorter side gets the size, the longer one is scaled and truncated.
  int64_t resizedHeight = height <= width ? shorter : shorter * height / width, resizedWidth = height <= width ? shorter * width / height : shorter;

  MLIRContext context;
  context.loadDialect<cnn::CnnDialect, func::FuncDialect>();
  OpBuilder builder(&context);
  Location location = builder.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  builder.setInsertionPointToEnd(module->getBody());
  auto input = RankedTensorType::get(picture.shape, builder.getIntegerType(8, false)), output = RankedTensorType::get(shape, builder.getF32Type());
  auto main = func::FuncOp::create(builder, location, "main", builder.getFunctionType({input}, {output}));
  builder.setInsertionPointToEnd(main.addEntryBlock());
  std::string failure;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) { failure += diagnostic.str(); });
  auto apply = [&](StringRef name, Value operand, ArrayRef<int64_t> result, ArrayRef<NamedAttribute> attributes) {
    OperationState state(location, name, operand, RankedTensorType::get(result, builder.getF32Type()), attributes);
    return builder.create(state)->getResult(0);
  };
  auto integers = [&](StringRef name, ArrayRef<int64_t> values) { return builder.getNamedAttr(name, builder.getDenseI64ArrayAttr(values)); };
  auto reals = [&](StringRef name, ArrayRef<double> values) { return builder.getNamedAttr(name, builder.getDenseF64ArrayAttr(values)); };
  Value value = apply("cnn.image_to_nchw", main.getArgument(0), {1, 3, height, width}, {});
  value = apply("cnn.resize", value, {1, 3, resizedHeight, resizedWidth},
                {integers("size", {resizedHeight, resizedWidth}), builder.getNamedAttr("antialias", builder.getBoolAttr(true))});
  value = apply("cnn.center_crop", value, shape, {integers("size", {shape[2], shape[3]})});
  value = apply("cnn.normalize", value, shape,
                {reals("mean", {0.485, 0.456, 0.406}), reals("std", {0.229, 0.224, 0.225}), builder.getNamedAttr("scale", builder.getF64FloatAttr(1.0 / 255))});
  func::ReturnOp::create(builder, location, value);
  auto results = runReference(*module, {picture});
  if (!results)
    return llvm::createStringError("the picture cannot be prepared: " + failure);
  return std::move(results->front());
}
