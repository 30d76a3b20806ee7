// The generic importer: op name = ODS mnemonic, attributes by ODS kind, parameters by ParametricOpInterface.
#include "frontend/Import.h"
#include "frontend/Attributes.h"
#include "frontend/Imports.h"
#include "frontend/OpTable.h"
#include "frontend/Weights.h"

#include "dialects/cnn/Cnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Regex.h"

#include <climits>

using namespace mlir;

namespace cnnc::frontend {
namespace {

// Properties of a registered op, made from attributes; alive as long as this object.
class PropertyStorage {
public:
  PropertyStorage(OperationName name, DictionaryAttr attributes, Location location) : name(name), bytes(name.getOpPropertyByteSize()) {
    if (bytes.empty())
      return;
    properties = OpaqueProperties(bytes.data());
    name.initOpProperties(properties, OpaqueProperties(nullptr));
    valid = succeeded(name.setOpPropertiesFromAttribute(name, properties, attributes, [&] { return mlir::emitError(location); }));
  }
  ~PropertyStorage() {
    if (properties)
      name.destroyOpProperties(properties);
  }
  PropertyStorage(const PropertyStorage &) = delete;

  OpaqueProperties get() const { return properties; }
  bool isValid() const { return valid; }

private:
  OperationName name;
  SmallVector<char, 256> bytes;
  OpaqueProperties properties = nullptr;
  bool valid = true;
};

class ModuleBuilder : public GraphBuilder {
public:
  ModuleBuilder(MLIRContext &context, const ModelSpec &spec, StringRef network, WeightBinder &weights, DiagnosticSink &sink)
      : context(context), spec(spec), weights(weights), sink(sink), builder(&context) {
    module = ModuleOp::create(builder, FileLineColLoc::get(builder.getStringAttr(spec.file), 1, 1));
    (*module)->setAttr("cnn.network", builder.getStringAttr(network));
    builder.setInsertionPointToEnd(module->getBody());
    function = func::FuncOp::create(builder, location("", spec.name.mark, spec.file), "main", builder.getFunctionType({}, {}));
    function.addEntryBlock();
    builder.setInsertionPointToEnd(&function.front());
  }

  ValueId addInput(const InputInstance &input) override {
    if (maxBatch && input.shape.front() < 0 && *maxBatch != input.maxBatch)
      sink.report({.code = "CNNC0213",
                   .file = spec.file,
                   .mark = input.mark,
                   .message = "the inputs disagree on max_batch: " + std::to_string(*maxBatch) + " and " + std::to_string(input.maxBatch)});
    SmallVector<int64_t> shape = llvm::map_to_vector(input.shape, [](int64_t extent) { return extent < 0 ? ShapedType::kDynamic : extent; });
    Type element = input.dtype == "u8"    ? Type(builder.getIntegerType(8, /*isSigned=*/false))
                   : input.dtype == "i32" ? Type(builder.getI32Type())
                                          : Type(builder.getF32Type());
    Attribute encoding = input.capped.empty() ? Attribute() : cnn::CappedAttr::get(&context, input.capped);
    if (!input.shape.empty() && input.shape.front() < 0)
      maxBatch = input.maxBatch;
    SmallVector<NamedAttribute> attributes{builder.getNamedAttr("cnn.name", builder.getStringAttr(input.name))};
    if (!input.layout.empty())
      attributes.push_back(builder.getNamedAttr("cnn.layout_hint", builder.getStringAttr(input.layout)));
    if (failed(function.insertArgument(function.getNumArguments(), RankedTensorType::get(shape, element, encoding), builder.getDictionaryAttr(attributes),
                                       location(input.name, input.mark, spec.file))))
      return kPoison;
    return keep(function.getArguments().back());
  }

  std::vector<ValueId> addLayer(const LayerInstance &layer) override {
    std::vector<ValueId> poison(1, kPoison);
    const OpRow *row = findOp(layer.op);
    if (!row) {
      report(layer, "CNNC0320", layer.opMark, "there is no op '" + layer.op + "'", didYouMean(layer.op, opNames()));
      return poison;
    }
    poison.assign(row->results, kPoison);
    bool poisoned = llvm::is_contained(layer.operands, kPoison);
    SmallVector<Value> inputs;
    if (!poisoned)
      for (ValueId operand : layer.operands)
        inputs.push_back(values[operand]);
    SmallVector<int64_t> shape;
    if (!inputs.empty())
      shape.assign(cast<RankedTensorType>(inputs[0].getType()).getShape().begin(), cast<RankedTensorType>(inputs[0].getType()).getShape().end());
    auto [least, most] = row->activations();
    bool counted = layer.operands.size() >= least && layer.operands.size() <= most;
    if (!counted)
      report(layer, "CNNC0324", layer.mark, "'" + layer.op + "' takes " + countText(least, most) + ", got " + std::to_string(layer.operands.size()),
             least > 1 && layer.operands.size() <= 1 ? "give 'in': a list of names" : "");
    DictionaryAttr attributes =
        convertAttributes(context, *row, layer, shape, [&](const char *code, const Mark &mark, std::string message, std::string suggestion) {
          report(layer, code, mark, std::move(message), std::move(suggestion));
        });
    if (poisoned || !counted || !attributes)
      return poison;
    return create(layer, *row, inputs, attributes).value_or(poison);
  }

  void addOutput(const std::string &name, ValueId value, const Mark &mark) override {
    if (value != kPoison)
      outputs.push_back({name, values[value]});
  }

  std::vector<int64_t> shapeOf(ValueId value) const override {
    std::vector<int64_t> shape;
    for (int64_t extent : cast<RankedTensorType>(values[value].getType()).getShape())
      shape.push_back(ShapedType::isDynamic(extent) ? -1 : extent);
    return shape;
  }

  OwningOpRef<ModuleOp> finish() {
    SmallVector<Value> results;
    for (auto &[name, value] : outputs)
      results.push_back(value);
    func::ReturnOp::create(builder, location("", spec.name.mark, spec.file), results);
    SmallVector<Type> types = llvm::map_to_vector(results, [](Value value) { return value.getType(); });
    function.setFunctionType(builder.getFunctionType(function.getArgumentTypes(), types));
    for (auto [index, output] : llvm::enumerate(outputs))
      function.setResultAttr(index, "cnn.name", builder.getStringAttr(output.first));
    function->setAttr("cnn.max_batch", builder.getI64IntegerAttr(maxBatch.value_or(1)));
    return std::move(module);
  }

private:
  ValueId keep(Value value) {
    values.push_back(value);
    return static_cast<ValueId>(values.size()) - 1;
  }

  Location location(StringRef name, const Mark &mark, StringRef file) {
    Location place = FileLineColLoc::get(builder.getStringAttr(file), mark.line, mark.column);
    return name.empty() ? place : NameLoc::get(builder.getStringAttr(name), place);
  }

  static std::string countText(size_t least, size_t most) {
    std::string text = most == INT_MAX ? "at least " + std::to_string(least)
                       : least == most ? std::to_string(least)
                                       : std::to_string(least) + " to " + std::to_string(most);
    return text + (most == 1 ? " input" : " inputs");
  }

  Diagnostic where(const LayerInstance &layer) const {
    Diagnostic diagnostic{.code = "", .file = layer.file, .mark = layer.mark, .layer = layer.name, .stack = *layer.stack};
    for (auto [index, operand] : llvm::enumerate(layer.operands))
      if (operand != kPoison)
        diagnostic.shapes.emplace_back(index < layer.operandNames.size() ? layer.operandNames[index]
                                       : layer.operands.size() == 1      ? "input"
                                                                         : "input " + std::to_string(index),
                                       shapeText(shapeOf(operand)));
    return diagnostic;
  }

  void report(const LayerInstance &layer, std::string code, const Mark &mark, std::string message, std::string suggestion) {
    Diagnostic diagnostic = where(layer);
    diagnostic.code = std::move(code);
    diagnostic.mark = mark;
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    sink.report(std::move(diagnostic));
  }

  // Reports an error that the dialect emitted: "conv2d C6: message" gets the code conv2d_C6.
  void reportDialect(const LayerInstance &layer, const std::string &message) {
    static const llvm::Regex numbered("^([a-z0-9_]+) (C[0-9]+): (.*)$");
    SmallVector<StringRef> parts;
    if (numbered.match(message, &parts))
      report(layer, (parts[1] + "_" + parts[2]).str(), layer.mark, parts[3].str(), "");
    else
      report(layer, "CNNC0325", layer.mark, message, "");
  }

  // Creates the op with its constants; nullopt after an error, which is reported.
  std::optional<std::vector<ValueId>> create(const LayerInstance &layer, const OpRow &row, SmallVector<Value> operands, DictionaryAttr attributes) {
    Location place = location(layer.name, layer.mark, layer.file);
    OperationName name("cnn." + row.name, &context);
    std::vector<std::string> errors;
    ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        errors.push_back(diagnostic.str());
      return success();
    });
    std::optional<std::vector<ValueId>> results = createChecked(layer, row, name, place, operands, attributes);
    for (const std::string &error : errors)
      reportDialect(layer, error);
    if (!results && errors.empty())
      reportDialect(layer, "the op rejects its inputs");
    return results;
  }

  std::optional<std::vector<ValueId>> createChecked(const LayerInstance &layer, const OpRow &row, OperationName name, Location place,
                                                    SmallVector<Value> &operands, DictionaryAttr attributes) {
    if (row.parametric) {
      SmallVector<cnn::ParameterDecl> parameters;
      auto *interface = name.getInterface<cnn::ParametricOpInterface>();
      if (failed(interface->inferParameters(&context, place, ValueRange(operands).getTypes(), attributes, parameters)))
        return std::nullopt;
      for (const cnn::ParameterDecl &parameter : parameters) {
        std::string full = layer.weights + "." + parameter.suffix;
        ElementsAttr value =
            layer.weights.empty() ? ElementsAttr(DenseElementsAttr::get(parameter.type, 0.0F)) : weights.bind(full, parameter.type, where(layer));
        operands.push_back(cnn::ConstantOp::create(builder, location(full, layer.mark, layer.file), parameter.type, value, builder.getStringAttr(full)));
      }
    }
    PropertyStorage properties(name, attributes, place);
    if (!properties.isValid())
      return std::nullopt;
    SmallVector<Type> types;
    if (failed(name.getInterface<InferTypeOpInterface>()->inferReturnTypes(&context, place, operands, attributes, properties.get(), {}, types)))
      return std::nullopt;
    OperationState state(place, name, operands, types);
    state.addAttributes(attributes.getValue());
    state.addAttribute("layer", builder.getStringAttr(layer.name));
    Operation *op = builder.create(state);
    if (failed(mlir::verify(op, /*verifyRecursively=*/false)))
      return std::nullopt;
    std::vector<ValueId> results;
    for (Value result : op->getResults())
      results.push_back(keep(result));
    return results;
  }

  MLIRContext &context;
  const ModelSpec &spec;
  WeightBinder &weights;
  DiagnosticSink &sink;
  OpBuilder builder;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  std::vector<Value> values;
  std::vector<std::pair<std::string, Value>> outputs;
  std::optional<int64_t> maxBatch;
};

} // namespace

OwningOpRef<ModuleOp> importSpec(MLIRContext &context, const ModelSpec &unlinked, const ImportOptions &options, DiagnosticSink &sink) {
  context.loadDialect<cnn::CnnDialect, func::FuncDialect>();
  const ModelSpec spec = linkSpec(unlinked, {.bytes = options.fileBytes}, sink);
  checkSpec(spec, sink);
  if (spec.isLibrary()) {
    if (!sink.hasErrors())
      sink.report({.code = "CNNC0002", .file = spec.file, .message = "the file is a library of blocks, no network", .suggestion = "import it from a model"});
    return {};
  }
  std::unique_ptr<WeightSource> source = openWeights(options.weights, options.confineWeightsTo, sink);
  WeightBinder weights(std::move(source), options.weights, sink);
  ModuleBuilder builder(context, spec, options.parameters.preset.empty() ? spec.name.text : options.parameters.preset, weights, sink);
  size_t before = sink.errorCount();
  expandSpec(spec, options.parameters, options.limits, builder, sink);
  // An erroneous layer asks for no tensors; its own would be called unused.
  if (sink.errorCount() - before == weights.errorCount())
    weights.finish();
  OwningOpRef<ModuleOp> module = builder.finish();
  return sink.hasErrors() ? OwningOpRef<ModuleOp>() : std::move(module);
}

OwningOpRef<ModuleOp> importModel(MLIRContext &context, const std::string &pathOrName, const ImportOptions &options, DiagnosticSink &sink) {
  auto network = findNetwork(pathOrName, options, sink);
  auto spec = network ? readSpecFile(network->path, options.fileBytes, sink) : std::nullopt;
  if (!spec)
    return {};
  ImportOptions chosen = options;
  if (chosen.parameters.preset.empty())
    chosen.parameters.preset = network->preset;
  return importSpec(context, *spec, chosen, sink);
}

int runCheck(const std::string &pathOrName, const ImportOptions &options, bool json, llvm::raw_ostream &out) {
  MLIRContext context;
  DiagnosticSink sink;
  auto network = findNetwork(pathOrName, options, sink);
  auto spec = network ? readSpecFile(network->path, options.fileBytes, sink) : std::nullopt;
  if (spec && spec->isLibrary()) {
    checkSpec(linkSpec(std::move(*spec), {.bytes = options.fileBytes}, sink), sink);
  } else if (spec) {
    ImportOptions chosen = options;
    if (chosen.parameters.preset.empty())
      chosen.parameters.preset = network->preset;
    importSpec(context, *spec, chosen, sink);
  }
  out << (json ? sink.json() : sink.text());
  return sink.exitStatus();
}

} // namespace cnnc::frontend
