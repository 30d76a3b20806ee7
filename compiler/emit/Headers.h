// The text of the files that stand beside a library, made from its metadata document.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>

namespace cnnc::emit {

/// `<net>.h`: size macros, and `<net>_run` typed with one pointer a tensor. C99 and C++.
std::string headerText(const nlohmann::json &metadata);
/// `<net>.hpp`: a C++17 class that owns a model.
std::string cppHeaderText(const nlohmann::json &metadata);
/// `<net>Config.cmake`: imported target cnnc::<net>.
std::string cmakeConfigText(const nlohmann::json &metadata);
/// `<net>.pc`.
std::string pkgConfigText(const nlohmann::json &metadata);

/// Name and text of the files of runtime/ that `<net>.h` and `<net>.hpp` include.
const std::map<std::string, std::string> &runtimeHeaders();

} // namespace cnnc::emit
