#include "compiler/emit/LibraryFile.h"

#include "compiler/emit/Metadata.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using Elf = object::ELFFile<object::ELF64LE>;

namespace cnnc::emit {
namespace {

/// A string that starts at `offset` of a string table and ends inside it.
std::optional<std::string> stringAt(StringRef table, uint64_t offset) {
  if (offset >= table.size())
    return std::nullopt;
  size_t end = table.find('\0', offset);
  if (end == StringRef::npos)
    return std::nullopt;
  return table.slice(offset, end).str();
}

/// The strings that a section's names are offsets into.
Expected<StringRef> namesOf(const Elf &elf, const Elf::Elf_Shdr &section) {
  auto link = elf.getSection(section.sh_link);
  if (!link)
    return link.takeError();
  return elf.getStringTable(**link);
}

Error readDynamic(const Elf &elf, const Elf::Elf_Shdr &section, LibraryFile &library) {
  auto entries = elf.getSectionContentsAsArray<Elf::Elf_Dyn>(section);
  if (!entries)
    return entries.takeError();
  auto strings = namesOf(elf, section);
  if (!strings)
    return strings.takeError();
  for (const Elf::Elf_Dyn &entry : *entries) {
    if (entry.d_tag != ELF::DT_NEEDED && entry.d_tag != ELF::DT_SONAME)
      continue;
    auto text = stringAt(*strings, entry.d_un.d_val);
    if (!text)
      return createStringError("a name of the dynamic section lies outside its string table");
    if (entry.d_tag == ELF::DT_NEEDED)
      library.needed.push_back(*text);
    else
      library.soname = *text;
  }
  return Error::success();
}

Error readSymbols(const Elf &elf, const Elf::Elf_Shdr &section, LibraryFile &library) {
  auto symbols = elf.symbols(&section);
  if (!symbols)
    return symbols.takeError();
  auto strings = namesOf(elf, section);
  if (!strings)
    return strings.takeError();
  for (const Elf::Elf_Sym &symbol : *symbols) {
    if (symbol.st_shndx == ELF::SHN_UNDEF)
      continue;
    auto name = symbol.getName(*strings);
    if (!name)
      return name.takeError();
    library.exports.push_back(name->str());
  }
  return Error::success();
}

Error readSections(const Elf &elf, LibraryFile &library, std::string &metadata) {
  auto sections = elf.sections();
  if (!sections)
    return sections.takeError();
  for (const Elf::Elf_Shdr &section : *sections) {
    if (section.sh_type == ELF::SHT_NULL)
      continue;
    auto name = elf.getSectionName(section);
    if (!name)
      return name.takeError();
    if (section.sh_type != ELF::SHT_NOBITS && (section.sh_offset > library.fileBytes || section.sh_size > library.fileBytes - section.sh_offset))
      return createStringError("the section " + *name + " reaches past the end of the file");
    library.sections.push_back({name->str(), section.sh_size, section.sh_addralign});
    Error error = Error::success();
    if (*name == kMetadataSection && section.sh_type != ELF::SHT_NOBITS) {
      auto contents = elf.getSectionContents(section);
      if (!contents)
        return contents.takeError();
      metadata = toStringRef(*contents).str();
    } else if (*name == ".note.gnu.build-id") {
      for (const Elf::Elf_Note &note : elf.notes(section, error))
        if (note.getType() == ELF::NT_GNU_BUILD_ID)
          library.buildId = toHex(note.getDesc(section.sh_addralign), /*LowerCase=*/true);
    } else if (section.sh_type == ELF::SHT_DYNAMIC) {
      error = readDynamic(elf, section, library);
    } else if (section.sh_type == ELF::SHT_DYNSYM) {
      error = readSymbols(elf, section, library);
    }
    if (error)
      return error;
  }
  return Error::success();
}

} // namespace

kernels::Result<LibraryFile> readLibrary(const std::string &path) {
  using Failure = kernels::Result<LibraryFile>;
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return Failure::failure("cannot read '" + path + "': " + buffer.getError().message());
  LibraryFile library;
  library.fileBytes = (*buffer)->getBufferSize();
  StringRef bytes = (*buffer)->getBuffer();
  if (bytes.size() < sizeof(Elf::Elf_Ehdr) || !bytes.starts_with(StringRef(ELF::ElfMagic, 4)) || bytes[ELF::EI_CLASS] != ELF::ELFCLASS64 ||
      bytes[ELF::EI_DATA] != ELF::ELFDATA2LSB)
    return Failure::failure("'" + path + "' is no library of cnnc: not a 64-bit little-endian ELF file");
  auto elf = Elf::create(bytes);
  if (!elf)
    return Failure::failure("'" + path + "' is damaged: " + toString(elf.takeError()));
  std::string metadata;
  if (Error error = readSections(*elf, library, metadata))
    return Failure::failure("'" + path + "' is damaged: " + toString(std::move(error)));
  if (metadata.empty())
    return Failure::failure("'" + path + "' is no library of cnnc: it has no section " + kMetadataSection);
  auto document = parseMetadata(metadata);
  if (!document)
    return Failure::failure("'" + path + "' is damaged, or written by another version of cnnc: its section " + kMetadataSection + " cannot be read");
  library.metadata = std::move(*document);
  return library;
}

} // namespace cnnc::emit
