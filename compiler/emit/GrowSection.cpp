// Source: System V ABI, chapters 4 (sections) and 5 (segments): a segment's offset and address agree modulo its alignment.
#include "compiler/emit/GrowSection.h"

#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using Elf = object::ELFFile<object::ELF64LE>;

namespace cnnc::emit {
namespace {

/// The headers that describe a section, and where they stand in the file.
struct Place {
  Elf::Elf_Shdr section;
  Elf::Elf_Phdr segment;
  uint64_t sectionAt, segmentAt, fileBytes;
};

Expected<Place> find(const std::string &path, StringRef name) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(buffer.getError(), "cannot read '" + path + "': " + buffer.getError().message());
  auto elf = Elf::create((*buffer)->getBuffer());
  if (!elf)
    return elf.takeError();
  auto sections = elf->sections();
  auto segments = elf->program_headers();
  if (!sections)
    return sections.takeError();
  if (!segments)
    return segments.takeError();
  auto offsetOf = [&](const auto &header) { return static_cast<uint64_t>(reinterpret_cast<const char *>(&header) - (*buffer)->getBufferStart()); };
  for (const Elf::Elf_Shdr &section : *sections) {
    auto found = elf->getSectionName(section);
    if (!found)
      return found.takeError();
    if (*found != name)
      continue;
    for (const Elf::Elf_Phdr &segment : *segments) {
      bool holds = segment.p_type == ELF::PT_LOAD && segment.p_vaddr == section.sh_addr && segment.p_memsz == section.sh_size;
      bool last = llvm::all_of(*segments, [&](const Elf::Elf_Phdr &other) { return other.p_type != ELF::PT_LOAD || other.p_vaddr <= segment.p_vaddr; });
      if (holds && last)
        return Place{section, segment, offsetOf(section), offsetOf(segment), (*buffer)->getBufferSize()};
    }
    return createStringError("section " + name + " of '" + path + "' is not alone in the last segment");
  }
  return createStringError("'" + path + "' has no section " + name);
}

} // namespace

std::optional<std::string> growSection(const std::string &path, StringRef name, uint64_t bytes, function_ref<std::optional<std::string>(raw_ostream &)> fill) {
  Expected<Place> place = find(path, name);
  if (!place)
    return toString(place.takeError());
  std::error_code code;
  raw_fd_ostream file(path, code, sys::fs::CD_OpenExisting, sys::fs::FA_Write, sys::fs::OF_None);
  std::optional<std::string> failure;
  if (!code) {
    uint64_t begin = alignTo(place->fileBytes, place->segment.p_align);
    file.seek(place->fileBytes);
    file.write_zeros(begin - place->fileBytes);
    failure = fill(file);
    place->section.sh_offset = begin;
    place->section.sh_size = bytes;
    place->segment.p_offset = begin;
    place->segment.p_filesz = bytes;
    place->segment.p_memsz = bytes;
    file.pwrite(reinterpret_cast<const char *>(&place->section), sizeof place->section, place->sectionAt);
    file.pwrite(reinterpret_cast<const char *>(&place->segment), sizeof place->segment, place->segmentAt);
    file.close();
    code = file.error();
    file.clear_error();
  }
  if (failure)
    return failure;
  if (code)
    return "cannot write '" + path + "': " + code.message();
  return std::nullopt;
}

} // namespace cnnc::emit
