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
  void print(llvm::raw_ostream &os) const;

private:
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// "25,557,032".
std::string grouped(int64_t number);
/// "97.5 MiB".
std::string bytesString(uint64_t bytes);
/// A number with `digits` significant digits, independent of the locale.
std::string significant(double number, int digits);

} // namespace cnnc
