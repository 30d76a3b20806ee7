// Parts of runtime/lib by themselves.
#include "runtime/lib/internal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string sha256(const std::string &text) {
  char hex[CNNC_SHA256_HEX];
  cnnc_sha256_hex(reinterpret_cast<const uint8_t *>(text.data()), text.size(), hex);
  return hex;
}

// FIPS 180-4 examples, and the lengths around the padding's limits (values of Python's hashlib).
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(sha256(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
  EXPECT_EQ(sha256(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

#if defined(__x86_64__)
// Every register bit set: what a machine with everything reports.
cnnc_cpu_state everything() { return {~0u, ~0u, ~0u, ~0u, ~0u, ~uint64_t{0}}; }

TEST(Cpu, OperatingSystemStateDecides) {
  cnnc_cpu_state state = everything();
  EXPECT_TRUE(cnnc_cpu_has(&state, CNNC_CPU_AVX512VNNI));
  EXPECT_FALSE(cnnc_cpu_has(&state, CNNC_CPU_NEON));
  EXPECT_TRUE(cnnc_cpu_has(&state, CNNC_CPU_AMX_BF16));
  state.xcr0 = 0x200e7; // the configuration of tiles saved, their data not
  EXPECT_FALSE(cnnc_cpu_has(&state, CNNC_CPU_AMX_TILE));
  EXPECT_FALSE(cnnc_cpu_has(&state, CNNC_CPU_AMX_BF16));
  EXPECT_TRUE(cnnc_cpu_has(&state, CNNC_CPU_AVX512F));
  state.xcr0 = 0x07; // AVX state saved, AVX-512 state not
  EXPECT_TRUE(cnnc_cpu_has(&state, CNNC_CPU_AVX2));
  EXPECT_TRUE(cnnc_cpu_has(&state, CNNC_CPU_FMA));
  for (int32_t feature :
       {CNNC_CPU_AVX512F, CNNC_CPU_AVX512BW, CNNC_CPU_AVX512DQ, CNNC_CPU_AVX512VL, CNNC_CPU_AVX512CD, CNNC_CPU_AVX512VNNI, CNNC_CPU_AVX512BF16})
    EXPECT_FALSE(cnnc_cpu_has(&state, feature)) << feature;
  state.xcr0 = 0x67; // upper 16 registers not saved
  EXPECT_FALSE(cnnc_cpu_has(&state, CNNC_CPU_AVX512F));
  state.xcr0 = 0x03;
  EXPECT_FALSE(cnnc_cpu_has(&state, CNNC_CPU_AVX));
  EXPECT_FALSE(cnnc_cpu_has(&state, CNNC_CPU_F16C));
  EXPECT_TRUE(cnnc_cpu_has(&state, CNNC_CPU_SSE41));
  EXPECT_TRUE(cnnc_cpu_has(&state, CNNC_CPU_BMI2));
}

TEST(Cpu, EachFeatureHasItsOwnBit) {
  const struct {
    int32_t feature;
    uint32_t cnnc_cpu_state::*word;
    int bit;
  } bits[] = {{CNNC_CPU_SSE41, &cnnc_cpu_state::leaf1_ecx, 19},      {CNNC_CPU_FMA, &cnnc_cpu_state::leaf1_ecx, 12},
              {CNNC_CPU_F16C, &cnnc_cpu_state::leaf1_ecx, 29},       {CNNC_CPU_AVX2, &cnnc_cpu_state::leaf7_ebx, 5},
              {CNNC_CPU_BMI2, &cnnc_cpu_state::leaf7_ebx, 8},        {CNNC_CPU_AVX512F, &cnnc_cpu_state::leaf7_ebx, 16},
              {CNNC_CPU_AVX512DQ, &cnnc_cpu_state::leaf7_ebx, 17},   {CNNC_CPU_AVX512CD, &cnnc_cpu_state::leaf7_ebx, 28},
              {CNNC_CPU_AVX512BW, &cnnc_cpu_state::leaf7_ebx, 30},   {CNNC_CPU_AVX512VL, &cnnc_cpu_state::leaf7_ebx, 31},
              {CNNC_CPU_AVX512VNNI, &cnnc_cpu_state::leaf7_ecx, 11}, {CNNC_CPU_AVX512BF16, &cnnc_cpu_state::leaf7_1_eax, 5},
              {CNNC_CPU_AMX_BF16, &cnnc_cpu_state::leaf7_edx, 22},   {CNNC_CPU_AMX_TILE, &cnnc_cpu_state::leaf7_edx, 24}};
  for (const auto &row : bits) {
    cnnc_cpu_state state = everything();
    state.*row.word &= ~(1u << row.bit);
    EXPECT_FALSE(cnnc_cpu_has(&state, row.feature)) << row.feature;
    EXPECT_TRUE(cnnc_cpu_has(&state, row.feature == CNNC_CPU_BMI2 ? CNNC_CPU_SSE41 : CNNC_CPU_BMI2));
  }
}
#endif

TEST(Errors, MessageIsCutBetweenCharacters) {
  cnnc_error error{};
  error.struct_size = sizeof error;
  std::string text(246, 'a');
  text += "\xC3\xA9\xC3\xA9"; // two-byte letters across the limit of 247
  EXPECT_EQ(cnnc_fail(nullptr, &error, CNNC_ERROR_SHAPE, "%s", text.c_str()), CNNC_ERROR_SHAPE);
  EXPECT_EQ(std::string(error.message), std::string(246, 'a'));
}

struct Pool : testing::TestWithParam<int> {
  cnnc_hooks hooks{};
  cnnc_pool *pool = cnnc_pool_create(&hooks, GetParam(), nullptr);
  ~Pool() override { cnnc_pool_destroy(&hooks, pool); }
};

TEST_P(Pool, EveryIndexOnce) {
  for (int size : {1, 2, 7, 64, 1000}) {
    std::vector<std::atomic<int>> hits(size);
    auto task = [](void *context, int32_t, int32_t index, uint8_t *) {
      ++(*static_cast<std::vector<std::atomic<int>> *>(context))[index + 3];
      return 0;
    };
    ASSERT_EQ(cnnc_pool_run(pool, task, &hits, -3, size, nullptr), 0);
    for (const std::atomic<int> &hit : hits)
      EXPECT_EQ(hit, 1);
  }
}

TEST_P(Pool, NumbersItsThreads) {
  static std::vector<std::atomic<int>> inside(9);
  auto task = [](void *context, int32_t thread, int32_t, uint8_t *) {
    const int others = inside[thread]++;
    std::this_thread::yield();
    --inside[thread];
    return others == 0 && thread < *static_cast<int *>(context) ? 0 : 1; // nobody else has that number
  };
  int threads = GetParam();
  EXPECT_EQ(cnnc_pool_run(pool, task, &threads, 0, 1000, nullptr), 0);
}

TEST_P(Pool, ManyShortLoops) {
  std::atomic<int64_t> sum = 0;
  auto task = [](void *context, int32_t, int32_t index, uint8_t *) {
    *static_cast<std::atomic<int64_t> *>(context) += index;
    return 0;
  };
  for (int i = 0; i < 20000; ++i)
    cnnc_pool_run(pool, task, &sum, 0, 5, nullptr);
  EXPECT_EQ(sum, 20000 * 10);
}

TEST_P(Pool, ErrorStopsTheLoop) {
  std::atomic<int> calls = 0;
  auto task = [](void *context, int32_t, int32_t index, uint8_t *) {
    ++*static_cast<std::atomic<int> *>(context);
    return index == 0 ? -9 : 0;
  };
  EXPECT_EQ(cnnc_pool_run(pool, task, &calls, 0, 1 << 30, nullptr), -9);
  EXPECT_LT(calls, 1 << 30);
  EXPECT_EQ(cnnc_pool_run(pool, [](void *, int32_t, int32_t, uint8_t *) { return 0; }, nullptr, 0, 8, nullptr), 0);
}

TEST_P(Pool, LoopInALoopRunsInline) {
  struct Context {
    cnnc_pool *pool;
    std::atomic<int> inner;
  } context{pool, 0};
  auto outer = [](void *argument, int32_t, int32_t, uint8_t *) {
    auto inner = [](void *argument, int32_t, int32_t, uint8_t *) {
      ++static_cast<Context *>(argument)->inner;
      return 0;
    };
    return cnnc_pool_run(static_cast<Context *>(argument)->pool, inner, argument, 0, 10, nullptr);
  };
  EXPECT_EQ(cnnc_pool_run(pool, outer, &context, 0, 10, nullptr), 0);
  EXPECT_EQ(context.inner, 100);
}

INSTANTIATE_TEST_SUITE_P(Threads, Pool, testing::Values(1, 2, 4, 9));

TEST(PlanTables, WorkspaceCountsOneImagePerTensor) {
  EXPECT_EQ(cnnc_workspace_bytes(&cnnc_plan_data, 1), cnnc_plan_data.info.workspace_bytes);
  EXPECT_EQ(cnnc_workspace_bytes(&cnnc_plan_data, 4), cnnc_plan_data.info.workspace_bytes);
}

TEST(Halide, BufferLayoutIsHalides) { // HalideRuntime.h of Halide 21, 64-bit
  EXPECT_EQ(sizeof(cnnc_halide_dim), 16u);
  EXPECT_EQ(sizeof(cnnc_halide_buffer), 56u);
  EXPECT_EQ(offsetof(cnnc_halide_buffer, host), 16u);
  EXPECT_EQ(offsetof(cnnc_halide_buffer, type), 32u);
  EXPECT_EQ(offsetof(cnnc_halide_buffer, dim), 40u);
}

} // namespace
