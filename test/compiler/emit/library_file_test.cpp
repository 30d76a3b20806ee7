// What a library's file holds, and that a damaged one is an error.
#include "compiler/emit/Emit.h"
#include "compiler/emit/LibraryFile.h"
#include "test/compiler/emit/TinyNetwork.h"

#include "llvm/Object/ELF.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace cnnc;
using namespace cnnc::emit;
using namespace cnnc::emit::test;
namespace ELF = llvm::ELF;

namespace {

struct LibraryFileTest : testing::Test {
  void SetUp() override {
    auto module = tiny.parse(TinyNetwork::text());
    EmitOptions options;
    options.outputFolder = folder.path("out");
    auto files = emitLibrary(*module, tiny.target, tiny.kernels, options);
    ASSERT_TRUE(files) << files.error();
    path = files->library;
    bytes = readFile(path);
  }
  kernels::Result<LibraryFile> readBytes(const std::string &text) {
    std::error_code code;
    llvm::raw_fd_ostream(folder.path("damaged.so"), code) << text;
    return readLibrary(folder.path("damaged.so"));
  }
  TemporaryFolder folder;
  TinyNetwork tiny;
  std::string path, bytes;
};

TEST_F(LibraryFileTest, HoldsWhatItSays) {
  auto library = readLibrary(path);
  ASSERT_TRUE(library) << library.error();
  EXPECT_EQ(library->soname, "libtiny.so");
  EXPECT_EQ(library->buildId.size(), 40u);
  std::vector<std::string> exports = library->exports;
  std::sort(exports.begin(), exports.end());
  EXPECT_EQ(exports, (std::vector<std::string>{"cnnc_query", "tiny_cnnc_query"}));
  EXPECT_EQ(library->needed, std::vector<std::string>{"libc.so.6"});
  EXPECT_EQ(library->metadata["network"], "tiny");
  EXPECT_EQ(library->fileBytes, bytes.size());
  uint64_t alignment = 0;
  for (const SectionSize &section : library->sections)
    if (section.name == ".cnnc_weights")
      alignment = section.alignment;
  EXPECT_EQ(alignment, 4096u); // the weights start a page
}

TEST_F(LibraryFileTest, IsHardened) {
  auto elf = llvm::cantFail(llvm::object::ELFFile<llvm::object::ELF64LE>::create(bytes));
  bool relro = false, stack = false, now = false, writable = false;
  for (const auto &header : llvm::cantFail(elf.program_headers())) {
    relro |= header.p_type == ELF::PT_GNU_RELRO;
    stack |= header.p_type == ELF::PT_GNU_STACK && !(header.p_flags & ELF::PF_X);
    writable |= header.p_type == ELF::PT_LOAD && (header.p_flags & ELF::PF_W) && (header.p_flags & ELF::PF_X);
  }
  for (const auto &entry : llvm::cantFail(elf.dynamicEntries())) {
    now |= entry.d_tag == ELF::DT_FLAGS && (entry.d_un.d_val & ELF::DF_BIND_NOW);
    EXPECT_NE(entry.d_tag, ELF::DT_RPATH);
    EXPECT_NE(entry.d_tag, ELF::DT_RUNPATH);
    EXPECT_NE(entry.d_tag, ELF::DT_TEXTREL);
  }
  EXPECT_TRUE(relro && stack && now);
  EXPECT_FALSE(writable);
}

TEST_F(LibraryFileTest, ATruncatedFileIsAnError) {
  for (size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 97)
    EXPECT_FALSE(readBytes(bytes.substr(0, length))) << length;
}

TEST_F(LibraryFileTest, DamagedHeadersNeverCrash) {
  uint64_t headers;
  std::memcpy(&headers, bytes.data() + 40, sizeof headers); // e_shoff
  int errors = 0;
  auto damage = [&](size_t at) {
    for (char value : {'\x00', '\x7f', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = value;
      errors += !readBytes(damaged);
    }
  };
  for (size_t at = 0; at < 64; ++at)
    damage(at);
  for (size_t at = headers; at < bytes.size(); at += 5)
    damage(at);
  EXPECT_GT(errors, 0);
}

TEST_F(LibraryFileTest, OtherFilesAreNamed) {
  auto text = readBytes("not an ELF file, but long enough to hold the header of one: 64 bytes at the least");
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().find("no library of cnnc"), std::string::npos) << text.error();
  auto missing = readLibrary(folder.path("missing.so"));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("cannot read"), std::string::npos) << missing.error();
}

} // namespace
