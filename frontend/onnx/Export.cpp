// cnn IR -> ONNX: the walk over @main.
#include "frontend/onnx/Export.h"
#include "frontend/onnx/Limits.h"
#include "frontend/onnx/Registry.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace cnnc::frontend {

static constexpr int64_t opset = 21, irVersion = 10;

// Describes a value. False for types outside f32 and u8 tensors.
static bool describe(::onnx::ValueInfoProto &info, const std::string &name, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !(tensor.getElementType().isF32() || tensor.getElementType().isUnsignedInteger(8)))
    return false;
  info.set_name(name);
  ::onnx::TypeProto_Tensor &described = *info.mutable_type()->mutable_tensor_type();
  described.set_elem_type(tensor.getElementType().isF32() ? ::onnx::TensorProto::FLOAT : ::onnx::TensorProto::UINT8);
  ::onnx::TensorShapeProto &shape = *described.mutable_shape();
  for (int64_t extent : tensor.getShape()) {
    if (ShapedType::isDynamic(extent))
      shape.add_dim()->set_dim_param("N");
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
        function.emitError() << "input '" << name << "' has type " << argument.getType() << ", ONNX export takes f32 and ui8 tensors";
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
    Value result = op.getResult(0);
    describe(*graph.proto().add_value_info(), graph.name(result), result.getType());
  }

  // An output whose name is not that of its layer gets an Identity, which costs nothing: sessions drop it.
  void outputs(func::ReturnOp op) {
    for (auto [index, value] : llvm::enumerate(op.getOperands())) {
      std::string name = outputNames[index], source = graph.name(value);
      if (source != name) {
        ::onnx::NodeProto &node = *graph.proto().add_node();
        node.set_op_type("Identity");
        node.set_name(name);
        node.set_doc_string("output " + name);
        node.add_input(source);
        node.add_output(name);
      }
      describe(*graph.proto().add_output(), name, value.getType());
    }
  }

  // Outputs keep their names, so these are taken before any layer's. A layer that is named like the output it computes shares it.
  void reserveOutputs(func::ReturnOp op) {
    for (unsigned index = 0; index < op.getNumOperands(); ++index) {
      std::string wanted = nameOr(function.getResultAttrOfType<StringAttr>(index, "cnn.name"), "output", index);
      Operation *producer = op.getOperand(index).getDefiningOp();
      auto layer = producer ? producer->getAttrOfType<StringAttr>("layer") : StringAttr();
      bool shared = layer && layer.getValue() == wanted && !isa<cnn::ConstantOp>(producer) && graph.isFree(wanted);
      outputNames.push_back(shared ? graph.reserve(wanted, op.getOperand(index)) : graph.unique(wanted));
    }
  }

  void run() {
    auto terminator = cast<func::ReturnOp>(function.getBody().front().getTerminator());
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
