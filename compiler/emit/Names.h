// C names made from names that users chose.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace cnnc::emit {

/// A C identifier prefix for a network: bytes outside [A-Za-z0-9_] become '_', a name that does not start with a letter,
/// or starts with the ABI's own "cnnc", gets "net_" in front. "a b" -> "a_b", "1x" -> "net_1x", "" -> "net". Cut after 64 bytes.
std::string identifier(std::string_view name);

/// The identifier of a network, of which lib<it>.so and <it>.h are made: where these would hide a file of the C library
/// ("m", "errno"), "net_" stands in front as well.
std::string networkIdentifier(std::string_view name);

/// Upper case in ASCII, whatever the locale.
std::string upper(std::string_view name);

/// Parameter names of one generated C function: identifiers that are no keyword of C or C++ and no likely macro or type, no two alike.
class ParameterNames {
public:
  /// `taken` holds the names that the function uses itself.
  explicit ParameterNames(std::set<std::string> taken) : taken(std::move(taken)) {}
  std::string add(std::string_view name);

private:
  std::set<std::string> taken;
};

/// Text that may stand in a C comment or in a one-line string of C, CMake or pkg-config: control characters, quotes,
/// backslashes, '$' and comment marks become '_'.
std::string printable(std::string_view text);

} // namespace cnnc::emit
