// Tables that line up.
#pragma once

#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace cnnc {

/// Rows of text under a header. Columns whose cells are all numbers are aligned right.
class Table {
public:
  explicit Table(std::vector<std::string> header) : header(std::move(header)) {}
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }
  /// A positive `width` breaks the last column between words where lines would be longer.
  void print(llvm::raw_ostream &os, size_t width = 0) const;

private:
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// Columns of the terminal on standard output; 0 when it is none.
size_t terminalWidth();

/// Four significant digits with a decimal suffix: "25.56 M".
std::string scaled(int64_t number);
/// "25,557,032".
std::string grouped(int64_t number);
/// "97.5 MiB".
std::string bytesString(uint64_t bytes);
/// A number with `digits` significant digits, independent of the locale.
std::string significant(double number, int digits);
/// A number with `decimals` digits after the point, and one with a percent sign: fixed(0.25, 1) is "0.2", percent(0.25) is "25.0 %".
std::string fixed(double number, int decimals);
std::string percent(double share);

} // namespace cnnc
