// cnn IR -> ONNX: the walk over @main.
#include "frontend/onnx/Export.h"
#include "frontend/onnx/Limits.h"
#include "frontend/onnx/Registry.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace cnnc::frontend {

static constexpr int64_t opset = 21, irVersion = 10;

static std::optional<int32_t> onnxType(Type element) {
  if (element.isF32())
    return ::onnx::TensorProto::FLOAT;
  if (element.isUnsignedInteger(8))
    return ::onnx::TensorProto::UINT8;
  if (element.isSignlessInteger(32))
    return ::onnx::TensorProto::INT32;
  return std::nullopt;
}

// Describes a value; `rows` names its extent along dimension 0 where that is a count. False for types outside f32, u8 and i32 tensors.
static bool describe(::onnx::ValueInfoProto &info, const std::string &name, Type type, const std::string &rows = "") {
  auto tensor = dyn_cast<RankedTensorType>(type);
  std::optional<int32_t> element = tensor ? onnxType(tensor.getElementType()) : std::nullopt;
  if (!element)
    return false;
  info.set_name(name);
  ::onnx::TypeProto_Tensor &described = *info.mutable_type()->mutable_tensor_type();
  described.set_elem_type(*element);
  ::onnx::TensorShapeProto &shape = *described.mutable_shape();
  cnn::CappedAttr capped = cnn::cappedOf(type);
  for (auto [dim, extent] : llvm::enumerate(tensor.getShape())) {
    if (ShapedType::isDynamic(extent))
      shape.add_dim()->set_dim_param("N");
    else if (dim == 0 && !rows.empty())
      shape.add_dim()->set_dim_param(rows);
    else if (capped && llvm::is_contained(capped.getDims(), static_cast<int64_t>(dim)))
      shape.add_dim()->set_dim_param(name + "." + std::to_string(dim));
    else
      shape.add_dim()->set_dim_value(extent);
  }
  return true;
}

static std::string nameOr(StringAttr attribute, const char *kind, unsigned index) { return attribute ? attribute.str() : kind + std::to_string(index); }

namespace {
// The export of one function; keeps going after an error so that all are seen at once.
struct Exporter {
  func::FuncOp function;
  OnnxGraph graph;
  bool invalid = false, unsupported = false;

  Exporter(func::FuncOp function, ::onnx::GraphProto &proto) : function(function), graph(proto) {}

  void inputs() {
    for (BlockArgument argument : function.getArguments()) {
      std::string name = graph.unique(nameOr(function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "cnn.name"), "input", argument.getArgNumber()));
      if (!describe(*graph.proto().add_input(), name, argument.getType())) {
        function.emitError() << "input '" << name << "' has type " << argument.getType() << ", ONNX export takes f32, ui8 and i32 tensors";
        unsupported = true;
      }
      graph.bind(argument, name);
    }
  }

  void layer(Operation &op) {
    OnnxLayer layer(graph, &op);
    const OnnxRow *row = findOnnxRow(op.getName().getStringRef());
    if (!row || failed(row->function(&op, layer, row->type))) {
      if (!row)
        (void)layer.unsupported("only the ops of the import and graph phases can be exported");
      unsupported = true;
      for (Value result : op.getResults())
        graph.bind(result, graph.unique(layer.layer())); // so that later layers are still checked
      return;
    }
    for (Value result : op.getResults()) {
      Value count = graph.countOf(result);
      describe(*graph.proto().add_value_info(), graph.name(result), result.getType(), count ? "rows of " + graph.name(count) : "");
    }
  }

  // An output whose name is not that of its layer gets an Identity, which costs nothing: sessions drop it. Rows past a count are zeros.
  void outputs(func::ReturnOp op) {
    for (auto [index, value] : llvm::enumerate(op.getOperands())) {
      std::string name = outputNames[index];
      if (graph.countOf(value))
        graph.whole(value, name);
      else if (std::string source = graph.name(value); source != name)
        graph.node("Identity", {source}, name, "output " + name);
      describe(*graph.proto().add_output(), name, value.getType());
    }
  }

  // Outputs keep their names, so these are taken before any layer's. A layer that is named like the output it computes shares it.
  void reserveOutputs(func::ReturnOp op) {
    for (unsigned index = 0; index < op.getNumOperands(); ++index) {
      std::string wanted = nameOr(function.getResultAttrOfType<StringAttr>(index, "cnn.name"), "output", index);
      Operation *producer = op.getOperand(index).getDefiningOp();
      auto layer = producer ? producer->getAttrOfType<StringAttr>("layer") : StringAttr();
      bool shared = layer && layer.getValue() == wanted && !isa<cnn::ConstantOp>(producer) && !graph.countOf(op.getOperand(index)) && graph.isFree(wanted);
      outputNames.push_back(shared ? graph.reserve(wanted, op.getOperand(index)) : graph.unique(wanted));
    }
  }

  void run() {
    auto terminator = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    for (Operation &op : function.getBody().front().without_terminator())
      graph.visit(&op);
    inputs();
    reserveOutputs(terminator);
    for (Operation &op : function.getBody().front().without_terminator())
      if (!isa<cnn::ConstantOp>(op))
        layer(op);
    outputs(terminator);
    invalid |= graph.sawBadConstant();
  }

  SmallVector<std::string> outputNames;
};
} // namespace

static OnnxStatus tooLarge(func::FuncOp function, uint64_t bytes) {
  function.emitError() << "the ONNX file would take " << bytes << " bytes; protobuf allows " << maxOnnxBytes;
  return OnnxStatus::TooLarge;
}

OnnxStatus exportOnnx(ModuleOp module, const OnnxExportOptions &options, std::string &bytes) {
  bytes.clear();
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || !function.getBody().hasOneBlock() || !isa<func::ReturnOp>(function.getBody().front().back())) {
    module.emitError() << "ONNX export needs a func.func @main of one block that ends in a return";
    return OnnxStatus::Invalid;
  }
  ::onnx::ModelProto model;
  model.set_ir_version(irVersion);
  model.set_producer_name("cnnc");
  model.set_producer_version(options.producerVersion);
  model.set_doc_string("network " + options.network);
  model.add_opset_import()->set_version(opset);
  model.mutable_graph()->set_name(options.network);
  model.mutable_graph()->set_doc_string("exported by cnnc");

  Exporter exporter(function, *model.mutable_graph());
  exporter.run();
  if (exporter.invalid)
    return OnnxStatus::Invalid;
  if (exporter.unsupported)
    return OnnxStatus::Unsupported;
  if (exporter.graph.initialiserBytes() > maxOnnxBytes)
    return tooLarge(function, exporter.graph.initialiserBytes());
  if (uint64_t size = model.ByteSizeLong(); size > maxOnnxBytes)
    return tooLarge(function, size);
  model.SerializeToString(&bytes);
  return OnnxStatus::Ok;
}

} // namespace cnnc::frontend
