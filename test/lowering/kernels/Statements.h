// Pieces of lowered code for tests of passes.
#pragma once

#include <Halide.h>

#include <string>
#include <utility>

namespace cnnc::kernels {

inline Halide::Expr variable(const std::string &name) { return Halide::Internal::Variable::make(Halide::Int(32), name); }

/// A serial loop from 0.
inline Halide::Internal::Stmt loopOver(const std::string &name, int extent, Halide::Internal::Stmt body) {
  using namespace Halide::Internal;
  return For::make(name, 0, extent, ForType::Serial, Halide::Partition::Auto, Halide::DeviceAPI::None, std::move(body));
}

} // namespace cnnc::kernels
