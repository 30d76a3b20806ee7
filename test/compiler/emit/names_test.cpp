// C names from hostile ones.
#include "compiler/emit/Names.h"

#include <gtest/gtest.h>

using namespace cnnc::emit;

namespace {

TEST(Names, Identifiers) {
  EXPECT_EQ(identifier("resnet50"), "resnet50");
  EXPECT_EQ(identifier("a b"), "a_b");
  EXPECT_EQ(identifier("1x"), "net_1x");
  EXPECT_EQ(identifier(""), "net");
  EXPECT_EQ(identifier("cnnc"), "net_cnnc");
  EXPECT_EQ(identifier("../e"), "net____e");
  EXPECT_EQ(identifier("\xc3\xa9"), "net___");
  EXPECT_EQ(identifier(std::string(1000, 'a')).size(), 64u);
}

TEST(Names, ParametersAreNoKeywordsAndDiffer) {
  ParameterNames names({"model"});
  EXPECT_EQ(names.add("int"), "int_");
  EXPECT_EQ(names.add("free"), "free");
  EXPECT_EQ(names.add("free"), "free_2");
  EXPECT_EQ(names.add("model"), "model_2");
  EXPECT_EQ(names.add("NULL"), "NULL_");
  EXPECT_EQ(names.add("DLTensor"), "DLTensor_");
}

TEST(Names, CommentsCannotBeClosed) { EXPECT_EQ(printable("a*/b\n\"$x"), "a__b___x"); }

} // namespace
