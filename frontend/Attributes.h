// Literals of a spec -> MLIR attributes, by the kind that ODS declares.
#pragma once

#include "frontend/Expand.h"
#include "frontend/OpTable.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <functional>

namespace cnnc::frontend {

/// Reports an error of an attribute at a place.
using AttributeError = std::function<void(const char *code, const Mark &mark, std::string message, std::string suggestion)>;

/// Converts the attributes of a layer and fills in defaults. Rules by kind, the same for every op:
///   - a list whose length is known (kernel, stride, dilation, size: 2; pad: 4) takes a scalar, repeated;
///   - pad takes a pair [h, w], meaning top, left, bottom, right = h, w, h, w;
///   - pad takes "same" and "same_lower" (ONNX SAME_UPPER and SAME_LOWER) in an op with a kernel, computed from the height and width
///     of `shape`, the first operand's shape: total = max(0, (ceil(in/stride) - 1) * stride + dilation * (kernel - 1) + 1 - in);
///   - a stride without a default is the kernel (pooling, as in torch).
/// `shape` is empty when it is unknown; "same" is then left out without an error. Returns a null attribute after an error.
mlir::DictionaryAttr convertAttributes(mlir::MLIRContext &context, const OpRow &op, const LayerInstance &layer, llvm::ArrayRef<int64_t> shape,
                                       const AttributeError &error);

/// "an integer", "two integers", ...: what an attribute takes, for messages and documentation.
std::string describeKind(const AttributeRow &row);

/// Whether an attribute takes words at all: a string, an enumeration, or the pad of a window.
bool takesWord(const OpRow &op, const AttributeRow &row, const std::string &word);

/// "'kernel' of 'conv2d' must be ..., got ...".
std::string attributeMessage(const OpRow &op, const AttributeRow &row, const Datum &value);

} // namespace cnnc::frontend
