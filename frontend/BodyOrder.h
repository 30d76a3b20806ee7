// Why a name is not bound where a layer reads it.
#pragma once

#include "frontend/Spec.h"

#include <map>
#include <unordered_map>

namespace cnnc::frontend {

/// The layers of a model or block in the order in which they are written, with what each defines and reads. Names that are
/// templates are unknown to it.
class BodyOrder {
public:
  explicit BodyOrder(const std::vector<Layer> &layers);

  enum class Relation {
    Undefined, ///< No layer defines the name.
    Earlier,   ///< A layer before the reader defines it, in a branch or repetition that has not run.
    Later,     ///< A layer after the reader defines it.
    Cycle      ///< So does one that needs the reader's result.
  };
  struct Answer {
    Relation relation = Relation::Undefined;
    const Layer *definition = nullptr; ///< The last one.
  };

  /// `reader`: none for the outputs, which follow every layer. The search for cycles takes at most `budget` steps, which it reduces.
  Answer find(const std::string &name, const Layer *reader, size_t &budget) const;

private:
  // `source`: the node whose result a layer without "in" takes; of the first layer of a body, the node whose inputs it takes.
  struct Node {
    const Layer *layer;
    int parent, source;
    bool first;
    std::vector<int> ends; // Last layers of the bodies.
  };

  int add(const std::vector<Layer> &layers, int parent);
  void define(const Text &name, int node);
  bool encloses(int outer, int inner) const;
  bool reaches(int from, int target, size_t &budget) const;

  std::vector<Node> nodes;
  std::map<std::string, int, std::less<>> definitions;
  std::unordered_map<const Layer *, int> indices;
};

} // namespace cnnc::frontend
