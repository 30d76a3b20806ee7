// Tables that line up.
#include "compiler/Table.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace cnnc;

static bool isNumber(llvm::StringRef cell) {
  return cell.empty() || cell == "-" || (llvm::isDigit(cell.front()) || cell.front() == '-' || cell.front() == '.');
}

// Code points, so that a multi-byte name does not shift its row.
static size_t width(llvm::StringRef cell) {
  return llvm::count_if(cell, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

// Lines of at most `columns` code points, broken at spaces; a longer word keeps a line of its own.
static std::vector<std::string> wrapped(llvm::StringRef text, size_t columns) {
  std::vector<std::string> lines(1);
  for (llvm::StringRef word : llvm::split(text, ' ')) {
    std::string &line = lines.back();
    if (line.empty())
      line = word.str();
    else if (width(line) + 1 + width(word) <= columns)
      line += " " + word.str();
    else
      lines.push_back(word.str());
  }
  return lines;
}

void Table::print(llvm::raw_ostream &os, size_t lineWidth) const {
  std::vector<size_t> widths;
  std::vector<bool> right(header.size(), !rows.empty());
  for (size_t column = 0; column < header.size(); ++column) {
    widths.push_back(width(header[column]));
    for (const auto &row : rows)
      if (column < row.size()) {
        widths[column] = std::max(widths[column], width(row[column]));
        right[column] = right[column] && isNumber(row[column]);
      }
  }
  constexpr size_t kGap = 2, kNarrowest = 12;
  size_t before = 0;
  for (size_t column = 0; column + 1 < widths.size(); ++column)
    before += widths[column] + kGap;
  bool wrap = lineWidth >= before + kNarrowest && before + widths.back() > lineWidth && !right.back();
  if (wrap)
    widths.back() = lineWidth - before;
  auto line = [&](const std::vector<std::string> &row) {
    std::string text;
    for (size_t column = 0; column < row.size(); ++column) {
      size_t missing = widths[column] - std::min(widths[column], width(row[column]));
      std::string space(missing, ' ');
      text += right[column] ? space + row[column] : row[column] + space;
      text += std::string(kGap, ' ');
    }
    os << llvm::StringRef(text).rtrim() << '\n';
  };
  line(header);
  for (const auto &row : rows) {
    if (!wrap || row.size() < widths.size()) {
      line(row);
      continue;
    }
    std::vector<std::string> part = row;
    for (const std::string &piece : wrapped(row.back(), widths.back())) {
      part.back() = piece;
      line(part);
      std::fill(part.begin(), part.end(), "");
    }
  }
}

size_t cnnc::terminalWidth() {
  winsize size{};
  return ::isatty(STDOUT_FILENO) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string cnnc::scaled(int64_t number) {
  const char *suffixes[] = {"", " k", " M", " G", " T", " P", " E"};
  double value = static_cast<double>(number);
  int suffix = 0;
  for (; std::abs(value) >= 999.95 && suffix < 6; ++suffix)
    value /= 1000;
  std::string text;
  int decimals = suffix == 0 ? 0 : std::abs(value) < 9.9995 ? 3 : std::abs(value) < 99.995 ? 2 : 1;
  llvm::raw_string_ostream(text) << llvm::format("%.*f%s", decimals, value, suffixes[suffix]);
  return text;
}

std::string cnnc::grouped(int64_t number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(at, ",");
  return (number < 0 ? "-" : "") + digits;
}

std::string cnnc::significant(double number, int digits) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*g", digits, number);
  return text;
}

std::string cnnc::fixed(double number, int decimals) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*f", decimals, number);
  return text;
}

std::string cnnc::percent(double share) { return fixed(100 * share, 1) + " %"; }

std::string cnnc::bytesString(uint64_t bytes) {
  const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}
