// Source: System V ABI, chapter 4 (object files).
#include "compiler/emit/DataObject.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/Alignment.h"

#include <array>
#include <type_traits>

namespace ELF = llvm::ELF;

namespace cnnc::emit {
namespace {

template <typename Record> void writeRecord(llvm::raw_ostream &stream, const Record &record) {
  static_assert(std::is_trivially_copyable_v<Record>);
  stream.write(reinterpret_cast<const char *>(&record), sizeof record);
}

} // namespace

std::optional<std::string> writeDataObject(llvm::raw_ostream &stream, const llvm::Triple &triple, const DataSection &section,
                                           llvm::function_ref<std::optional<std::string>(llvm::raw_ostream &)> fill) {
  if (triple.getArch() != llvm::Triple::x86_64 && triple.getArch() != llvm::Triple::aarch64)
    return "cannot write an object for '" + triple.str() + "': x86-64 and AArch64 are supported";

  enum { Null, Data, Symbols, Strings, SectionNames, Sections };
  std::string symbolNames = std::string(1, '\0') + section.symbol + '\0', names(1, '\0');
  std::array<uint32_t, Sections> nameAt{};
  for (auto [index, name] : {std::pair{Data, section.name.c_str()}, {Symbols, ".symtab"}, {Strings, ".strtab"}, {SectionNames, ".shstrtab"}}) {
    nameAt[index] = static_cast<uint32_t>(names.size());
    names.append(name).push_back('\0');
  }
  uint64_t dataAt = llvm::alignTo(sizeof(ELF::Elf64_Ehdr), llvm::Align(section.alignment));
  uint64_t symbolsAt = llvm::alignTo(dataAt + section.bytes, llvm::Align(8));
  uint64_t symbolsBytes = (section.symbol.empty() ? 1 : 2) * sizeof(ELF::Elf64_Sym);
  uint64_t stringsAt = symbolsAt + symbolsBytes, namesAt = stringsAt + symbolNames.size();
  uint64_t headersAt = llvm::alignTo(namesAt + names.size(), llvm::Align(8));

  ELF::Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = triple.getArch() == llvm::Triple::x86_64 ? ELF::EM_X86_64 : ELF::EM_AARCH64;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = headersAt;
  header.e_ehsize = sizeof(ELF::Elf64_Ehdr);
  header.e_shentsize = sizeof(ELF::Elf64_Shdr);
  header.e_shnum = Sections;
  header.e_shstrndx = SectionNames;
  writeRecord(stream, header);
  stream.write_zeros(dataAt - sizeof header);
  if (auto error = fill(stream))
    return error;
  stream.write_zeros(symbolsAt - dataAt - section.bytes);

  writeRecord(stream, ELF::Elf64_Sym{});
  if (!section.symbol.empty()) {
    ELF::Elf64_Sym symbol{};
    symbol.st_name = 1;
    symbol.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
    symbol.st_other = ELF::STV_HIDDEN;
    symbol.st_shndx = Data;
    symbol.st_size = section.bytes;
    writeRecord(stream, symbol);
  }
  stream << symbolNames << names;
  stream.write_zeros(headersAt - namesAt - names.size());

  auto describe = [&](int index, uint32_t type, uint64_t flags, uint64_t offset, uint64_t bytes, uint64_t alignment) {
    ELF::Elf64_Shdr record{};
    record.sh_name = nameAt[index];
    record.sh_type = type;
    record.sh_flags = flags;
    record.sh_offset = offset;
    record.sh_size = bytes;
    record.sh_addralign = alignment;
    if (type == ELF::SHT_SYMTAB) {
      record.sh_link = Strings;
      record.sh_info = 1; // first global symbol
      record.sh_entsize = sizeof(ELF::Elf64_Sym);
    }
    writeRecord(stream, record);
  };
  writeRecord(stream, ELF::Elf64_Shdr{});
  describe(Data, ELF::SHT_PROGBITS, section.allocated ? uint64_t(ELF::SHF_ALLOC) : 0, dataAt, section.bytes, section.alignment);
  describe(Symbols, ELF::SHT_SYMTAB, 0, symbolsAt, symbolsBytes, 8);
  describe(Strings, ELF::SHT_STRTAB, 0, stringsAt, symbolNames.size(), 1);
  describe(SectionNames, ELF::SHT_STRTAB, 0, namesAt, names.size(), 1);
  return std::nullopt;
}

} // namespace cnnc::emit
