#include "compiler/emit/Headers.h"

#include "compiler/emit/Names.h"
#include "runtime/cnnc.h"

#include <nlohmann/json.hpp>

#include <vector>

namespace cnnc::emit {
namespace {

using nlohmann::json;

struct Tensor {
  std::string name, parameter, macro, cType, code, dtype, layout;
  int bits;
  std::vector<int64_t> shape; ///< At the largest batch.
  int64_t minBatch = 1;
  bool input, batched;
  std::vector<std::string> chosen = {}; ///< Per dimension the parameter that a run chooses its extent by; empty: fixed.

  /// Elements of one image, or of all when the tensor has no batch.
  int64_t elements() const {
    int64_t count = 1;
    for (size_t d = batched ? 1 : 0; d < shape.size(); ++d)
      count *= shape[d];
    return count;
  }
  /// An extent as C.
  std::string extent(size_t d) const { return d == 0 && batched ? "batch" : chosen[d].empty() ? std::to_string(shape[d]) : chosen[d]; }
  std::string dimensions() const {
    std::string text = cType, bounds;
    for (size_t d = 0; d < shape.size(); ++d) {
      text += "[" + extent(d) + "]";
      if (!chosen[d].empty())
        bounds += (bounds.empty() ? " (" : ", ") + chosen[d] + " up to " + std::to_string(shape[d]);
    }
    return text + (bounds.empty() ? "" : bounds + ")");
  }
};

struct Network {
  std::string id, macro, name;
  std::vector<Tensor> tensors; ///< Inputs, then outputs.
  int inputs = 0, outputs = 0;
  int64_t minBatch = 1, maxBatch = 1;
};

struct CType {
  const char *type, *code;
  int bits;
};

/// Types without a C name travel as void *.
CType cTypeOf(const std::string &dtype) {
  static const std::map<std::string, CType> types = {
      {"f32", {"float", "kDLFloat", 32}},   {"f64", {"double", "kDLFloat", 64}}, {"u8", {"uint8_t", "kDLUInt", 8}},    {"i8", {"int8_t", "kDLInt", 8}},
      {"i32", {"int32_t", "kDLInt", 32}},   {"i64", {"int64_t", "kDLInt", 64}},  {"f16", {"void", "kDLFloat", 16}},    {"bf16", {"void", "kDLBfloat", 16}},
      {"u16", {"uint16_t", "kDLUInt", 16}}, {"i16", {"int16_t", "kDLInt", 16}},  {"u32", {"uint32_t", "kDLUInt", 32}}, {"u64", {"uint64_t", "kDLUInt", 64}}};
  auto it = types.find(dtype);
  return it == types.end() ? CType{"void", "kDLUInt", 8} : it->second;
}

Network readNetwork(const json &metadata) {
  Network net;
  net.name = metadata.at("network");
  net.id = networkIdentifier(net.name);
  net.macro = upper(net.id);
  std::set<std::string> taken = {"model",
                                 "batch",
                                 "options",
                                 "error",
                                 "run",
                                 "run_batch",
                                 "cnnc",
                                 "std",
                                 "inputs",
                                 "outputs",
                                 net.id + "_run",
                                 net.id + "_run_batch",
                                 net.id + "_cnnc_query"};
  for (int i = 0; i < 64; ++i) { // CNNC_MAX_TENSORS
    taken.insert("shape_inputs" + std::to_string(i));
    taken.insert("shape_outputs" + std::to_string(i));
  }
  ParameterNames parameters(std::move(taken)), macros({});
  for (const char *kind : {"inputs", "outputs"})
    for (const json &row : metadata.at(kind)) {
      CType type = cTypeOf(row.at("dtype"));
      Tensor tensor{.name = row.at("name"),
                    .parameter = {},
                    .macro = {},
                    .cType = type.type,
                    .code = type.code,
                    .dtype = row.at("dtype"),
                    .layout = row.at("layout"),
                    .bits = type.bits,
                    .shape = row.at("max_shape").get<std::vector<int64_t>>(),
                    .input = kind[0] == 'i',
                    .batched = row.at("batched").get<bool>() && !row.at("max_shape").empty()};
      tensor.parameter = parameters.add(tensor.name);
      tensor.macro = net.macro + "_" + upper(macros.add(identifier(tensor.name)));
      tensor.chosen.resize(tensor.shape.size());
      for (size_t d = 0; d < tensor.shape.size() && !tensor.batched; ++d)
        if (row.at("min_shape")[d] != tensor.shape[d]) {
          char letter = tensor.layout.size() == tensor.shape.size() ? tensor.layout[d] : ' ';
          tensor.chosen[d] = parameters.add(tensor.name + (letter == 'H' ? "_height" : letter == 'W' ? "_width" : "_extent" + std::to_string(d)));
        }
      if (tensor.batched) {
        net.minBatch = row.at("min_shape")[0];
        net.maxBatch = tensor.shape[0];
      }
      ++(tensor.input ? net.inputs : net.outputs);
      net.tensors.push_back(std::move(tensor));
    }
  return net;
}

/// The names of a tensor's extents that a run chooses, each behind `separator`.
std::string chosenList(const Tensor &tensor, const std::string &separator) {
  std::string text;
  for (const std::string &name : tensor.chosen)
    if (!name.empty())
      text += separator + name;
  return text;
}

std::string parameterList(const Network &net, const std::string &separator) {
  std::string text;
  for (const Tensor &tensor : net.tensors)
    text += separator + (tensor.input ? "const " : "") + tensor.cType + " *" + tensor.parameter + chosenList(tensor, separator + "int64_t ");
  return text;
}

std::string argumentList(const Network &net) {
  std::string text;
  for (const Tensor &tensor : net.tensors)
    text += ", " + tensor.parameter + chosenList(tensor, ", ");
  return text;
}

std::string extents(const Tensor &tensor) {
  std::string text;
  for (size_t d = 0; d < tensor.shape.size(); ++d)
    text += (d ? ", " : "") + tensor.extent(d);
  return text;
}

/// The inputs or outputs as cnnc::Tensor.
std::string tensorList(const Network &net, bool inputs) {
  std::string text;
  for (const Tensor &tensor : net.tensors) {
    if (tensor.input != inputs)
      continue;
    std::string data = tensor.parameter;
    if (tensor.cType == "void")
      data = "const_cast<void *>(" + tensor.parameter + "), DLDataType{" + tensor.code + ", " + std::to_string(tensor.bits) + ", 1}";
    text += (text.empty() ? "" : ", ") + ("cnnc::Tensor(" + data + ", std::vector<std::int64_t>{" + extents(tensor) + "})");
  }
  return text;
}

std::string description(const Network &net) {
  std::string text;
  for (const Tensor &tensor : net.tensors)
    text += std::string(" *   ") + (tensor.input ? "in   " : "out  ") + tensor.parameter + ": " + printable(tensor.name) + ", " + tensor.dtype + " " +
            tensor.dimensions() + (tensor.layout.empty() ? "" : ", " + printable(tensor.layout)) + ", dense row-major\n";
  return text;
}

/// Statements that fill inputs[] and outputs[].
std::string fillTensors(const Network &net) {
  std::string text;
  for (int kind = 0; kind < 2; ++kind) {
    int index = 0;
    for (const Tensor &tensor : net.tensors) {
      if (tensor.input != (kind == 0))
        continue;
      std::string at = std::string(tensor.input ? "inputs" : "outputs") + "[" + std::to_string(index++) + "]";
      std::string shape = tensor.shape.empty() ? "NULL" : "shape_" + at.substr(0, at.find('[')) + std::to_string(index - 1);
      if (!tensor.shape.empty())
        text += "  int64_t " + shape + "[" + std::to_string(tensor.shape.size()) + "] = {" + extents(tensor) + "};\n";
      text += "  " + at + ".data = (void *)(uintptr_t)" + tensor.parameter + ";\n  " + at + ".device.device_type = kDLCPU;\n  " + at +
              ".device.device_id = 0;\n  " + at + ".ndim = " + std::to_string(tensor.shape.size()) + ";\n  " + at + ".dtype.code = (uint8_t)" + tensor.code +
              ";\n  " + at + ".dtype.bits = " + std::to_string(tensor.bits) + ";\n  " + at + ".dtype.lanes = 1;\n  " + at + ".shape = " + shape + ";\n  " + at +
              ".strides = NULL;\n  " + at + ".byte_offset = 0;\n";
    }
  }
  return text;
}

std::string notice(const json &metadata, const std::string &file, const std::string &what) {
  return file + " - " + what + " Generated by cnnc " + printable(metadata.at("compiler").get<std::string>()) + " for " +
         printable(metadata.at("target").at("name").get<std::string>()) + ".";
}

} // namespace

std::string headerText(const json &metadata) {
  Network net = readNetwork(metadata);
  std::string guard = "CNNC_NETWORK_" + net.macro + "_H", t;
  t += "/* " + notice(metadata, net.id + ".h", "network '" + printable(net.name) + "'.") + "\n *\n" + description(net) + " */\n";
  t += "#ifndef " + guard + "\n#define " + guard + "\n\n#include \"cnnc.h\"\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  t += "#define " + net.macro + "_MIN_BATCH " + std::to_string(net.minBatch) + "\n";
  t += "#define " + net.macro + "_MAX_BATCH " + std::to_string(net.maxBatch) + "\n";
  t += "#define " + net.macro + "_WEIGHTS_BYTES " + std::to_string(metadata.at("weights").at("bytes").get<uint64_t>()) + "u\n";
  t += "#define " + net.macro + "_WORKSPACE_BYTES " + std::to_string(metadata.at("workspace_bytes").get<uint64_t>()) + "u\n";
  t += "/* Elements of one image; all elements of a tensor without a batch. */\n";
  for (const Tensor &tensor : net.tensors)
    t += "#define " + tensor.macro + "_ELEMENTS " + std::to_string(tensor.elements()) + "\n";
  t += "\n/* The table of this library, whatever other libraries the program links. */\nconst cnnc_api *" + net.id + "_cnnc_query(uint32_t max_abi);\n\n";
  bool external = metadata.at("weights").at("external");
  t += std::string("/* threads: 0 for one for each core near the caller that the process may use. ") +
       (external ? "weights_path: where " + net.id + ".weights lies. " : "") + "Returns a cnnc_status; `error` may be NULL. */\n";
  t += "static inline int32_t " + net.id + "_create(int32_t threads, " + (external ? "const char *weights_path, " : "") +
       "cnnc_model **model, cnnc_error *error) {\n"
       "  cnnc_create_options options;\n  options.struct_size = (uint32_t)sizeof options;\n  options.threads = threads;\n  options.hooks = NULL;\n  "
       "options.weights_path = " +
       (external ? "weights_path" : "NULL") + ";\n  return " + net.id + "_cnnc_query(CNNC_ABI_VERSION)->create(&options, model, error);\n}\n\n";
  t += "static inline void " + net.id + "_destroy(cnnc_model *model) { " + net.id + "_cnnc_query(CNNC_ABI_VERSION)->destroy(model); }\n\n";
  t += "/* Runs `batch` images on dense tensors. `options` and `error` may be NULL. Returns a cnnc_status. */\n";
  t += "static inline int32_t " + net.id + "_run_batch(cnnc_model *model, int64_t batch" + parameterList(net, ", ") +
       ",\n    const cnnc_run_options *options, cnnc_error *error) {\n";
  t += "  DLTensor inputs[" + std::to_string(std::max(net.inputs, 1)) + "], outputs[" + std::to_string(std::max(net.outputs, 1)) + "];\n" + fillTensors(net);
  t += "  (void)batch;\n  return " + net.id + "_cnnc_query(CNNC_ABI_VERSION)->run(model, inputs, outputs, options, error);\n}\n\n";
  t += "/* Runs the smallest batch, " + std::to_string(net.minBatch) + ". Returns a cnnc_status. */\n";
  t += "static inline int32_t " + net.id + "_run(cnnc_model *model" + parameterList(net, ", ") + ") {\n  return " + net.id + "_run_batch(model, " + net.macro +
       "_MIN_BATCH" + argumentList(net) + ", NULL, NULL);\n}\n\n";
  t += "#ifdef __cplusplus\n}\n#endif\n#endif /* " + guard + " */\n";
  return t;
}

std::string cppHeaderText(const json &metadata) {
  Network net = readNetwork(metadata);
  std::string guard = "CNNC_NETWORK_" + net.macro + "_HPP", type = net.id + "_model", parameters = parameterList(net, ", "), t;
  t += "// " + notice(metadata, net.id + ".hpp", "network '" + printable(net.name) + "' for C++17.") + "\n";
  t += "#ifndef " + guard + "\n#define " + guard + "\n\n#include \"cnnc.hpp\"\n#include \"" + net.id + ".h\"\n\n";
  t += "/// A model of the network. Failures throw cnnc::Error.\nclass " + type + " : public cnnc::Model {\npublic:\n";
  t += "  explicit " + type + "(const cnnc::ModelOptions &options = {}) : cnnc::Model(cnnc::Library::linked(" + net.id + "_cnnc_query), options) {}\n\n";
  t += "  using cnnc::Model::run;\n";
  t += "  /// Runs the smallest batch on dense tensors. Thread-safe.\n  void run(" + (parameters.empty() ? "" : parameters.substr(2)) + ") const { run_batch(" +
       net.macro + "_MIN_BATCH" + argumentList(net) + "); }\n";
  t += "  /// Runs `batch` images on dense tensors. Thread-safe.\n  void run_batch(std::int64_t batch" + parameters +
       ") const {\n    (void)batch;\n    cnnc::Model::run({" + tensorList(net, true) + "}, {" + tensorList(net, false) + "});\n  }\n};\n\n";
  t += "#endif // " + guard + "\n";
  return t;
}

std::string cmakeConfigText(const json &metadata) {
  Network net = readNetwork(metadata);
  return "# " + notice(metadata, net.id + "Config.cmake", "imported target cnnc::" + net.id + ".") + "\nif(NOT TARGET cnnc::" + net.id +
         ")\n  add_library(cnnc::" + net.id + " SHARED IMPORTED)\n  set_target_properties(cnnc::" + net.id +
         " PROPERTIES\n    IMPORTED_LOCATION \"${CMAKE_CURRENT_LIST_DIR}/lib" + net.id + ".so\"\n    IMPORTED_SONAME \"lib" + net.id +
         ".so\"\n    INTERFACE_INCLUDE_DIRECTORIES \"${CMAKE_CURRENT_LIST_DIR}\")\nendif()\n";
}

std::string pkgConfigText(const json &metadata) {
  Network net = readNetwork(metadata);
  return "prefix=${pcfiledir}\n\nName: " + net.id + "\nDescription: network " + printable(net.name) +
         " compiled by cnnc\nVersion: " + printable(metadata.at("compiler").get<std::string>()) + "\nLibs: -L${prefix} -l" + net.id + "\nCflags: -I${prefix}\n";
}

} // namespace cnnc::emit
