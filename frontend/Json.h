// JSON text <-> Datum. nlohmann's exceptions and types stop here.
#pragma once

#include "frontend/Datum.h"
#include "frontend/Diagnostics.h"

#include <optional>

namespace cnnc::frontend {

struct JsonLimits {
  size_t bytes = size_t(64) << 20;
  int depth = 64;
};

/// Parses a JSON document; every node gets its line, column and pointer. Duplicate keys, integers past 64 bits, documents
/// that are too deep or too large are errors. Returns nullopt after an error; duplicate keys are reported all at once.
std::optional<Datum> parseJson(const std::string &file, const std::string &text, const JsonLimits &limits, DiagnosticSink &sink);

/// Pretty-prints with two spaces of indentation; leaves that fit stay on one line of at most 120 characters.
std::string printJson(const Datum &datum);

} // namespace cnnc::frontend
