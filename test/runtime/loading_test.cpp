// Libraries in a process: several at once, unloading, exported names.
#include "test/runtime/toy.h"

#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace toy;

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int growthKilobytes = 64 << 10; // freed memory stays in quarantine
#else
constexpr int growthKilobytes = 1024;
#endif

int status(const std::string &field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.rfind(field + ":", 0) == 0)
      return std::stoi(line.substr(field.size() + 1));
  return -1;
}

bool multiplies(const cnnc_api *api, float factor, int threads) {
  Model model(api, threads);
  std::vector<float> x = ramp(2);
  Outputs out;
  return toy::run(api, model.model, x, out) == CNNC_OK && out == expected(x, factor);
}

TEST(Loading, TwoGlobalLibrariesInBothOrders) {
  for (bool swapped : {false, true}) {
    Library first(swapped ? "toy3x" : "toy2x", RTLD_NOW | RTLD_GLOBAL), second(swapped ? "toy2x" : "toy3x", RTLD_NOW | RTLD_GLOBAL);
    EXPECT_TRUE(multiplies(first.api, swapped ? 3 : 2, 2));
    EXPECT_TRUE(multiplies(second.api, swapped ? 2 : 3, 2));
    EXPECT_NE(first.api, second.api);
  }
}

TEST(Loading, OneNetworkUnderTwoNames) {
  Library first("toy2x", RTLD_NOW | RTLD_GLOBAL), second("toy2x_again", RTLD_NOW | RTLD_GLOBAL);
  EXPECT_NE(first.api, second.api);
  EXPECT_STREQ(second->info->name, "toy2x_again");
  EXPECT_TRUE(multiplies(second.api, 2, 2));
}

TEST(Loading, HundredTimesThenThreadsAndMemoryAreBack) {
  {
    Library warm("toy2x");
    EXPECT_TRUE(multiplies(warm.api, 2, 4));
  }
  const int threads = status("Threads"), kilobytes = status("VmRSS");
  for (int i = 0; i < 100; ++i) {
    Library lib("toy2x");
    EXPECT_TRUE(multiplies(lib.api, 2, 4));
  }
  EXPECT_EQ(status("Threads"), threads);
  EXPECT_LE(status("VmRSS"), kilobytes + growthKilobytes);
}

TEST(Loading, MemoryStaysFlatOverRuns) {
  Library lib("toy2x");
  Model model(lib.api, 2);
  std::vector<float> x = ramp(2);
  Outputs out;
  int kilobytes = 0;
  for (int i = 0; i < 20000; ++i) {
    if (i == 1000)
      kilobytes = status("VmRSS");
    ASSERT_EQ(toy::run(lib.api, model.model, x, out), CNNC_OK);
  }
  EXPECT_LE(status("VmRSS"), kilobytes + growthKilobytes);
}

TEST(Loading, ExitWhileAWorkerSpins) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    Library lib("toy2x");
    auto *model = new Model(lib.api, 4); // never destroyed
    std::vector<float> x = ramp(2);
    Outputs out;
    exit(toy::run(lib.api, model->model, x, out));
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Loading, OneThreadMakesNoThreads) {
  Library lib("toy2x");
  const int before = status("Threads");
  Model model(lib.api, 1);
  std::vector<float> x = ramp(2);
  Outputs out;
  ASSERT_EQ(toy::run(lib.api, model.model, x, out), CNNC_OK);
  EXPECT_EQ(status("Threads"), before);
  Model four(lib.api, 4);
  EXPECT_EQ(status("Threads"), before + 3);
}

TEST(Loading, OnlyTheQueriesAreVisible) {
  void *handle = dlopen((std::string(TOY_DIR) + "/libtoy2x.so").c_str(), RTLD_NOW);
  ASSERT_NE(handle, nullptr);
  EXPECT_NE(dlsym(handle, "cnnc_query"), nullptr);
  EXPECT_NE(dlsym(handle, "toy2x_cnnc_query"), nullptr);
  for (const char *name : {"halide_do_par_for", "cnnc_query_impl", "cnnc_plan_data", "cnnc_run", "cnnc_pool_create", "cnnc_sha256_hex"})
    EXPECT_EQ(dlsym(handle, name), nullptr) << name;
  dlclose(handle);
}

} // namespace
