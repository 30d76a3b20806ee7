// Syntax tree -> text in the standard form.
#include "frontend/ExpressionParser.h"
#include "frontend/dsl/Ast.h"

#include <algorithm>

namespace cnnc::frontend::dsl {
namespace {

constexpr size_t kStep = 2, kContinuation = 4;

std::string commentText(const Comment &comment) {
  // The lexer takes one carriage return for a part of the line break.
  return "#" + (comment.text.empty() ? "" : " " + comment.text) + (comment.text.ends_with('\r') ? "\r" : "");
}

std::string nameText(const Name &name) { return name.quoted ? quoted(name.text.text) : name.text.text; }

bool plain(const Trivia &trivia) { return trivia.before.empty() && trivia.after.empty(); }

template <typename Items> bool allPlain(const Items &items) {
  return std::all_of(items.begin(), items.end(), [](const auto &item) { return plain(item.trivia); });
}

/// A text on one line, or nothing when the tree has a comment or a break that must stay.
using Flat = std::optional<std::string>;

class Printer {
public:
  explicit Printer(size_t columns) : columns(columns) {}

  std::string run(const File &file) {
    for (size_t i = 0; i < file.items.size(); ++i) {
      const Item &item = file.items[i];
      bool apart = i > 0 && (item.kind != Item::Kind::Import || file.items[i - 1].kind != Item::Kind::Import);
      Trivia trivia = item.trivia;
      if (apart)
        (trivia.before.empty() ? trivia.blank : trivia.before[0].blankBefore) = true;
      leading(trivia, 0, i == 0);
      if (item.kind == Item::Kind::Import)
        out += "import " + quoted(item.path.text);
      else
        definition(item);
      trailing(trivia);
    }
    comments(file.dangling, 0, file.items.empty());
    return std::move(out);
  }

private:
  // ----------------------------------------------------------------------------------------------------------- lines, comments

  void line(size_t indent) { out += "\n" + std::string(indent, ' '); }

  size_t column() const {
    size_t start = out.rfind('\n');
    return out.size() - (start == std::string::npos ? 0 : start + 1);
  }

  bool fits(size_t length) const { return column() + length <= columns; }

  // Comments on lines of their own; each ends its line.
  void comments(const std::vector<Comment> &list, size_t indent, bool first) {
    for (const Comment &comment : list) {
      if (comment.blankBefore && !first)
        out += '\n';
      out += std::string(indent, ' ') + commentText(comment) + "\n";
      first = false;
    }
  }

  // What stands before an item, and its indentation.
  void leading(const Trivia &trivia, size_t indent, bool first) {
    comments(trivia.before, indent, first);
    if (trivia.after.size() > 1)
      comments({trivia.after.begin(), trivia.after.end() - 1}, indent, false);
    if (trivia.blank && (!first || !trivia.before.empty()))
      out += '\n';
    out += std::string(indent, ' ');
  }

  void trailing(const Trivia &trivia) {
    if (!trivia.after.empty())
      out += "  " + commentText(trivia.after.back());
    out += '\n';
  }

  // Items on lines of their own between brackets, the comments at their ends aligned.
  template <typename Items, typename Text>
  void rows(const Items &items, const std::vector<Comment> &dangling, size_t indent, std::string_view separator, Text text) {
    out += '\n';
    std::vector<std::string> lines;
    for (const auto &item : items) {
      std::string saved = std::exchange(out, std::string(indent, ' '));
      text(item);
      out += separator;
      lines.push_back(out.substr(indent));
      out = std::move(saved);
    }
    size_t width = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      const Trivia &trivia = items[i].trivia;
      auto alone = [&](size_t row) { return lines[row].find('\n') != std::string::npos || !items[row].trivia.before.empty() || items[row].trivia.blank; };
      if (i == 0 || alone(i) || lines[i - 1].find('\n') != std::string::npos) {
        width = 0;
        for (size_t row = i; row < items.size() && (row == i || !alone(row)); ++row)
          if (!items[row].trivia.after.empty() && lines[row].find('\n') == std::string::npos)
            width = std::max(width, lines[row].size());
      }
      leading(trivia, indent, i == 0);
      out += lines[i];
      if (!trivia.after.empty() && lines[i].size() < width)
        out += std::string(width - lines[i].size(), ' ');
      trailing(trivia);
    }
    comments(dangling, indent, items.size() == 0);
  }

  // ------------------------------------------------------------------------------------------------------------------ values

  static Flat flat(const Value &value) {
    if (!value.list)
      return value.expression.text.substr(1);
    if (value.rows || !value.dangling.empty() || !allPlain(value.items))
      return std::nullopt;
    std::string text = "[";
    for (const Value::Item &item : value.items) {
      Flat inner = flat(item.value);
      if (!inner)
        return std::nullopt;
      text += (text.size() > 1 ? ", " : "") + *inner;
    }
    return text + "]";
  }

  // `reserve`: columns that must stay free behind it.
  void value(const Value &value, size_t indent, size_t reserve = 0) {
    Flat text = flat(value);
    if (!value.list || (text && fits(text->size() + reserve)))
      out += *text;
    else if (value.rows || !value.dangling.empty() || !allPlain(value.items) ||
             std::any_of(value.items.begin(), value.items.end(), [](const Value::Item &item) { return item.value.list; }))
      table(value, indent);
    else
      filled(value);
  }

  // As many numbers on a line as fit; the lines stand under the first.
  void filled(const Value &list) {
    out += '[';
    size_t indent = column();
    for (size_t i = 0; i < list.items.size(); ++i) {
      std::string text = *flat(list.items[i].value) + (i + 1 < list.items.size() ? "," : "]");
      if (i > 0 && !fits(1 + text.size()))
        line(indent);
      else
        out += i > 0 ? " " : "";
      out += text;
    }
  }

  void table(const Value &list, size_t indent) {
    out += '[';
    std::vector<std::vector<std::string>> cells = cellsOf(list);
    if (cells.empty()) {
      rows(list.items, list.dangling, indent + kStep, ",", [&](const Value::Item &item) { value(item.value, indent + kStep, 1); });
    } else {
      align(cells);
      size_t next = 0;
      rows(list.items, list.dangling, indent + kStep, ",", [&](const Value::Item &) {
        out += '[';
        const std::vector<std::string> &row = cells[next++];
        for (size_t i = 0; i < row.size(); ++i)
          out += (i > 0 ? " " : "") + row[i];
        out += ']';
      });
    }
    out += std::string(indent, ' ') + "]";
  }

  // The cells of a list of equally long lists, with their commas; else nothing.
  std::vector<std::vector<std::string>> cellsOf(const Value &list) const {
    std::vector<std::vector<std::string>> cells;
    for (const Value::Item &row : list.items) {
      if (!row.value.list || row.value.items.empty() || row.value.items.size() != list.items[0].value.items.size() || !flat(row.value))
        return {};
      cells.emplace_back();
      for (size_t i = 0; i < row.value.items.size(); ++i)
        cells.back().push_back(*flat(row.value.items[i].value) + (i + 1 < row.value.items.size() ? "," : ""));
    }
    return cells;
  }

  // Numbers stand to the right, words to the left.
  static void align(std::vector<std::vector<std::string>> &cells) {
    for (size_t i = 0; i < cells[0].size(); ++i) {
      size_t width = 0;
      bool numbers = true;
      for (const auto &row : cells) {
        width = std::max(width, row[i].size());
        numbers &= row[i][0] == '-' || (row[i][0] >= '0' && row[i][0] <= '9');
      }
      bool last = i + 1 == cells[0].size();
      for (auto &row : cells)
        if (numbers)
          row[i].insert(0, width - row[i].size(), ' ');
        else if (!last)
          row[i].append(width - row[i].size(), ' ');
    }
  }

  // ------------------------------------------------------------------------------------------------------------------- steps

  // Joins flat parts; nothing as soon as one is.
  template <typename Items, typename Text> static Flat joined(const Items &items, std::string_view separator, Text text) {
    std::string result;
    for (size_t i = 0; i < items.size(); ++i) {
      Flat part = text(items[i]);
      if (!part)
        return std::nullopt;
      result += (i > 0 ? std::string(separator) : "") + *part;
    }
    return result;
  }

  static Flat flat(const Operand &operand, bool inside = false) {
    Flat text;
    if (operand.kind == Operand::Kind::Name)
      text = nameText(operand.name);
    else if (operand.kind == Operand::Kind::Flow)
      text = flat(operand.flow);
    else if (Flat left = flat(operand.sides[0], true), right = flat(operand.sides[1], true); left && right)
      text = *left + " " + operand.op + " " + *right;
    return text && operand.parenthesised ? "(" + *text + ")" : text;
  }

  static Flat flat(const Flow &flow) {
    Flat text = source(flow);
    for (const Step &step : flow.steps) {
      Flat next = flat(step);
      if (!text || !next || step.newLine || !plain(step.trivia) || (!step.braces && &step != &flow.steps.back()))
        return std::nullopt;
      *text += (text->empty() ? "" : " -> ") + *next;
    }
    return text;
  }

  static Flat source(const Flow &flow) {
    if (!flow.tuple)
      return flow.source.empty() ? "" : flat(flow.source[0]);
    Flat inner = joined(flow.source, ", ", [](const Operand &operand) { return flat(operand); });
    return inner ? "(" + *inner + ")" : inner;
  }

  static Flat flat(const CallArgument &argument) {
    Flat text = argument.kind == CallArgument::Kind::Operand ? flat(argument.operand) : flat(argument.value);
    return text && argument.name ? nameText(*argument.name) + " = " + *text : text;
  }

  static std::string calleeText(const Step &step) { return step.calleeValue ? "(" + flat(*step.calleeValue).value_or("[]") + ")" : step.callee.text; }

  static std::string labelText(const Step &step) { return step.label ? " : " + nameText(*step.label) : ""; }

  // What a step says before its body.
  static std::string headText(const Step &step) {
    if (step.kind == Step::Kind::If)
      return "if " + flat(step.control).value_or("[]");
    if (step.kind == Step::Kind::Repeat)
      return "repeat " + flat(step.control).value_or("[]");
    return "for " +
           *joined(step.indices, ", ", [](const Step::Index &index) { return Flat(nameText(index.name) + " in 0.." + flat(index.count).value_or("[]")); });
  }

  static Flat flat(const Body &body) {
    if (body.statements.empty() && body.dangling.empty() && body.opening.empty())
      return "{}";
    if (!body.oneLine || !body.dangling.empty() || !body.opening.empty() || !allPlain(body.statements))
      return std::nullopt;
    Flat inner = joined(body.statements, "; ", [](const Statement &statement) { return flat(statement); });
    return inner ? "{ " + *inner + " }" : inner;
  }

  static Flat flat(const Step &step) {
    if (step.kind == Step::Kind::Call) {
      if (step.rows || !step.dangling.empty() || !allPlain(step.arguments))
        return std::nullopt;
      Flat inner = joined(step.arguments, ", ", [](const CallArgument &argument) { return flat(argument); });
      return inner ? calleeText(step) + "(" + *inner + ")" + labelText(step) : inner;
    }
    Flat body = step.braces ? flat(step.body) : std::nullopt;
    if (!body)
      return std::nullopt;
    std::string text = headText(step) + " " + *body;
    if (!step.hasElse)
      return text;
    Flat otherwise = step.otherwise.elseIf ? flat(step.otherwise.statements[0].flow) : flat(step.otherwise);
    return otherwise ? text + " else " + *otherwise : otherwise;
  }

  void print(const Step &step, size_t indent, size_t reserve) {
    if (Flat text = flat(step); text && fits(text->size() + reserve)) {
      out += *text;
      return;
    }
    if (step.kind == Step::Kind::Call) {
      out += calleeText(step) + "(";
      bool flows = std::any_of(step.arguments.begin(), step.arguments.end(), [](const CallArgument &argument) {
        return argument.kind == CallArgument::Kind::Operand && argument.operand.kind != Operand::Kind::Name;
      });
      if (!step.rows && !flows && step.dangling.empty() && allPlain(step.arguments)) {
        size_t first = column();
        for (size_t i = 0; i < step.arguments.size(); ++i) {
          Flat text = flat(step.arguments[i]);
          if (i > 0)
            out += ',';
          if (i > 0 && text && !fits(1 + text->size() + 1) && first + text->size() + 1 <= columns)
            line(first);
          else
            out += i > 0 ? " " : "";
          print(step.arguments[i], first);
        }
      } else if (!step.arguments.empty() || !step.dangling.empty()) {
        rows(step.arguments, step.dangling, indent + kStep, ",", [&](const CallArgument &argument) { print(argument, indent + kStep); });
        out += std::string(indent, ' ');
      }
      out += ")" + labelText(step);
      return;
    }
    out += headText(step);
    if (!step.braces) {
      out += '\n';
      statements(step.body.statements, indent + kStep);
      out.pop_back();
      return;
    }
    out += ' ';
    print(step.body, indent);
    if (!step.hasElse)
      return;
    out += " else ";
    if (step.otherwise.elseIf)
      print(step.otherwise.statements[0].flow.steps[0], indent, 0);
    else
      print(step.otherwise, indent);
  }

  void print(const CallArgument &argument, size_t indent) {
    if (argument.name)
      out += nameText(*argument.name) + " = ";
    if (argument.kind == CallArgument::Kind::Operand)
      print(argument.operand, indent, 1);
    else
      value(argument.value, indent, 1);
  }

  void print(const Operand &operand, size_t indent, size_t reserve) {
    if (Flat text = flat(operand); text && fits(text->size() + reserve)) {
      out += *text;
      return;
    }
    out += operand.parenthesised ? "(" : "";
    if (operand.kind == Operand::Kind::Name) {
      out += nameText(operand.name);
    } else if (operand.kind == Operand::Kind::Flow) {
      print(operand.flow, indent, reserve + (operand.parenthesised ? 1 : 0));
    } else {
      print(operand.sides[0], indent, 2);
      out += " " + operand.op + " ";
      print(operand.sides[1], indent, reserve);
    }
    out += operand.parenthesised ? ")" : "";
  }

  void print(const Flow &flow, size_t indent, size_t reserve) {
    if (Flat text = source(flow)) {
      out += *text;
    } else {
      out += flow.tuple ? "(" : "";
      for (size_t i = 0; i < flow.source.size(); ++i) {
        out += i > 0 ? ", " : "";
        print(flow.source[i], indent, 1);
      }
      out += flow.tuple ? ")" : "";
    }
    size_t base = indent; // Of the bodies of the line's steps.
    for (size_t i = 0; i < flow.steps.size(); ++i) {
      const Step &step = flow.steps[i];
      bool first = i == 0 && flow.source.empty() && !flow.tuple, last = i + 1 == flow.steps.size();
      if (!first) {
        Flat text = flat(step);
        bool call = step.kind == Step::Kind::Call;
        bool room = text && call ? fits(4 + text->size() + (last ? reserve : 0)) : fits(4 + (call ? calleeText(step).size() + 1 : headText(step).size() + 2));
        const Trivia *before = i > 0 ? &flow.steps[i - 1].trivia : nullptr;
        bool comment = (before && !before->after.empty()) || !step.trivia.before.empty();
        if (step.newLine || comment || !room) {
          base = indent + kContinuation;
          if (before && !before->after.empty())
            out += "  " + commentText(before->after.back());
          out += '\n';
          comments(step.trivia.before, base, true);
          out += std::string(base, ' ') + "-> ";
        } else {
          out += " -> ";
        }
      }
      print(step, base, last ? reserve : 0);
    }
  }

  // -------------------------------------------------------------------------------------------------------------- statements

  static std::string prefix(const Statement &statement) {
    switch (statement.kind) {
    case Statement::Kind::Flow: {
      Flat names = joined(statement.targets, ", ", [](const Name &name) { return Flat(nameText(name)); });
      return statement.targets.empty() ? "" : *names + " = ";
    }
    case Statement::Kind::Let:
      return "let " + nameText(statement.targets[0]) + " = ";
    case Statement::Kind::Return:
      return "return ";
    case Statement::Kind::Output:
      return "output " + nameText(statement.targets[0]) + " = ";
    case Statement::Kind::Require:
      return "require ";
    case Statement::Kind::Paper:
      return "paper " + quoted(statement.text.text);
    case Statement::Kind::Preset:
      return "preset " + nameText(statement.targets[0]) + " ";
    case Statement::Kind::Input:
      return "input " + nameText(statement.targets[0]) + (statement.shape ? ": " : " ");
    case Statement::Kind::Broken:
      break;
    }
    return "";
  }

  static Flat flat(const Statement &statement) {
    switch (statement.kind) {
    case Statement::Kind::Flow:
    case Statement::Kind::Return:
    case Statement::Kind::Output: {
      Flat text = flat(statement.flow);
      return text ? prefix(statement) + *text : text;
    }
    case Statement::Kind::Let: {
      Flat text = flat(statement.value);
      return text ? prefix(statement) + *text : text;
    }
    case Statement::Kind::Require:
      return prefix(statement) + flat(statement.value).value_or("[]") + (statement.text.empty() ? "" : ", " + quoted(statement.text.text));
    default:
      return std::nullopt;
    }
  }

  void print(const Statement &statement, size_t indent) {
    out += prefix(statement);
    switch (statement.kind) {
    case Statement::Kind::Flow:
    case Statement::Kind::Return:
    case Statement::Kind::Output:
      print(statement.flow, indent, 0);
      break;
    case Statement::Kind::Let:
      value(statement.value, indent);
      break;
    case Statement::Kind::Require:
      out += flat(statement)->substr(prefix(statement).size());
      break;
    case Statement::Kind::Input:
      if (statement.dtype)
        out += nameText(*statement.dtype);
      if (statement.shape)
        value(*statement.shape, indent);
      if (statement.bindings.empty() && statement.dangling.empty())
        break;
      out += statement.shape ? " " : "";
      bindings(statement, indent);
      break;
    case Statement::Kind::Preset:
      bindings(statement, indent);
      break;
    case Statement::Kind::Paper:
    case Statement::Kind::Broken:
      break;
    }
  }

  void bindings(const Statement &statement, size_t indent) {
    auto text = [](const Binding &binding) {
      Flat inner = flat(binding.value);
      return inner ? nameText(binding.name) + " = " + *inner : inner;
    };
    bool breaks = statement.rows || !statement.dangling.empty() || !allPlain(statement.bindings);
    Flat inner = breaks ? std::nullopt : joined(statement.bindings, ", ", text);
    if (inner && fits(inner->size() + 4)) {
      out += inner->empty() ? "{}" : "{ " + *inner + " }";
      return;
    }
    out += '{';
    rows(statement.bindings, statement.dangling, indent + kStep, "", [&](const Binding &binding) {
      out += nameText(binding.name) + " = ";
      value(binding.value, indent + kStep);
    });
    out += std::string(indent, ' ') + "}";
  }

  // Each on lines of its own.
  void statements(const std::vector<Statement> &list, size_t indent) {
    for (size_t i = 0; i < list.size(); ++i) {
      leading(list[i].trivia, indent, i == 0);
      print(list[i], indent);
      trailing(list[i].trivia);
    }
  }

  void print(const Body &body, size_t indent) {
    if (Flat text = flat(body); text && fits(text->size())) {
      out += *text;
      return;
    }
    out += '{';
    for (const Comment &comment : body.opening)
      out += "  " + commentText(comment);
    out += '\n';
    statements(body.statements, indent + kStep);
    comments(body.dangling, indent + kStep, body.statements.empty());
    out += std::string(indent, ' ') + "}";
  }

  // ------------------------------------------------------------------------------------------------------------- definitions

  void parameter(const ParameterNode &parameter, size_t indent) {
    out += nameText(parameter.name) + (parameter.type ? ": " + parameter.type->text : "");
    if (!parameter.value)
      return;
    out += " = ";
    value(*parameter.value, indent, 1);
  }

  static Flat flat(const ParameterNode &parameter) {
    std::string text = nameText(parameter.name) + (parameter.type ? ": " + parameter.type->text : "");
    if (!parameter.value)
      return text;
    Flat inner = flat(*parameter.value);
    return inner ? text + " = " + *inner : inner;
  }

  void definition(const Item &item) {
    const Definition &definition = item.definition;
    bool model = item.kind == Item::Kind::Model;
    out += (model ? "model " : "block ") + nameText(definition.name);
    bool breaks = definition.rows || !definition.dangling.empty() || !allPlain(definition.parameters);
    Flat inner = breaks ? std::nullopt : joined(definition.parameters, ", ", [](const ParameterNode &parameter) { return flat(parameter); });
    if (inner && fits(inner->size() + 4)) {
      out += model && inner->empty() ? "" : "(" + *inner + ")";
    } else {
      out += '(';
      rows(definition.parameters, definition.dangling, kStep, ",", [&](const ParameterNode &node) { parameter(node, kStep); });
      out += ')';
    }
    out += ' ';
    print(definition.body, 0);
  }

  size_t columns;
  std::string out;
};

} // namespace

std::string printFile(const File &file, size_t columns) { return Printer(columns).run(file); }

} // namespace cnnc::frontend::dsl
