// Text -> syntax tree: statements, flows and definitions. docs/grammar.md has the productions.
#include "frontend/Expression.h"
#include "frontend/OpTable.h"
#include "frontend/dsl/TokenStream.h"

#include <algorithm>

namespace cnnc::frontend::dsl {
namespace {

using Kind = Token::Kind;

constexpr int kMaxTerms = 64;         // Of a sum of values.
constexpr size_t kMaxLookahead = 256; // Tokens in which the end of a damaged list of arguments is looked for.

class Parser {
public:
  Parser(std::string_view text, const std::string &file, DiagnosticSink &sink) : in(text, file, sink) {}

  File run() {
    File tree;
    while (in.peek().kind != Kind::End) {
      size_t first = in.at;
      try {
        tree.items.push_back(item());
      } catch (SyntaxError) {
        in.brackets = 0;
        do
          in.take();
        while (in.peek().kind != Kind::End && !startsItem());
      }
      if (in.at == first)
        in.take();
    }
    tree.dangling = in.takeTrivia().before;
    return tree;
  }

private:
  // ------------------------------------------------------------------------------------------------------------- definitions

  // No statement starts like this.
  bool startsItem(size_t ahead = 0) const {
    const Token &token = in.peek(ahead), &next = in.peek(ahead + 1), &after = in.peek(ahead + 2);
    if (!token.newline)
      return false;
    if (token.is("import"))
      return next.kind == Kind::String;
    return (token.is("model") || token.is("block")) && in.isName(ahead + 1) && !next.newline && (after.is("(") || after.is("{"));
  }

  Item item() {
    Item item;
    size_t first = in.at;
    item.mark = in.peek().mark();
    item.trivia = in.takeTrivia();
    if (in.peek().is("import")) {
      in.take();
      if (in.peek().kind != Kind::String)
        in.failExpected("a path in quotes", "import \"../blocks/residual.cnn\"");
      item.path = textOf(in.take());
    } else if (in.peek().is("model") || in.peek().is("block")) {
      item.kind = in.take().is("model") ? Item::Kind::Model : Item::Kind::Block;
      item.definition = definition(item.kind == Item::Kind::Block);
    } else {
      bool statement = in.peek().kind == Kind::Word;
      in.fail(in.peek(), "expected 'import', 'model' or 'block', found " + TokenStream::shown(in.peek()),
              statement ? "steps stand between the braces of a model or a block" : "");
    }
    in.take(";");
    in.takeTrailing(item.trivia.after);
    in.sweep(first, item.trivia);
    return item;
  }

  // Items between parentheses with their comments; `owner` keeps what stands behind the last, and whether each has a line of its own.
  template <typename Item, typename Owner, typename Parse> void parenthesised(std::vector<Item> &items, Owner &owner, Parse parse) {
    size_t open = in.at;
    in.take();
    ++in.brackets;
    while (!in.peek().is(")") && in.peek().kind != Kind::End) {
      items.push_back(parse());
      bool more = in.take(",");
      in.takeTrailing(items.back().trivia.after);
      owner.rows = more && in.peek().newline;
      if (!more)
        break;
    }
    owner.dangling = in.takeTrivia().before;
    in.close(")", open);
    --in.brackets;
  }

  Definition definition(bool parentheses) {
    Definition definition;
    definition.name = in.takeName("a name");
    if (in.peek().is("(")) {
      parenthesised(definition.parameters, definition, [&] { return parameter(); });
    } else if (parentheses) {
      in.failExpected("'(' and the block's inputs", "write block " + definition.name.text.text + "(x) { ... }");
    }
    if (!in.peek().is("{"))
      in.failExpected("'{'");
    collectValues(definition);
    definition.body = body();
    return definition;
  }

  ParameterNode parameter() {
    ParameterNode parameter;
    size_t first = in.at;
    parameter.trivia = in.takeTrivia();
    parameter.name = in.takeName("the name of an input or a parameter");
    if (in.take(":")) {
      Text type{"", in.peek().mark()};
      while (in.peek().is("["))
        type.text += in.take().text;
      if (in.peek().kind != Kind::Word)
        in.failExpected("a type", "the types are int, float, bool, string, block and any, and lists of one: [int]");
      type.text += in.take().text;
      while (in.peek().is("]"))
        type.text += in.take().text;
      parameter.type = std::move(type);
    }
    if (in.take("="))
      parameter.value = parseValue(in);
    in.sweep(first, parameter.trivia);
    return parameter;
  }

  // The names that stand for values in a body; an argument that starts with one is an operand.
  void collectValues(const Definition &definition) {
    values.clear();
    for (const ParameterNode &parameter : definition.parameters)
      if (!parameter.type)
        values.insert(parameter.name.text.text);
    std::vector<char> open;
    bool options = false; // The next brace opens bindings, not statements.
    size_t end = in.closing(in.at);
    for (size_t i = in.at; i < end && !startsItem(i - in.at); ++i) {
      const Token &token = in.tokens[i];
      if (token.is("(") || token.is("[") || token.is("{"))
        open.push_back(token.is("{") && std::exchange(options, false) ? 'p' : token.text[0]);
      else if (!open.empty() && (token.is(")") || token.is("]") || token.is("}")))
        open.pop_back();
      bool starts = !open.empty() && open.back() == '{' && (in.tokens[i].is("{") || in.tokens[i].is("}") || in.tokens[i].is(";") || in.tokens[i + 1].newline);
      const Token &next = in.tokens[i + 1];
      if (starts)
        options = (next.is("input") || next.is("preset")) && in.tokens[std::min(i + 2, end)].kind != Kind::Symbol;
      if (token.is(":") && i > 0 && (in.tokens[i - 1].is(")") || in.tokens[i - 1].is("}")) && (open.empty() || open.back() != '[') && next.kind != Kind::Symbol)
        values.insert(textOf(next).text);
      if (starts && next.is("input") && in.tokens[std::min(i + 2, end)].kind != Kind::Symbol)
        values.insert(textOf(in.tokens[std::min(i + 2, end)]).text);
      if (starts)
        for (size_t target : targetsAt(i + 1))
          values.insert(textOf(in.tokens[target]).text);
    }
  }

  // name {, name} = : the indices of the names.
  std::vector<size_t> targetsAt(size_t i) const {
    std::vector<size_t> names;
    for (;; i += 2) {
      if (i + 1 >= in.tokens.size() || !(in.tokens[i].kind == Kind::String || (in.tokens[i].kind == Kind::Word && !isReserved(in.tokens[i].text))))
        return {};
      names.push_back(i);
      if (in.tokens[i + 1].is("="))
        return names;
      if (!in.tokens[i + 1].is(","))
        return {};
    }
  }

  // -------------------------------------------------------------------------------------------------------------- statements

  Body body() {
    TokenStream::Level level(in);
    Body body;
    int brackets = std::exchange(in.brackets, 0);
    size_t open = in.at;
    in.take();
    in.takeTrailing(body.opening);
    bool oneLine = !in.peek().newline;
    while (!in.peek().is("}") && in.peek().kind != Kind::End && !startsItem()) {
      if (in.take(";"))
        continue;
      size_t first = in.at;
      try {
        body.statements.push_back(statement());
      } catch (SyntaxError) {
        Statement broken;
        broken.kind = Statement::Kind::Broken;
        broken.mark = in.tokens[first].mark();
        body.statements.push_back(std::move(broken));
        recover(first);
      }
    }
    body.oneLine = oneLine && !in.peek().newline;
    if (in.peek().is("}")) {
      body.dangling = in.takeTrivia().before;
      in.take();
    } else {
      in.reportUnclosed(open, "'}'");
    }
    in.brackets = brackets;
    return body;
  }

  // Goes to the end of the statement that starts at `first` and has an error at the current token.
  void recover(size_t first) {
    int open = in.brackets;
    in.brackets = 0;
    // The rest of an argument list, when it ends where it should.
    int level = open;
    for (size_t i = in.at; level > 0 && i < in.at + kMaxLookahead && i + 1 < in.tokens.size() && !in.tokens[i].is("{") && !in.tokens[i].is("}"); ++i) {
      if (in.tokens[i].is("(") || in.tokens[i].is("["))
        ++level;
      else if (in.tokens[i].is(")") || in.tokens[i].is("]"))
        --level;
      if (level == 0)
        in.at = i;
    }
    while (in.peek().kind != Kind::End && !in.peek().is("}") && !startsItem()) {
      if (in.at > first && ((in.peek().newline && !in.peek().is("->")) || in.peek().is(";")))
        return;
      in.at = in.peek().is("{") ? in.closing(in.at) : in.at;
      if (in.peek().kind == Kind::End)
        return;
      in.take();
    }
  }

  Statement statement() {
    Statement statement;
    size_t first = in.at;
    statement.mark = in.peek().mark();
    statement.trivia = in.takeTrivia();
    bool named = in.isName(1) && !in.peek(1).newline;
    const Token keyword = in.peek();
    if (keyword.is("let")) {
      in.take();
      statement.kind = Statement::Kind::Let;
      statement.targets = {in.takeName("the name of a variable")};
      if (!in.take("="))
        in.failExpected("'=' and the variable's value");
      statement.value = parseValue(in);
    } else if (keyword.is("require")) {
      in.take();
      statement.kind = Statement::Kind::Require;
      statement.value = parseValue(in);
      if (in.take(",")) {
        if (in.peek().kind != Kind::String)
          in.failExpected("the message in quotes", "require size % 32 == 0, \"{size} is no multiple of 32\"");
        statement.text = textOf(in.take());
      }
    } else if (keyword.is("return")) {
      in.take();
      statement.kind = Statement::Kind::Return;
      statement.flow = flow();
      if (in.peek().is(","))
        in.fail(in.peek(), "'return' gives one result", "name several with 'output': output left = a");
    } else if (keyword.is("output") && named) {
      in.take();
      statement.kind = Statement::Kind::Output;
      statement.targets = {in.takeName("the result's name")};
      if (!in.take("="))
        in.failExpected("'=' and the result", "output logits = dense(classes)");
      statement.flow = flow();
    } else if (keyword.is("paper") && in.peek(1).kind == Kind::String) {
      in.take();
      statement.kind = Statement::Kind::Paper;
      statement.text = textOf(in.take());
    } else if (keyword.is("preset") && named) {
      in.take();
      statement.kind = Statement::Kind::Preset;
      statement.targets = {in.takeName("the preset's name")};
      bindings(statement);
    } else if (keyword.is("input") && named) {
      in.take();
      statement.kind = Statement::Kind::Input;
      input(statement);
    } else {
      std::vector<size_t> names = targetsAt(in.at);
      for (size_t i = 0; i < names.size(); ++i) {
        statement.targets.push_back(in.takeName("a name"));
        in.take();
      }
      if (in.isName() && in.peek(1).is("=="))
        in.fail(in.peek(1), "'==' compares and stands in expressions", "'=' gives a result a name");
      statement.flow = flow();
      if (statement.flow.steps.empty() && names.empty())
        useless(statement.flow);
    }
    if (!in.atEnd())
      in.failExpected("the end of the statement",
                      in.peek().kind == Kind::Word || in.peek().is("(") ? "steps are joined by '->'; a statement ends with its line" : "");
    in.take(";");
    in.takeTrailing(statement.trivia.after);
    in.sweep(first, statement.trivia);
    return statement;
  }

  // A flow without a step and without a name.
  void useless(const Flow &flow) {
    bool op = flow.source.size() == 1 && flow.source[0].kind == Operand::Kind::Name && !flow.source[0].name.quoted && findOp(flow.source[0].name.text.text);
    Token at = in.previous();
    at.line = flow.mark.line;
    at.column = flow.mark.column;
    if (op)
      in.fail(at, "the call of '" + flow.source[0].name.text.text + "' has no parentheses", "write " + flow.source[0].name.text.text + "()", "CNNC0113");
    in.fail(at, "the statement does nothing", "a statement is a step such as conv2d(64, 3), or gives a name: y = x");
  }

  void bindings(Statement &statement) {
    size_t open = in.at;
    if (!in.take("{"))
      in.failExpected("'{'");
    int brackets = std::exchange(in.brackets, 0);
    in.takeTrailing(statement.dangling);
    statement.rows = in.peek().newline;
    while (in.isName()) {
      Binding binding;
      size_t first = in.at;
      binding.trivia = in.takeTrivia();
      binding.name = in.takeName("a name");
      if (!in.take("="))
        in.failExpected("'=' and a value");
      binding.value = parseValue(in);
      bool more = in.take(",") || in.take(";") || in.peek().newline;
      in.takeTrailing(binding.trivia.after);
      in.sweep(first, binding.trivia);
      statement.bindings.push_back(std::move(binding));
      if (!more)
        break;
    }
    std::vector<Comment> last = in.takeTrivia().before;
    statement.dangling.insert(statement.dangling.end(), last.begin(), last.end());
    in.close("}", open);
    in.brackets = brackets;
  }

  void input(Statement &statement) {
    statement.targets = {in.takeName("the input's name")};
    if (in.take(":")) {
      if (in.isName())
        statement.dtype = in.takeName("a type");
      if (!in.peek().is("["))
        in.failExpected("the input's shape", "input image: f32[N, 3, 224, 224]");
      statement.shape = parseValue(in);
    }
    if (in.peek().is("{"))
      bindings(statement);
    else if (!statement.shape)
      in.failExpected("':' and the input's type and shape", "input image: f32[N, 3, 224, 224]");
  }

  // ------------------------------------------------------------------------------------------------------------------- flows

  Flow flow() {
    TokenStream::Level level(in);
    Flow flow;
    flow.mark = in.peek().mark();
    if (in.peek().is("(") && isTuple()) {
      flow.tuple = true;
      size_t open = in.at;
      in.take();
      ++in.brackets;
      while (!in.peek().is(")")) {
        flow.source.push_back(operand());
        if (!in.take(","))
          break;
      }
      in.close(")", open);
      --in.brackets;
    } else if (in.peek().is("if") || in.peek().is("for") || in.peek().is("repeat")) {
      flow.steps.push_back(step());
    } else {
      Operand first = sum();
      if (first.kind == Operand::Kind::Flow && !first.parenthesised)
        flow.steps = std::move(first.flow.steps);
      else
        flow.source.push_back(std::move(first));
    }
    while (in.peek().is("->")) {
      Trivia trivia = in.takeTrivia();
      if (in.peek().newline) {
        std::vector<Comment> &before = flow.steps.empty() ? trivia.before : flow.steps.back().trivia.after;
        in.takeTrailing(before);
      }
      bool newLine = in.take().newline || in.peek().newline;
      Trivia inner = in.takeTrivia();
      trivia.before.insert(trivia.before.end(), inner.before.begin(), inner.before.end());
      Step next = step();
      next.newLine = newLine;
      next.trivia.before.insert(next.trivia.before.begin(), trivia.before.begin(), trivia.before.end());
      flow.steps.push_back(std::move(next));
    }
    return flow;
  }

  // ( ) and (a, b) as against a value in parentheses or the callee of a call.
  bool isTuple() const {
    size_t end = in.closing(in.at);
    if (end + 1 == in.tokens.size())
      return false;
    if (end + 1 < in.tokens.size() && opensCall(in.tokens[end + 1]))
      return false;
    int level = 0;
    for (size_t i = in.at; i < end; ++i) {
      const Token &token = in.tokens[i];
      level += token.is("(") || token.is("[") || token.is("{") ? 1 : token.is(")") || token.is("]") || token.is("}") ? -1 : 0;
      if (level == 1 && token.is(","))
        return true;
    }
    return end == in.at + 1;
  }

  // The arguments of a call begin on its line; a parenthesis that begins a line begins a statement.
  bool opensCall(const Token &token) const { return token.is("(") && !(token.newline && in.brackets == 0); }

  // A flow, or what it comes down to.
  Operand operand() {
    Mark mark = in.peek().mark();
    Flow inner = flow();
    if (inner.steps.empty() && !inner.tuple)
      return std::move(inner.source[0]);
    Operand operand;
    operand.kind = Operand::Kind::Flow;
    operand.flow = std::move(inner);
    operand.mark = mark;
    return operand;
  }

  Operand sum() {
    return joined("+", [&] { return joined("*", [&] { return primary(); }); });
  }

  template <typename Side> Operand joined(const std::string &op, Side side) {
    Operand left = side();
    int terms = 1;
    while (in.peek().is(op) && !(in.peek().newline && in.brackets == 0)) {
      Operand both;
      both.kind = Operand::Kind::Binary;
      both.mark = in.peek().mark();
      both.op = op;
      in.take();
      both.sides.push_back(std::move(left));
      both.sides.push_back(side());
      left = std::move(both);
      if (++terms > kMaxTerms)
        in.fail(in.previous(), "more than " + std::to_string(kMaxTerms) + " terms", "give a part a name of its own", "CNNC0103");
    }
    return left;
  }

  Operand primary() {
    Operand operand;
    operand.mark = in.peek().mark();
    bool call = in.isName() && opensCall(in.peek(1)) && in.peek().kind == Kind::Word;
    if (in.peek().is("(")) {
      size_t open = in.at, end = in.closing(open);
      call = end + 1 < in.tokens.size() && opensCall(in.tokens[end + 1]);
      if (!call) {
        in.take();
        ++in.brackets;
        Operand inner = this->operand();
        in.close(")", open);
        --in.brackets;
        inner.parenthesised = true;
        return inner;
      }
    }
    if (call) {
      operand.kind = Operand::Kind::Flow;
      operand.flow.mark = operand.mark;
      operand.flow.steps.push_back(step());
      return operand;
    }
    operand.name = in.takeName("a step such as conv2d(64, 3), or the name of a value");
    return operand;
  }

  // ------------------------------------------------------------------------------------------------------------------- steps

  Step step() {
    Step step;
    step.mark = in.peek().mark();
    if (in.peek().is("if"))
      choice(step);
    else if (in.peek().is("for") || in.peek().is("repeat"))
      repetition(step);
    else
      call(step);
    return step;
  }

  void choice(Step &step) {
    TokenStream::Level level(in);
    step.kind = Step::Kind::If;
    in.take();
    step.control = parseValue(in);
    if (!in.peek().is("{"))
      in.failExpected("'{' after the condition");
    step.body = body();
    if (!in.peek().is("else"))
      return;
    Trivia trivia = in.takeTrivia();
    in.takeTrailing(step.body.dangling);
    step.body.dangling.insert(step.body.dangling.end(), trivia.before.begin(), trivia.before.end());
    in.take();
    step.hasElse = true;
    if (in.peek().is("if")) {
      step.otherwise.elseIf = true;
      Statement nested;
      nested.mark = nested.flow.mark = in.peek().mark();
      nested.flow.steps.push_back(this->step());
      step.otherwise.statements.push_back(std::move(nested));
    } else if (in.peek().is("{")) {
      step.otherwise = body();
    } else {
      in.failExpected("'{' or 'if' after 'else'");
    }
  }

  void repetition(Step &step) {
    if (in.take().is("repeat")) {
      step.kind = Step::Kind::Repeat;
      step.control = parseValue(in);
    } else {
      step.kind = Step::Kind::For;
      do
        step.indices.push_back(index());
      while (in.take(","));
    }
    if (in.peek().is("{")) {
      step.body = body();
      return;
    }
    if (!in.peek().newline || in.brackets > 0)
      in.failExpected("'{', or the one statement of the loop on the next line");
    TokenStream::Level level(in);
    step.braces = false;
    step.body.statements.push_back(statement());
    // The comment behind the statement is the statement's.
    Statement &only = step.body.statements.back();
    if (only.kind != Statement::Kind::Flow)
      in.report(only.mark, "a loop without braces holds one flow", "put the statements between '{' and '}'", "CNNC0110");
  }

  Step::Index index() {
    Step::Index index;
    index.name = in.takeName("the loop's index");
    if (!in.take("in"))
      in.failExpected("'in'", "for i in 0..n");
    Value from = parseValue(in);
    if (!in.peek().is(".."))
      in.failExpected("'..'", from.expression.text.starts_with("=range(") ? "write 0..n" : "write 0.." + (from.list ? "n" : from.expression.text.substr(1)));
    if (from.expression.text != "=0")
      in.report(from.mark, "a loop counts from 0", "start at 0 and add to the index", "CNNC0110");
    in.take();
    index.count = parseValue(in);
    return index;
  }

  void call(Step &step) {
    TokenStream::Level level(in);
    if (in.peek().is("(")) {
      size_t open = in.at;
      in.take();
      ++in.brackets;
      step.calleeValue = parseValue(in);
      in.close(")", open);
      --in.brackets;
      if (!opensCall(in.peek()))
        in.failExpected("'(' and the arguments of the call");
    } else if (in.peek().kind == Kind::Word && !isReserved(in.peek().text)) {
      step.callee = textOf(in.take());
      if (!opensCall(in.peek()))
        in.fail(in.previous(), "the call of '" + step.callee.text + "' has no parentheses", "write " + step.callee.text + "()", "CNNC0113");
    } else {
      in.failExpected("a step such as conv2d(64, 3)");
    }
    parenthesised(step.arguments, step, [&] { return argument(); });
    if (in.take(":"))
      step.label = in.takeName("the step's weight name");
  }

  CallArgument argument() {
    CallArgument argument;
    size_t first = in.at;
    argument.mark = in.peek().mark();
    argument.trivia = in.takeTrivia();
    if (in.isName() && in.peek(1).is("=")) {
      argument.name = in.takeName("a name");
      in.take();
      argument.value = parseValue(in);
    } else if (startsOperand()) {
      argument.kind = CallArgument::Kind::Operand;
      argument.operand = operand();
    } else {
      argument.value = parseValue(in);
    }
    in.sweep(first, argument.trivia);
    return argument;
  }

  bool isValue(const Token &token) const {
    std::string name = textOf(token).text;
    if (values.count(name))
      return true;
    // A result of a call, b.features.
    size_t dot = token.kind == Kind::Word ? name.find('.') : std::string::npos;
    return dot != std::string::npos;
  }

  // Whether a positional argument is an operand: it begins with a value, or it is a step.
  bool startsOperand() const {
    size_t i = in.at;
    for (; in.tokens[i].is("("); ++i)
      if (size_t end = in.closing(i); end + 1 < in.tokens.size() && in.tokens[end + 1].is("("))
        return true;
    if (i > in.at && in.tokens[i].is(")"))
      return true;
    const Token &token = in.tokens[i], &next = in.tokens[std::min(i + 1, in.tokens.size() - 1)];
    if (token.kind == Kind::String)
      return isValue(token) || token.text.find('{') != std::string_view::npos || next.is("->");
    if (token.is("if") || token.is("for") || token.is("repeat"))
      return true;
    if (token.kind != Kind::Word || isReserved(token.text))
      return false;
    if (next.is("->"))
      return true;
    if (!next.is("("))
      return isValue(token);
    // abs and sqrt may be both.
    const Token &inner = in.tokens[std::min(i + 2, in.tokens.size() - 1)];
    return !isFunction(token.text) || (findOp(token.text) && isValue(inner));
  }

  TokenStream in;
  std::set<std::string> values;
};

} // namespace

File parseFile(std::string_view text, const std::string &file, DiagnosticSink &sink) { return Parser(text, file, sink).run(); }

} // namespace cnnc::frontend::dsl
