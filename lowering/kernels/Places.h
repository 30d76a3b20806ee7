// Where lowered code touches memory.
#pragma once

#include <Halide.h>

#include <map>
#include <string>
#include <vector>

namespace cnnc::kernels {

/// Which accesses of a buffer count.
enum class Access { elements, vectors };

/// Where a statement touches a buffer, as far as that is known before it: with its loops at their beginning. Of vectors the first elements.
class Places final : public Halide::Internal::IRVisitor {
public:
  Places(const std::string &buffer, Access access) : buffer(buffer), access(access) {}
  std::vector<Halide::Expr> list;
  using Halide::Internal::IRVisitor::visit;

private:
  void visit(const Halide::Internal::Let *let) override {
    bind(let->name, let->value, [&] { let->body.accept(this); });
  }
  void visit(const Halide::Internal::LetStmt *let) override {
    bind(let->name, let->value, [&] { let->body.accept(this); });
  }
  void visit(const Halide::Internal::For *loop) override {
    bind(loop->name, loop->min, [&] { loop->body.accept(this); });
  }
  void visit(const Halide::Internal::Load *load) override {
    touch(load->name, load->index);
    IRVisitor::visit(load);
  }
  void visit(const Halide::Internal::Store *store) override {
    touch(store->name, store->index);
    IRVisitor::visit(store);
  }
  void touch(const std::string &name, const Halide::Expr &index) {
    const Halide::Internal::Ramp *ramp = index.as<Halide::Internal::Ramp>();
    if (name == buffer && (access == Access::elements ? index.type().is_scalar() : ramp && Halide::Internal::is_const_one(ramp->stride)))
      list.push_back(Halide::Internal::simplify(Halide::Internal::substitute(known, ramp ? ramp->base : index)));
  }
  template <typename Visit> void bind(const std::string &name, const Halide::Expr &value, Visit visitBody) {
    value.accept(this);
    known[name] = Halide::Internal::substitute(known, value);
    visitBody();
    known.erase(name);
  }
  const std::string &buffer;
  Access access;
  std::map<std::string, Halide::Expr> known;
};

} // namespace cnnc::kernels
