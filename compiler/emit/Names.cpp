#include "compiler/emit/Names.h"

namespace cnnc::emit {
namespace {

constexpr size_t kMaxIdentifier = 64;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Keywords of C23 and C++23, alternative tokens included.
const std::set<std::string, std::less<>> &keywords() {
  static const std::set<std::string, std::less<>> words = {"alignas",
                                                           "alignof",
                                                           "and",
                                                           "and_eq",
                                                           "asm",
                                                           "auto",
                                                           "bitand",
                                                           "bitor",
                                                           "bool",
                                                           "break",
                                                           "case",
                                                           "catch",
                                                           "char",
                                                           "char16_t",
                                                           "char32_t",
                                                           "char8_t",
                                                           "class",
                                                           "co_await",
                                                           "co_return",
                                                           "co_yield",
                                                           "compl",
                                                           "concept",
                                                           "const",
                                                           "const_cast",
                                                           "consteval",
                                                           "constexpr",
                                                           "constinit",
                                                           "continue",
                                                           "decltype",
                                                           "default",
                                                           "delete",
                                                           "do",
                                                           "double",
                                                           "dynamic_cast",
                                                           "else",
                                                           "enum",
                                                           "explicit",
                                                           "export",
                                                           "extern",
                                                           "false",
                                                           "float",
                                                           "for",
                                                           "friend",
                                                           "goto",
                                                           "if",
                                                           "inline",
                                                           "int",
                                                           "int32_t",
                                                           "int64_t",
                                                           "long",
                                                           "mutable",
                                                           "namespace",
                                                           "new",
                                                           "noexcept",
                                                           "not",
                                                           "not_eq",
                                                           "nullptr",
                                                           "operator",
                                                           "or",
                                                           "or_eq",
                                                           "private",
                                                           "protected",
                                                           "public",
                                                           "register",
                                                           "reinterpret_cast",
                                                           "requires",
                                                           "restrict",
                                                           "return",
                                                           "short",
                                                           "signed",
                                                           "sizeof",
                                                           "static",
                                                           "static_assert",
                                                           "static_cast",
                                                           "struct",
                                                           "switch",
                                                           "template",
                                                           "this",
                                                           "thread_local",
                                                           "throw",
                                                           "true",
                                                           "try",
                                                           "typedef",
                                                           "typeid",
                                                           "typename",
                                                           "typeof",
                                                           "typeof_unqual",
                                                           "uint8_t",
                                                           "union",
                                                           "unsigned",
                                                           "using",
                                                           "virtual",
                                                           "void",
                                                           "volatile",
                                                           "wchar_t",
                                                           "while",
                                                           "xor",
                                                           "xor_eq"};
  return words;
}

} // namespace

std::string identifier(std::string_view name) {
  std::string result(name.substr(0, kMaxIdentifier));
  for (char &c : result)
    if (!isLetter(c) && !isDigit(c))
      c = '_';
  if (result.empty())
    return "net";
  return isLetter(result[0]) && !result.starts_with("cnnc") ? result : "net_" + result;
}

std::string networkIdentifier(std::string_view name) {
  static const std::set<std::string, std::less<>> headers = {
      "assert", "complex",     "ctype",  "dlfcn",    "errno",  "fenv",      "float",   "inttypes",  "iso646", "limits", "locale",
      "math",   "setjmp",      "signal", "stdalign", "stdarg", "stdatomic", "stdbool", "stdckdint", "stddef", "stdint", "stdio",
      "stdlib", "stdnoreturn", "string", "strings",  "tgmath", "threads",   "time",    "uchar",     "unistd", "wchar",  "wctype"};
  static const std::set<std::string, std::less<>> libraries = {"c", "dl", "gcc", "gcc_s", "m", "pthread", "rt", "util"};
  std::string result = identifier(name);
  return headers.contains(result) || libraries.contains(result) ? "net_" + result : result;
}

std::string upper(std::string_view name) {
  std::string result(name);
  for (char &c : result)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return result;
}

namespace {
/// Names that a header may define as macros or types: upper case, *_t, DLPack's, and the lower-case macros of C.
bool isLikelyDefined(const std::string &name) {
  static const std::set<std::string, std::less<>> macros = {"assert", "errno", "i386", "linux", "stderr", "stdin", "stdout", "unix"};
  return macros.contains(name) || name.starts_with("DL") || name.starts_with("kDL") || name.ends_with("_t") || name == upper(name);
}
} // namespace

std::string ParameterNames::add(std::string_view name) {
  std::string base = identifier(name), result = base;
  if (keywords().contains(base) || isLikelyDefined(base))
    result = base += "_";
  for (int suffix = 2; !taken.insert(result).second; ++suffix)
    result = base + "_" + std::to_string(suffix);
  return result;
}

std::string printable(std::string_view text) {
  std::string result(text);
  for (char &c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\'' || c == '\\' || c == '$' || c == '*' || c == '/' || c == ';' || c == '?')
      c = '_';
  return result;
}

} // namespace cnnc::emit
