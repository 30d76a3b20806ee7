// Values of expressions; their errors are tested under invalid/.
#include "frontend/Expression.h"
#include "frontend/Json.h"
#include "frontend/Parameters.h"

#include <gtest/gtest.h>

using namespace cnnc::frontend;

namespace {

Environment environment() {
  static const std::map<std::string, Datum, std::less<>> variables = {{"s", Datum::ofInt(3)},
                                                                      {"width", Datum::ofFloat(0.75)},
                                                                      {"deep", Datum::ofBool(true)},
                                                                      {"depths", Datum::ofList({Datum::ofInt(3), Datum::ofInt(4), Datum::ofInt(6)})}};
  Environment result = variablesOnly(variables);
  result.shape = [](std::string_view name) -> Expected<std::vector<int64_t>> { return std::vector<int64_t>{-1, name == "x" ? 64 : 32, 7, 9}; };
  return result;
}

std::string value(std::string_view text) {
  auto result = evaluate(text, environment());
  if (auto *error = std::get_if<ExpressionError>(&result))
    return error->code + "@" + std::to_string(error->offset);
  std::string printed = printJson(std::get<Datum>(result));
  return printed.substr(0, printed.size() - 1);
}

TEST(Expression, Precedence) {
  EXPECT_EQ(value("1 + 2 * 3"), "7");
  EXPECT_EQ(value("(1 + 2) * 3"), "9");
  EXPECT_EQ(value("64 << s"), "512");
  EXPECT_EQ(value("1 << 1 + 1"), "4");
  EXPECT_EQ(value("2 - 3 - 4"), "-5");
  EXPECT_EQ(value("-2 * -3"), "6");
  EXPECT_EQ(value("not 1 == 2 and deep"), "true");
  EXPECT_EQ(value("1 < 2 or 1 // 0 == 1"), "true");
}

TEST(Expression, IntegerDivisionRoundsDown) {
  EXPECT_EQ(value("7 // 2"), "3");
  EXPECT_EQ(value("-7 // 2"), "-4");
  EXPECT_EQ(value("-7 % 2"), "1");
  EXPECT_EQ(value("7 % -2"), "-1");
  EXPECT_EQ(value("1 / 4"), "0.25");
}

TEST(Expression, ConditionalEvaluatesOneBranch) {
  EXPECT_EQ(value("2 if s > 0 else 1 // 0"), "2");
  EXPECT_EQ(value("1 if s == 0 else 2 if s == 3 else 4"), "2");
}

TEST(Expression, Lists) {
  EXPECT_EQ(value("depths[1]"), "4");
  EXPECT_EQ(value("depths[-1]"), "6");
  EXPECT_EQ(value("sum(depths[:2])"), "7");
  EXPECT_EQ(value("sum(depths[:0])"), "0");
  EXPECT_EQ(value("len(depths[1:])"), "2");
  EXPECT_EQ(value("[s, s + 1] + depths"), "[3, 4, 3, 4, 6]");
  EXPECT_EQ(value("max(depths)"), "6");
  EXPECT_EQ(value("min(3, 0.5)"), "0.5");
}

TEST(Expression, Shapes) {
  EXPECT_EQ(value("channels(x)"), "64");
  EXPECT_EQ(value("channels('layer1.0')"), "32");
  EXPECT_EQ(value("[height(x), width(x)]"), "[7, 9]");
}

// The channel counts of torchvision's MobileNetV2 for width 0.75 and 1.4.
TEST(Expression, RoundTo) {
  EXPECT_EQ(value("round_to(32 * width, 8)"), "24");
  EXPECT_EQ(value("round_to(24 * 1.4, 8)"), "32");
  EXPECT_EQ(value("round_to(16 * 0.35, 8)"), "8");
  EXPECT_EQ(value("round_to(10, 8)"), "16") << "8 would fall below 0.9 * 10";
}

TEST(Expression, Limits) {
  EXPECT_EQ(value("9223372036854775807 + 0"), "9223372036854775807");
  EXPECT_EQ(value("9223372036854775807 + 1"), "CNNC0403@20");
  EXPECT_EQ(value("-9223372036854775807 - 1"), "-9223372036854775808");
  EXPECT_EQ(value("9223372036854775808"), "CNNC0401@0");
  EXPECT_EQ(value("floor(1e300)"), "CNNC0403@0");
  EXPECT_EQ(value(std::string(200, '(') + "1"), "CNNC0401@64");
  EXPECT_EQ(value(std::string(200, '-') + "1"), "CNNC0401@64");
  EXPECT_EQ(value(std::string(5000, '1')), "CNNC0401@0");
}

TEST(Expression, Numbers) {
  EXPECT_EQ(value("range(3)"), "[0, 1, 2]");
  EXPECT_EQ(value("range(0)"), "[]");
  EXPECT_EQ(value("abs(-3) + abs(2)"), "5");
  EXPECT_EQ(value("abs(-0.5)"), "0.5");
  EXPECT_EQ(value("sqrt(16)"), "4.0");
  EXPECT_EQ(value("abs(-9223372036854775807 - 1)"), "CNNC0403@0");
  EXPECT_EQ(value("sqrt(-1)"), "CNNC0403@0");
  EXPECT_EQ(value("range(100000)"), "CNNC0403@0");
  EXPECT_EQ(value("range(-1)"), "CNNC0403@0");
  EXPECT_EQ(value("range(1.5)"), "CNNC0403@0");
}

// Lists are copied, so that what a list of lists of lists holds is bounded.
TEST(Expression, ListsAreBounded) {
  EXPECT_EQ(value("len([range(1000), range(1000)])"), "2");
  EXPECT_EQ(value("[range(60000), range(60000)]"), "CNNC0403@0");
  EXPECT_EQ(value("range(60000) + range(60000)"), "CNNC0403@13");
  EXPECT_EQ(value("sum(range(99999)[1:])"), "4999850001");
}

TEST(Expression, ItemsOfTables) {
  EXPECT_EQ(value("[['a', 1], ['b', 2]][1][0]"), "\"b\"");
  EXPECT_EQ(value("[[1, 2], [3]][0][-1]"), "2");
  EXPECT_EQ(value("depths[0][0]"), "CNNC0402@9");
  EXPECT_EQ(value("depths[3]"), "CNNC0403@6");
}

std::string normal(const std::string &text) {
  std::string printed = printJson(normalized(Datum::ofString(text)));
  return printed.substr(0, printed.size() - 1);
}

TEST(Expression, LiteralsAreNoExpressions) {
  EXPECT_EQ(normal("=64"), "64");
  EXPECT_EQ(normal("= (-0.5) "), "-0.5");
  EXPECT_EQ(normal("='basic'"), "\"basic\"");
  EXPECT_EQ(normal("=true"), "true");
  EXPECT_EQ(normal("=[1, [ 'a', w*2 ], -3 ]"), "[1, [\"a\", \"=w*2\"], -3]");
  EXPECT_EQ(normal("=[(a if b else c) , [] ]"), "[\"=(a if b else c)\", []]");
  for (const char *kept : {"=1 + 1", "=[1][0]", "=w", "=not true", "='=w'", "=(", "=", "word"})
    EXPECT_EQ(normal(kept), "\"" + std::string(kept) + "\"");
}

// The place of an item is that of its text; an expression's is two bytes before it, where the quote and the "=" would be.
TEST(Expression, PlacesOfItems) {
  Datum text = Datum::ofString("=[10, s + x]");
  text.mark = {3, 7, "/p"};
  Datum list = normalized(text);
  EXPECT_EQ(list.mark.column, 7);
  EXPECT_EQ(list.items[0].mark.column, 10);
  EXPECT_EQ(list.items[1].mark.column, 12);
}

TEST(Expression, SpellingIgnoresSpaces) {
  EXPECT_TRUE(sameSpelling("=a+b", "= a + b"));
  EXPECT_TRUE(sameSpelling("=a if b<<1 else c", "=a  if b << 1 else c "));
  EXPECT_TRUE(sameSpelling("layer{s+1}.{ b }", "layer{s + 1}.{b}"));
  EXPECT_FALSE(sameSpelling("=a if b else c", "=aif b else c"));
  EXPECT_FALSE(sameSpelling("='a b'", "='ab'"));
  EXPECT_FALSE(sameSpelling("a b", "ab"));
  EXPECT_FALSE(sameSpelling("{{a b}}", "{{ab}}"));
  EXPECT_FALSE(sameSpelling("x {s}", "x{s}"));
}

TEST(Expression, Templates) {
  auto expand = [](std::string_view text) { return std::get<std::string>(expandTemplate(text, environment())); };
  EXPECT_EQ(expand("layer{s + 1}.{depths[0]}"), "layer4.3");
  EXPECT_EQ(expand("plain"), "plain");
  EXPECT_EQ(expand("{{literal}}"), "{literal}");
  EXPECT_EQ(expand("{'a' if deep else 'b'}"), "a");
  EXPECT_TRUE(std::holds_alternative<ExpressionError>(expandTemplate("a}", environment())));
}

} // namespace
