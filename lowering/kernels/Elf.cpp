#include "lowering/kernels/Elf.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace cnnc::kernels {
namespace {

template <typename T> bool readAt(std::string_view bytes, uint64_t offset, T &out) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T))
    return false;
  std::memcpy(&out, bytes.data() + offset, sizeof(T));
  return true;
}

std::optional<std::string> nameAt(std::string_view bytes, const Elf64_Shdr &strings, uint64_t offset) {
  if (strings.sh_offset > bytes.size() || strings.sh_size > bytes.size() - strings.sh_offset || offset >= strings.sh_size)
    return std::nullopt;
  const std::string_view table = bytes.substr(strings.sh_offset, strings.sh_size);
  const size_t end = table.find('\0', offset);
  return end == std::string_view::npos ? std::nullopt : std::optional(std::string(table.substr(offset, end - offset)));
}

} // namespace

std::optional<ElfSymbols> readSymbols(std::string_view object) {
  Elf64_Ehdr header;
  if (!readAt(object, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_type != ET_REL)
    return std::nullopt;
  ElfSymbols result;
  for (uint64_t i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section, strings;
    if (!readAt(object, header.e_shoff + i * sizeof(section), section))
      return std::nullopt;
    if (section.sh_type != SHT_SYMTAB)
      continue;
    if (section.sh_link >= header.e_shnum || !readAt(object, header.e_shoff + section.sh_link * sizeof(strings), strings))
      return std::nullopt;
    for (uint64_t k = 1; k < section.sh_size / sizeof(Elf64_Sym); ++k) {
      Elf64_Sym symbol;
      if (!readAt(object, section.sh_offset + k * sizeof(symbol), symbol))
        return std::nullopt;
      if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL)
        continue;
      auto name = nameAt(object, strings, symbol.st_name);
      if (!name)
        return std::nullopt;
      (symbol.st_shndx == SHN_UNDEF ? result.undefined : result.defined).push_back(std::move(*name));
    }
  }
  return result;
}

bool isAllowedImport(std::string_view symbol) {
  static constexpr std::string_view allowed[] = {"halide_do_par_for",
                                                 "memcpy",
                                                 "memmove",
                                                 "memset",
                                                 "ceil",
                                                 "ceilf",
                                                 "exp",
                                                 "expf",
                                                 "floor",
                                                 "floorf",
                                                 "fma",
                                                 "fmaf",
                                                 "fmod",
                                                 "fmodf",
                                                 "log",
                                                 "logf",
                                                 "nearbyint",
                                                 "pow",
                                                 "powf",
                                                 "rint",
                                                 "rintf",
                                                 "nearbyintf",
                                                 "round",
                                                 "roundf",
                                                 "roundeven",
                                                 "sqrt",
                                                 "sqrtf",
                                                 "trunc",
                                                 "truncf",
                                                 "roundevenf",
                                                 "_GLOBAL_OFFSET_TABLE_"};
  return std::ranges::find(allowed, symbol) != std::end(allowed);
}

} // namespace cnnc::kernels
