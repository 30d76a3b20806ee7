// Tables that line up.
#include "compiler/Table.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace cnnc;

static bool isNumber(llvm::StringRef cell) {
  return cell.empty() || cell == "-" || (llvm::isDigit(cell.front()) || cell.front() == '-' || cell.front() == '.');
}

// Code points, so that a multi-byte name does not shift its row.
static size_t width(llvm::StringRef cell) {
  return llvm::count_if(cell, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

void Table::print(llvm::raw_ostream &os) const {
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
  auto line = [&](const std::vector<std::string> &row) {
    std::string text;
    for (size_t column = 0; column < row.size(); ++column) {
      std::string space(widths[column] - width(row[column]), ' ');
      text += right[column] ? space + row[column] : row[column] + space;
      text += "  ";
    }
    os << llvm::StringRef(text).rtrim() << '\n';
  };
  line(header);
  for (const auto &row : rows)
    line(row);
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
