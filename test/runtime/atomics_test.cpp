// A run on one thread takes no locked instruction between its beginning and its end: the processor's single-step mode shows each instruction that `run`
// executes. x86-64 only, where a locked instruction is known by its bytes.
#include "test/runtime/toy.h"

#include <csignal>
#include <functional>
#include <ucontext.h>
#include <unistd.h>

extern "C" const cnnc_api *toy2x_cnnc_query(uint32_t max_abi);

using namespace toy;

#if defined(__x86_64__)
namespace {

/// Whether the instruction has the LOCK prefix, or is an exchange with memory, which is locked without one. Intel SDM vol. 2A, ch. 2.
bool isLocked(const uint8_t *code) {
  bool locked = false;
  for (;; ++code) {
    locked = locked || *code == 0xF0;
    const bool legacy = *code == 0xF0 || *code == 0xF2 || *code == 0xF3 || *code == 0x66 || *code == 0x67 || *code == 0x2E || *code == 0x36 || *code == 0x3E ||
                        *code == 0x26 || *code == 0x64 || *code == 0x65;
    if (!legacy)
      break;
  }
  if ((*code & 0xF0) == 0x40) // REX
    ++code;
  const bool exchange = *code == 0x86 || *code == 0x87;
  return locked || (exchange && code[1] < 0xC0);
}

struct Steps {
  int64_t all = 0, locked = 0;
};
Steps steps;

void onStep(int, siginfo_t *, void *context) {
  ++steps.all;
  steps.locked += isLocked(reinterpret_cast<const uint8_t *>(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RIP]));
}

/// What this thread executes in `body`.
Steps trace(const std::function<void()> &body) {
  struct sigaction action{}, before{};
  action.sa_sigaction = onStep;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, &before);
  steps = {};
  __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
  body();
  __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
  sigaction(SIGTRAP, &before, nullptr);
  return steps;
}

/// A run of `batch` images, in the caller's workspace or the model's own.
Steps traceRun(int threads, int64_t batch, bool ownWorkspace) {
  Model model(toy2x_cnnc_query(CNNC_ABI_VERSION), threads);
  std::vector<float> x = ramp(batch), scaled(x.size()), sums(x.size());
  Tensor input(x.data(), {batch, C, H, W}), first(scaled.data(), {batch, C, H, W}), second(sums.data(), {batch, C, H, W});
  DLTensor in = input.view();
  std::array<DLTensor, 2> out{first.view(), second.view()};
  cnnc_run_options options{};
  options.struct_size = sizeof options;
  options.workspace_bytes = model.api->workspace_size(model.model, batch);
  std::vector<uint8_t> memory(options.workspace_bytes + 64);
  if (!ownWorkspace)
    options.workspace = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64);
  int32_t status = -1;
  model.api->run(model.model, &in, out.data(), &options, nullptr); // binds symbols
  const Steps result = trace([&] { status = model.api->run(model.model, &in, out.data(), &options, nullptr); });
  EXPECT_EQ(status, CNNC_OK);
  EXPECT_EQ(scaled, expected(x, 2).scaled);
  EXPECT_EQ(sums, expected(x, 2).sums);
  return result;
}

TEST(Atomics, LockedInstructionsAreKnown) {
  const uint8_t lockAdd[] = {0xF0, 0x48, 0x83, 0x00, 0x01}, exchange[] = {0x87, 0x07}, swapOfRegisters[] = {0x48, 0x87, 0xC3}, add[] = {0x48, 0x83, 0x00, 0x01};
  EXPECT_TRUE(isLocked(lockAdd));
  EXPECT_TRUE(isLocked(exchange));
  EXPECT_FALSE(isLocked(swapOfRegisters));
  EXPECT_FALSE(isLocked(add));
}

TEST(Atomics, NoneOnOneThread) {
  const Steps one = traceRun(1, 1, false), two = traceRun(1, 2, false);
  EXPECT_GT(two.all, one.all + 300);
  EXPECT_EQ(one.locked, 0);
  EXPECT_EQ(two.locked, 0);
}

TEST(Atomics, TwoForAWorkspaceOfTheModel) {
  EXPECT_EQ(traceRun(1, 1, true).locked, 2);
  EXPECT_EQ(traceRun(1, 2, true).locked, 2);
}

TEST(Atomics, SomeForALoopOnThePool) { EXPECT_GT(traceRun(2, 1, false).locked, 0); }

} // namespace
#endif
