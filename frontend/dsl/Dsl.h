// The text notation of a spec (model.cnn). docs/language.md teaches it, docs/grammar.md defines it.
#pragma once

#include "frontend/Spec.h"

namespace cnnc::frontend {

struct FormatOptions {
  size_t columns = 100; ///< Lines that are longer are broken where the notation allows it.
};

/// Reads a spec from a .cnn text. Reports every error of the text; an erroneous statement is left out of the result, so that
/// the rest can still be checked. Places in the result are those of the text, inside expressions and names, too.
ModelSpec specFromText(std::string_view text, const std::string &file, DiagnosticSink &sink);

/// The inverse: specFromText(specToText(spec)) == spec, for a spec whose expressions are well formed.
std::string specToText(const ModelSpec &spec, const FormatOptions &options = {});

/// The text in its standard form: comments, single empty lines, the order and the line breaks of chains stay; formatting again
/// changes nothing. nullopt after a syntax error, which is reported.
std::optional<std::string> formatText(std::string_view text, const std::string &file, const FormatOptions &options, DiagnosticSink &sink);

} // namespace cnnc::frontend
