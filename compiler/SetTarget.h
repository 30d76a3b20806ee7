// A pass that records the target on a module, so that every other pass can run alone.
#pragma once

namespace cnnc {
/// Registers --set-target=name=NAME.
void registerSetTarget();
} // namespace cnnc
