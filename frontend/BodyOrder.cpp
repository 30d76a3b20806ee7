// Why a name is not bound where a layer reads it.
#include "frontend/BodyOrder.h"

#include <set>

namespace cnnc::frontend {

BodyOrder::BodyOrder(const std::vector<Layer> &layers) { add(layers, -1); }

void BodyOrder::define(const Text &name, int node) {
  if (!name.empty())
    definitions[name.text] = node;
}

// Adds the layers of a body; the node of its last result, or -1.
int BodyOrder::add(const std::vector<Layer> &layers, int parent) {
  int previous = -1;
  for (const Layer &layer : layers) {
    if (layer.kind == Layer::Kind::Let || layer.kind == Layer::Kind::Require || layer.kind == Layer::Kind::Remark)
      continue;
    int node = static_cast<int>(nodes.size());
    nodes.push_back({&layer, parent, previous < 0 ? parent : previous, previous < 0, {}});
    indices[&layer] = node;
    for (const std::vector<Layer> *body : {&layer.body, &layer.otherwise}) {
      int end = add(*body, node);
      nodes[node].ends.push_back(end < 0 ? node : end);
    }
    define(layer.name, node);
    for (const Text &as : layer.as)
      define(as, node);
    previous = node;
  }
  return previous;
}

bool BodyOrder::encloses(int outer, int inner) const {
  while (inner >= 0 && inner != outer)
    inner = nodes[inner].parent;
  return inner == outer;
}

// Whether a node, or what it reads, reads the target.
bool BodyOrder::reaches(int from, int target, size_t &budget) const {
  std::set<int> visited;
  std::vector<int> pending{from};
  for (; !pending.empty() && budget > 0; --budget) {
    int at = pending.back();
    pending.pop_back();
    if (at == target)
      return true;
    if (!visited.insert(at).second)
      continue;
    for (int end : nodes[at].ends)
      pending.push_back(end);
    // The first layer of a body takes what its parent takes.
    int reader = at;
    while (reader >= 0 && !nodes[reader].layer->in && nodes[reader].first)
      reader = nodes[reader].parent;
    if (reader < 0)
      continue;
    if (!nodes[reader].layer->in)
      pending.push_back(nodes[reader].source);
    else
      for (const Text &name : *nodes[reader].layer->in)
        if (auto found = definitions.find(name.text); found != definitions.end())
          pending.push_back(found->second);
  }
  return false;
}

BodyOrder::Answer BodyOrder::find(const std::string &name, const Layer *reader, size_t &budget) const {
  auto found = definitions.find(name);
  if (found == definitions.end())
    return {};
  Answer answer{Relation::Earlier, nodes[found->second].layer};
  auto place = reader ? indices.find(reader) : indices.end();
  if (place == indices.end())
    return answer;
  int at = place->second, definition = found->second;
  // A repetition or a choice names its result after its body.
  if (definition >= at || encloses(definition, at))
    answer.relation = reaches(definition, at, budget) ? Relation::Cycle : Relation::Later;
  return answer;
}

} // namespace cnnc::frontend
