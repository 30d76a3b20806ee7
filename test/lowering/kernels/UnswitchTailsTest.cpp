#include "lowering/kernels/UnswitchTails.h"
#include "test/lowering/kernels/Statements.h"

#include <gtest/gtest.h>

#include <vector>

using namespace cnnc::kernels;
using namespace Halide;
using namespace Halide::Internal;

namespace {

Stmt storeTo(const std::string &buffer, int element) { return Store::make(buffer, 1.0f, element, {}, const_true(), {}); }

Stmt tileOf(const std::string &stage, Stmt body) {
  return Allocate::make(stage, Float(32), MemoryType::Register, {4}, const_true(), Block::make(std::move(body), Free::make(stage)));
}

/// Each element that a statement stores to, with the conditions and loops around it, outermost first.
class Outline final : public IRVisitor {
public:
  explicit Outline(const Stmt &statement) { statement.accept(this); }
  std::vector<std::string> lines;
  using IRVisitor::visit;

private:
  void visit(const For *loop) override {
    const std::string outside = around;
    around += loop->name + " ";
    IRVisitor::visit(loop);
    around = outside;
  }
  void visit(const IfThenElse *choice) override {
    const std::string outside = around;
    around += "if ";
    choice->then_case.accept(this);
    around = outside + "else ";
    if (choice->else_case.defined())
      choice->else_case.accept(this);
    around = outside;
  }
  void visit(const Store *store) override { lines.push_back(around + store->name + std::to_string(*as_const_int(store->index))); }
  std::string around;
};

std::vector<std::string> unswitched(const Stmt &statement) { return Outline(UnswitchTails("acc").mutate(statement)).lines; }

using Lines = std::vector<std::string>;

TEST(UnswitchTails, ATileAppearsOnceWithAndOnceWithoutItsLastBlocks) {
  const Expr whole = variable("block") != 5;
  const Stmt sums = loopOver("r", 8, Block::make({storeTo("acc", 0), IfThenElse::make(whole, storeTo("acc", 1)), storeTo("acc", 2)}));
  const Stmt tile = tileOf("acc", Block::make(sums, IfThenElse::make(whole, storeTo("out", 1))));
  EXPECT_EQ(unswitched(loopOver("block", 6, tile)),
            (Lines{"block if r acc0", "block if r acc1", "block if r acc2", "block if out1", "block else r acc0", "block else r acc2"}));
}

TEST(UnswitchTails, SeveralConditionsGiveSeveralTiles) {
  const Stmt first = IfThenElse::make(variable("block") < 3, storeTo("acc", 0)), second = IfThenElse::make(variable("block") < 4, storeTo("acc", 1));
  EXPECT_EQ(unswitched(tileOf("acc", Block::make({first, second, storeTo("acc", 2)}))),
            (Lines{"if if acc0", "if if acc1", "if if acc2", "if else acc0", "if else acc2", "else if acc1", "else if acc2", "else else acc2"}));
}

TEST(UnswitchTails, ABranchIsTaken) {
  const Stmt choice = IfThenElse::make(variable("block") < 3, storeTo("acc", 0), storeTo("acc", 1));
  EXPECT_EQ(unswitched(tileOf("acc", loopOver("r", 8, choice))), (Lines{"if r acc0", "else r acc1"}));
}

TEST(UnswitchTails, ConditionsOfALoopOrAValueInsideStay) {
  const Stmt inLoop = loopOver("r", 8, IfThenElse::make(variable("r") < 3, storeTo("acc", 0)));
  const Stmt ofValue = LetStmt::make("t", variable("block") / 2, IfThenElse::make(variable("t") < 3, storeTo("acc", 1)));
  const Stmt tile = tileOf("acc", Block::make(inLoop, ofValue));
  EXPECT_TRUE(equal(UnswitchTails("acc").mutate(tile), tile));
}

TEST(UnswitchTails, OtherStagesStay) {
  const Stmt tile = tileOf("strip", IfThenElse::make(variable("block") < 3, storeTo("strip", 0)));
  EXPECT_TRUE(equal(UnswitchTails("acc").mutate(tile), tile));
}

} // namespace
