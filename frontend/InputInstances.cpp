// Declared inputs -> inputs with shapes.
#include "frontend/InputInstances.h"
#include "frontend/Parameters.h"

namespace cnnc::frontend {
namespace {

class Instantiator {
public:
  Instantiator(const Input &input, const Environment &environment, const ExpandLimits &limits, const Diagnostic &context, DiagnosticSink &sink)
      : input(input), environment(environment), limits(limits), context(context), sink(sink) {}

  std::optional<InputInstance> run() {
    instance = {.name = input.name.text, .dtype = "f32", .layout = input.layout.text, .shape = {}, .capped = {}, .mark = input.name.mark};
    bool ok = dtype();
    ok &= shape();
    ok &= maxBatch();
    ok &= capped();
    return ok ? std::optional(std::move(instance)) : std::nullopt;
  }

private:
  bool report(const char *code, const Mark &mark, std::string message, std::string suggestion = {}) {
    Diagnostic diagnostic = context;
    diagnostic.code = code;
    diagnostic.mark = mark;
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    sink.report(std::move(diagnostic));
    return false;
  }

  bool dtype() {
    if (input.dtype.empty())
      return true;
    Datum literal = Datum::ofString(input.dtype.text);
    literal.mark = input.dtype.mark;
    auto value = resolve(literal, environment, context, sink);
    if (!value)
      return false;
    if (!value->isString() || (value->text != "f32" && value->text != "u8" && value->text != "i32"))
      return report("CNNC0211", input.dtype.mark, "there is no input dtype '" + value->text + "'", "use f32, u8 or i32");
    instance.dtype = value->text;
    return true;
  }

  bool shape() {
    auto value = resolve(input.shape, environment, context, sink);
    if (!value || value->isNull())
      return false;
    if (!value->isList())
      return report("CNNC0212", input.shape.mark, "the shape of an input must be a list, got " + std::string(kindName(value->kind)));
    bool ok = true;
    for (size_t i = 0; i < value->items.size(); ++i)
      ok &= addExtent(value->items[i], i);
    return ok && checkElements();
  }

  bool addExtent(const Datum &extent, size_t axis) {
    if (extent.isString() && extent.text == "N") {
      instance.shape.push_back(-1);
      return axis == 0 || report("CNNC0212", extent.mark, "the batch symbol \"N\" may only be the first dimension");
    }
    instance.shape.push_back(extent.isInt() ? extent.integer : 1);
    if (!extent.isInt())
      return report("CNNC0212", extent.mark,
                    "a dimension must be an integer or \"N\", got " + (extent.isString() ? "'" + extent.text + "'" : std::string(kindName(extent.kind))),
                    extent.isString() ? wordHint(extent.text, environment.names()) : "");
    if (extent.integer >= 1 && extent.integer <= limits.extent)
      return true;
    return report(extent.integer < 1 ? "CNNC0212" : "CNNC0502", extent.mark,
                  "a dimension must be between 1 and " + std::to_string(limits.extent) + ", got " + std::to_string(extent.integer));
  }

  bool checkElements() {
    int64_t elements = 1;
    for (int64_t extent : instance.shape)
      if (extent > 0 && __builtin_mul_overflow(elements, extent, &elements))
        elements = INT64_MAX / 2;
    return elements <= limits.extent ||
           report("CNNC0502", input.shape.mark, "the input '" + instance.name + "' has more than " + std::to_string(limits.extent) + " elements an image");
  }

  bool maxBatch() {
    if (input.maxBatch.isNull())
      return true;
    auto batch = resolve(input.maxBatch, environment, context, sink);
    if (!batch)
      return false;
    if (!batch->isInt() || batch->integer < 1 || batch->integer > 65536)
      return report("CNNC0213", input.maxBatch.mark, "max_batch must be an integer between 1 and 65536");
    instance.maxBatch = batch->integer;
    return true;
  }

  bool capped() {
    if (input.capped.isNull())
      return true;
    auto list = resolve(input.capped, environment, context, sink);
    if (!list)
      return false;
    if (!list->isList())
      return report("CNNC0216", input.capped.mark, "'capped' must be a list of dimensions, got " + std::string(kindName(list->kind)));
    for (const Datum &dim : list->items) {
      if (!dim.isInt() || dim.integer < 0 || dim.integer >= static_cast<int64_t>(instance.shape.size()) || instance.shape[dim.integer] < 0 ||
          (!instance.capped.empty() && dim.integer <= instance.capped.back()))
        return report("CNNC0216", dim.mark, "'capped' must name dimensions of a fixed size, each once, in ascending order",
                      "a picture [H, W, 3] has capped = [0, 1]");
      instance.capped.push_back(dim.integer);
    }
    return true;
  }

  const Input &input;
  const Environment &environment;
  const ExpandLimits &limits;
  const Diagnostic &context;
  DiagnosticSink &sink;
  InputInstance instance;
};

} // namespace

std::optional<InputInstance> instantiate(const Input &input, const Environment &environment, const ExpandLimits &limits, const Diagnostic &context,
                                         DiagnosticSink &sink) {
  return Instantiator(input, environment, limits, context, sink).run();
}

} // namespace cnnc::frontend
