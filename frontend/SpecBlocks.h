// Walks over the layers of a spec, and which blocks they can call.
#pragma once

#include "frontend/Spec.h"

#include <set>

namespace cnnc::frontend {

/// Calls visit(layer) for each layer, bodies of bodies included.
template <typename Visit> void eachLayer(const std::vector<Layer> &layers, Visit visit) {
  for (const Layer &layer : layers) {
    visit(layer);
    eachLayer(layer.body, visit);
    eachLayer(layer.otherwise, visit);
  }
}

/// Names that a call of the spec may mean, through blocks that such calls run: every word where a block could be named. May hold names of no block.
std::set<std::string> mentionedBlocks(const ModelSpec &spec);

} // namespace cnnc::frontend
