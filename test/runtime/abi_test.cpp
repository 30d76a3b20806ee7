// The C ABI through a loaded library: every error code, views, workspaces, hooks, profile, batches.
#include "test/runtime/toy.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>

using namespace toy;

namespace {

struct AbiTest : testing::Test {
  Library lib{"toy2x"};
  Model toy{lib.api};
  cnnc_error error = newError();
  std::vector<float> x = ramp(2);
  Outputs out{std::vector<float>(2 * image), std::vector<float>(2 * image)};
  Tensor input{x.data(), {2, C, H, W}}, scaled{out.scaled.data(), {2, C, H, W}}, sums{out.sums.data(), {2, C, H, W}};

  int32_t run(const std::function<void(DLTensor &in, DLTensor &scaled, DLTensor &sums)> &change = nullptr) {
    DLTensor in = input.view();
    std::array<DLTensor, 2> outputs{scaled.view(), sums.view()};
    if (change)
      change(in, outputs[0], outputs[1]);
    return lib->run(toy.model, &in, outputs.data(), nullptr, &error);
  }
  void expectMessage(std::initializer_list<const char *> parts) {
    for (const char *part : parts)
      EXPECT_NE(std::string(error.message).find(part), std::string::npos) << "no '" << part << "' in: " << error.message;
  }
};

TEST_F(AbiTest, InfoDescribesTheNetwork) {
  EXPECT_STREQ(lib->info->name, "toy2x");
  EXPECT_EQ(lib->info->num_outputs, 2);
  EXPECT_STREQ(lib->info->outputs[1].name, "sums");
  EXPECT_EQ(lib->info->workspace_bytes, lib->workspace_size(toy.model, 4));
  EXPECT_EQ(lib->workspace_size(toy.model, 0), 0u);
  EXPECT_EQ(lib->workspace_size(toy.model, 5), 0u);
  EXPECT_EQ(lib->check_target(&error), CNNC_OK);
}

TEST_F(AbiTest, QueryRefusesOlderAbi) {
  void *handle = dlopen((std::string(TOY_DIR) + "/libtoy2x.so").c_str(), RTLD_NOW);
  auto query = reinterpret_cast<cnnc_query_fn>(dlsym(handle, "toy2x_cnnc_query"));
  EXPECT_EQ(query(0), nullptr);
  EXPECT_EQ(query(CNNC_ABI_VERSION + 7), lib.api);
  dlclose(handle);
}

TEST_F(AbiTest, DenseRun) {
  ASSERT_EQ(run(), CNNC_OK) << error.message;
  EXPECT_EQ(out, expected(x, 2));
}

TEST_F(AbiTest, HaloIsZeroedBeforeEveryRun) {
  std::vector<char> memory(lib->info->workspace_bytes + 64, static_cast<char>(0xFF));
  const cnnc_run_options options = inWorkspace(memory.data(), lib->info->workspace_bytes);
  ASSERT_EQ(toy::run(lib.api, toy.model, x, out, &error, &options), CNNC_OK) << error.message;
  EXPECT_EQ(out, expected(x, 2));
}

// Halos of thousands of regions are work; few are meant as a rule.
TEST(Counted, HalosAreZeroedOfTheRowsThatAreComputed) {
  for (const auto &[name, least] : {std::pair("counted", 0), {"counted_kernel", 2}})
    for (int32_t count : {-1, 0, 1, 3, 4, 9}) {
      Library lib(name);
      Model model(lib.api);
      std::vector<float> cells(4 * 9), want = cells;
      const int32_t computed = std::clamp(count > 0 ? std::max(count, least) : 0, 0, 4);
      const float untouched = 7;
      for (size_t i = 0; i < want.size(); ++i)
        want[i] = static_cast<int32_t>(i / 9) >= computed ? untouched : i % 9 == 4 ? 1 : 0;
      std::vector<float> memory((lib->info->workspace_bytes + 64) / sizeof(float), untouched);
      const cnnc_run_options options = inWorkspace(memory.data(), lib->info->workspace_bytes);
      int32_t given = least ? count : std::min(count, 4); // a routine bounds it by itself
      Tensor rows(&given, {1}, {}, {kDLInt, 32, 1}), shown(cells.data(), {4, 3, 3});
      DLTensor in = rows.view(), out = shown.view();
      cnnc_error error = newError();
      ASSERT_EQ(lib->run(model.model, &in, &out, &options, &error), CNNC_OK) << error.message;
      EXPECT_EQ(cells, want) << name << " of " << count << " rows";
    }
}

TEST_F(AbiTest, CallerWorkspaceIsCheckedAndNothingElseUsed) {
  const uint64_t bytes = lib->workspace_size(toy.model, 2);
  auto *memory = static_cast<char *>(std::aligned_alloc(64, bytes + 64));
  std::memset(memory, 0x5A, bytes + 64);
  cnnc_run_options options = inWorkspace(memory, bytes - 1);
  EXPECT_EQ(toy::run(lib.api, toy.model, x, out, &error, &options), CNNC_ERROR_WORKSPACE);
  expectMessage({"workspace_size", std::to_string(bytes).c_str()});
  options.workspace = memory + 4;
  options.workspace_bytes = bytes;
  EXPECT_EQ(toy::run(lib.api, toy.model, x, out, &error, &options), CNNC_ERROR_WORKSPACE);
  options.workspace = memory;
  EXPECT_EQ(toy::run(lib.api, toy.model, x, out, &error, &options), CNNC_OK) << error.message;
  EXPECT_EQ(out, expected(x, 2));
  EXPECT_EQ(std::string(memory + bytes, 64), std::string(64, 0x5A));
  std::free(memory);
}

TEST_F(AbiTest, NullArguments) {
  DLTensor in = input.view();
  std::array<DLTensor, 2> outputs{scaled.view(), sums.view()};
  EXPECT_EQ(lib->run(nullptr, &in, outputs.data(), nullptr, &error), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(lib->run(toy.model, nullptr, outputs.data(), nullptr, &error), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"inputs"});
  EXPECT_EQ(lib->run(toy.model, &in, nullptr, nullptr, &error), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"outputs"});
  EXPECT_EQ(lib->create(nullptr, nullptr, &error), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(run([](DLTensor &in, DLTensor &, DLTensor &) { in.data = nullptr; }), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"'x'", "NULL"});
  EXPECT_EQ(run([](DLTensor &in, DLTensor &, DLTensor &) { in.shape = nullptr; }), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(run([](DLTensor &in, DLTensor &, DLTensor &) { in.ndim = -1; }), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(lib->run(toy.model, nullptr, outputs.data(), nullptr, nullptr), CNNC_ERROR_INVALID_ARGUMENT);
  lib->destroy(nullptr);
}

TEST_F(AbiTest, StructSizes) {
  cnnc_model *model = nullptr;
  cnnc_create_options create{};
  EXPECT_EQ(lib->create(&create, &model, &error), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"struct_size is 0"});
  create.struct_size = sizeof create;
  cnnc_hooks hooks{};
  create.hooks = &hooks;
  EXPECT_EQ(lib->create(&create, &model, &error), CNNC_ERROR_INVALID_ARGUMENT);
  hooks.struct_size = sizeof hooks;
  hooks.alloc = [](void *, size_t, size_t) -> void * { return nullptr; };
  EXPECT_EQ(lib->create(&create, &model, &error), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"alloc and free"});
  create.hooks = nullptr;
  create.threads = -1;
  EXPECT_EQ(lib->create(&create, &model, &error), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"threads is -1"});
  EXPECT_EQ(model, nullptr);
  cnnc_run_options options{};
  options.struct_size = 4;
  EXPECT_EQ(toy::run(lib.api, toy.model, x, out, &error, &options), CNNC_ERROR_INVALID_ARGUMENT);
  // A caller of a later version passes more; the rest is ignored.
  struct {
    cnnc_run_options known;
    char later[32];
  } later{};
  later.known.struct_size = sizeof later;
  EXPECT_EQ(toy::run(lib.api, toy.model, x, out, &error, &later.known), CNNC_OK) << error.message;
}

TEST_F(AbiTest, ErrorStructIsFilledAsFarAsItReaches) {
  cnnc_error small = newError();
  small.struct_size = offsetof(cnnc_error, message) + 8;
  std::memset(small.message, 'z', sizeof small.message);
  EXPECT_EQ(lib->run(nullptr, nullptr, nullptr, nullptr, &small), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(small.code, CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_STREQ(small.message, "model i");
  EXPECT_EQ(small.message[8], 'z');
  cnnc_error unset{};
  EXPECT_EQ(lib->run(nullptr, nullptr, nullptr, nullptr, &unset), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(unset.code, 0);
}

TEST_F(AbiTest, Shapes) {
  input.shape = {2, C, H, W + 1};
  EXPECT_EQ(run(), CNNC_ERROR_SHAPE);
  EXPECT_EQ(error.code, CNNC_ERROR_SHAPE);
  expectMessage({"input 'x'", "expected shape [1..4, 2, 3, 5] (NCHW)", "got [2, 2, 3, 6]"});
  input.shape = {2, C, H};
  EXPECT_EQ(run(), CNNC_ERROR_SHAPE);
  input.shape = {5, C, H, W};
  EXPECT_EQ(run(), CNNC_ERROR_SHAPE);
  input.shape = {-1, C, H, W};
  EXPECT_EQ(run(), CNNC_ERROR_SHAPE);
  input.shape = {1, C, H, W};
  EXPECT_EQ(run(), CNNC_ERROR_SHAPE);
  expectMessage({"output 'scaled'", "batch 2 differs from the batch 1 of input 'x'"});
}

TEST_F(AbiTest, HugeRankIsRefused) {
  input.shape.assign(300, 1);
  EXPECT_EQ(run(), CNNC_ERROR_SHAPE);
  expectMessage({"...]"});
}

TEST_F(AbiTest, Dtypes) {
  EXPECT_EQ(run([](DLTensor &in, DLTensor &, DLTensor &) { in.dtype = {kDLFloat, 64, 1}; }), CNNC_ERROR_DTYPE);
  expectMessage({"'x'", "expected f32, got f64"});
  EXPECT_EQ(run([](DLTensor &, DLTensor &scaled, DLTensor &) { scaled.dtype = {kDLInt, 32, 1}; }), CNNC_ERROR_DTYPE);
  expectMessage({"output 'scaled'", "got i32"});
  EXPECT_EQ(run([](DLTensor &in, DLTensor &, DLTensor &) { in.dtype.lanes = 2; }), CNNC_ERROR_DTYPE);
}

TEST_F(AbiTest, Device) {
  EXPECT_EQ(run([](DLTensor &in, DLTensor &, DLTensor &) { in.device.device_type = kDLCUDA; }), CNNC_ERROR_DEVICE);
  expectMessage({"'x'", "copy the data to the CPU"});
}

TEST_F(AbiTest, Alignment) {
  EXPECT_EQ(run([](DLTensor &in, DLTensor &, DLTensor &) { in.byte_offset = 2; }), CNNC_ERROR_ALIGNMENT);
  expectMessage({"'x'", "multiple of 4 bytes"});
}

TEST_F(AbiTest, DataNeedsNoVectorAlignment) {
  const Outputs aligned = expected(x, 2);
  for (size_t shift : {4, 12}) {
    std::array<std::vector<char>, 3> memory;
    std::array<float *, 3> at;
    for (int i = 0; i < 3; ++i) {
      memory[i].resize(2 * image * 4 + 128);
      at[i] = reinterpret_cast<float *>((reinterpret_cast<uintptr_t>(memory[i].data()) + 63) / 64 * 64 + shift);
    }
    std::copy(x.begin(), x.end(), at[0]);
    ASSERT_EQ(run([&](DLTensor &in, DLTensor &scaled, DLTensor &sums) {
                in.data = at[0], scaled.data = at[1];
                sums.data = reinterpret_cast<char *>(at[2]) - 4, sums.byte_offset = 4;
              }),
              CNNC_OK)
        << error.message;
    EXPECT_TRUE(std::equal(aligned.scaled.begin(), aligned.scaled.end(), at[1]));
    EXPECT_TRUE(std::equal(aligned.sums.begin(), aligned.sums.end(), at[2]));
  }
}

// Each element of a [2, C, H, W] view, by its own strides.
std::vector<float> gather(const float *data, const std::vector<int64_t> &strides) {
  std::vector<float> dense;
  for (int64_t n = 0; n < 2; ++n)
    for (int64_t c = 0; c < C; ++c)
      for (int64_t y = 0; y < H; ++y)
        for (int64_t w = 0; w < W; ++w)
          dense.push_back(data[n * strides[0] + c * strides[1] + y * strides[2] + w * strides[3]]);
  return dense;
}

TEST_F(AbiTest, StridedInputs) {
  std::vector<float> memory(4096);
  for (size_t i = 0; i < memory.size(); ++i)
    memory[i] = static_cast<float>(i % 251);
  const std::vector<std::vector<int64_t>> views = {
      {30, 1, 10, 2},     // HWC seen as CHW
      {30, 15, 5, -1},    // backwards in a row
      {-30, -15, -5, -1}, // all backwards
      {0, 15, 5, 1},      // one image for the whole batch
      {0, 0, 0, 0},       // one number for all
      {64, 15, 5, 1},     // gap between dense images
      {200, 100, 20, 3},  // gaps everywhere
      {1, 60, 20, 4},     // batch innermost
  };
  for (const std::vector<int64_t> &strides : views) {
    float *first = memory.data() + 2048;
    input.data = first;
    input.strides = strides;
    ASSERT_EQ(run(), CNNC_OK) << error.message;
    EXPECT_EQ(out, expected(gather(first, strides), 2)) << testing::PrintToString(strides);
  }
}

TEST_F(AbiTest, StridesOfUnitDimensionsAreIgnored) {
  x = ramp(1);
  input = Tensor(x.data(), {1, C, H, W}, {int64_t{1} << 62, 15, 5, 1});
  scaled.shape[0] = sums.shape[0] = 1;
  ASSERT_EQ(run(), CNNC_OK) << error.message;
  out.scaled.resize(image), out.sums.resize(image);
  EXPECT_EQ(out, expected(x, 2));
}

TEST_F(AbiTest, StridedOutputs) {
  const Outputs dense = expected(x, 2);
  for (const std::vector<int64_t> &strides : std::vector<std::vector<int64_t>>{{30, 1, 10, 2}, {-30, -15, -5, -1}, {64, 15, 5, 1}, {1, 60, 20, 4}}) {
    std::vector<float> memory(1024, -7);
    float *first = memory.data() + 512;
    scaled.data = first;
    scaled.strides = strides;
    ASSERT_EQ(run(), CNNC_OK) << error.message;
    EXPECT_EQ(gather(first, strides), dense.scaled) << testing::PrintToString(strides);
    EXPECT_EQ(std::count(memory.begin(), memory.end(), -7), 1024 - 2 * image) << "only the view is written";
    EXPECT_EQ(out.sums, dense.sums);
  }
}

TEST_F(AbiTest, OutputsInterleavedInOneMatrix) {
  std::vector<float> memory(4 * image);
  scaled = Tensor(memory.data(), {2, C, H, W}, {60, 30, 10, 2});
  sums = Tensor(memory.data() + 1, {2, C, H, W}, {60, 30, 10, 2});
  ASSERT_EQ(run(), CNNC_OK) << error.message;
  EXPECT_EQ(gather(memory.data() + 1, sums.strides), expected(x, 2).sums);
}

TEST_F(AbiTest, StridesThatCannotBe) {
  for (const std::vector<int64_t> &strides : std::vector<std::vector<int64_t>>{{0, 15, 5, 1}, {30, 15, 5, 0}, {29, 15, 5, 1}, {30, 15, 4, 1}}) {
    scaled.strides = strides;
    EXPECT_EQ(run(), CNNC_ERROR_STRIDE) << testing::PrintToString(strides);
    expectMessage({"output 'scaled'", "one address"});
  }
  scaled.strides.clear();
  for (int64_t stride : {INT64_MAX, INT64_MIN, INT64_MAX / 2, INT64_MAX / 16, INT64_MIN / 64}) {
    input.strides = {stride, 15, 5, 1};
    EXPECT_EQ(run(), CNNC_ERROR_STRIDE) << stride;
    expectMessage({"input 'x'"});
  }
}

TEST_F(AbiTest, OutputsMayNotOverlapOthers) {
  EXPECT_EQ(run([&](DLTensor &, DLTensor &scaled, DLTensor &) { scaled.data = x.data(); }), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"output 'scaled' overlaps input 'x'"});
  EXPECT_EQ(run([&](DLTensor &, DLTensor &scaled, DLTensor &sums) { sums.data = static_cast<float *>(scaled.data) + 1; }), CNNC_ERROR_INVALID_ARGUMENT);
  expectMessage({"output 'sums' overlaps output 'scaled'"});
}

TEST_F(AbiTest, Batches) {
  for (int64_t batch = 1; batch <= 4; ++batch) {
    x = ramp(batch, static_cast<int>(batch));
    ASSERT_EQ(toy::run(lib.api, toy.model, x, out, &error), CNNC_OK) << error.message;
    EXPECT_EQ(out, expected(x, 2)) << batch;
  }
}

TEST_F(AbiTest, BatchZeroTouchesNothing) {
  for (int threads : {1, 4}) {
    Model model(lib.api, threads);
    Tensor nothing(nullptr, {0, C, H, W});
    DLTensor in = nothing.view();
    std::array<DLTensor, 2> outputs{nothing.view(), nothing.view()};
    EXPECT_EQ(lib->run(model.model, &in, outputs.data(), nullptr, &error), CNNC_OK) << error.message;
    nothing.shape[3] = W + 1;
    EXPECT_EQ(lib->run(model.model, &in, outputs.data(), nullptr, &error), CNNC_ERROR_SHAPE);
  }
}

TEST_F(AbiTest, InputsAreNeverWritten) {
  const std::vector<float> before = x;
  ASSERT_EQ(run(), CNNC_OK);
  EXPECT_EQ(x, before);
}

TEST_F(AbiTest, KernelFailureNamesTheLayer) {
  for (int threads : {1, 4}) {
    Model model(lib.api, threads);
    x[10] = 666;
    EXPECT_EQ(toy::run(lib.api, model.model, x, out, &error), CNNC_ERROR_INTERNAL);
    expectMessage({"layer 'scale'", "'toy_scale'", "66"});
    x[10] = 1;
    EXPECT_EQ(toy::run(lib.api, model.model, x, out, &error), CNNC_OK) << "the model stays usable";
  }
}

TEST_F(AbiTest, Cancel) {
  volatile int32_t cancel = 1;
  const cnnc_run_options options = cancelledBy(&cancel);
  EXPECT_EQ(toy::run(lib.api, toy.model, x, out, &error, &options), CNNC_ERROR_CANCELLED);
  expectMessage({"'scale'", "launch 0 of 3"});
  cancel = 0;
  EXPECT_EQ(toy::run(lib.api, toy.model, x, out, &error, &options), CNNC_OK);
}

TEST_F(AbiTest, CancelFromTheTraceHookStopsBeforeTheNextLaunch) {
  static volatile int32_t cancel;
  cancel = 0;
  const cnnc_hooks hooks = tracing([](void *, const cnnc_trace_event *event) { cancel = event->launch == 1; });
  Model model(lib.api, 1, &hooks);
  const cnnc_run_options options = cancelledBy(&cancel);
  EXPECT_EQ(toy::run(lib.api, model.model, x, out, &error, &options), CNNC_ERROR_CANCELLED);
  expectMessage({"'box'", "launch 2 of 3"});
}

TEST_F(AbiTest, Profile) {
  std::array<cnnc_profile_entry, 3> entries{};
  EXPECT_EQ(lib->profile(toy.model, -1, entries.data(), 3), 3);
  EXPECT_EQ(entries[0].calls, 0u);
  EXPECT_EQ(lib->profile(toy.model, 1, nullptr, 0), 3);
  ASSERT_EQ(run(), CNNC_OK);
  ASSERT_EQ(run(), CNNC_OK);
  EXPECT_EQ(lib->profile(toy.model, 0, entries.data(), 3), 3);
  EXPECT_STREQ(entries[2].layer, "box");
  EXPECT_EQ(entries[2].macs, 9u * image);
  for (const cnnc_profile_entry &entry : entries) {
    EXPECT_EQ(entry.calls, 4u) << "two runs of two images";
    EXPECT_LE(entry.min_ns * entry.calls, entry.total_ns);
  }
  ASSERT_EQ(run(), CNNC_OK);
  entries[1].calls = 99;
  EXPECT_EQ(lib->profile(toy.model, -1, entries.data(), 1), 3);
  EXPECT_EQ(entries[0].calls, 4u) << "stopped";
  EXPECT_EQ(entries[1].calls, 99u) << "beyond the capacity";
  EXPECT_EQ(lib->profile(toy.model, 1, entries.data(), 3), 3);
  EXPECT_EQ(entries[0].calls, 0u) << "starts from zero";
  EXPECT_EQ(lib->profile(nullptr, 1, nullptr, 0), 0);
}

TEST_F(AbiTest, AllocHooksSeeEveryByteAndRunsAllocateNothing) {
  struct Heap {
    std::set<void *> live;
    int allocations = 0;
  } heap;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.user = &heap;
  hooks.alloc = [](void *user, size_t bytes, size_t alignment) {
    void *pointer = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    static_cast<Heap *>(user)->live.insert(pointer);
    ++static_cast<Heap *>(user)->allocations;
    return pointer;
  };
  hooks.free = [](void *user, void *pointer) {
    EXPECT_EQ(static_cast<Heap *>(user)->live.erase(pointer), 1u);
    std::free(pointer);
  };
  {
    Model model(lib.api, 2, &hooks);
    const int atCreate = heap.allocations;
    EXPECT_GE(atCreate, 2);
    for (int i = 0; i < 10; ++i)
      ASSERT_EQ(toy::run(lib.api, model.model, x, out, &error), CNNC_OK);
    EXPECT_EQ(heap.allocations, atCreate);
  }
  EXPECT_TRUE(heap.live.empty());
}

TEST_F(AbiTest, OutOfMemory) {
  static int left;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.alloc = [](void *, size_t bytes, size_t alignment) -> void * {
    return left-- > 0 ? std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) : nullptr;
  };
  hooks.free = [](void *, void *pointer) { std::free(pointer); };
  cnnc_create_options options{};
  options.struct_size = sizeof options;
  options.hooks = &hooks;
  options.threads = 2;
  cnnc_model *model = nullptr;
  for (int allowed = 0; allowed < 3; ++allowed) { // the model, its workspace, its pool
    left = allowed;
    EXPECT_EQ(lib->create(&options, &model, &error), CNNC_ERROR_OUT_OF_MEMORY) << allowed;
    EXPECT_EQ(model, nullptr);
  }
}

TEST_F(AbiTest, RunOutOfMemory) {
  // The trace hook runs the model again while the only workspace is in use, and no memory is left.
  static int left;
  static int32_t inner;
  static Model *nested;
  static const cnnc_api *api;
  left = 2;
  inner = -1;
  api = lib.api;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.alloc = [](void *, size_t bytes, size_t alignment) -> void * {
    return left-- > 0 ? std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) : nullptr;
  };
  hooks.free = [](void *, void *pointer) { std::free(pointer); };
  hooks.trace = [](void *, const cnnc_trace_event *) {
    std::vector<float> again = ramp(1);
    Outputs ignored;
    if (inner < 0)
      inner = toy::run(api, nested->model, again, ignored);
  };
  Model model(lib.api, 1, &hooks);
  nested = &model;
  EXPECT_EQ(toy::run(lib.api, model.model, x, out, &error), CNNC_OK) << error.message;
  EXPECT_EQ(inner, CNNC_ERROR_OUT_OF_MEMORY);
}

TEST_F(AbiTest, ParallelForHookReplacesThePool) {
  static std::atomic<int> loops;
  loops = 0;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.parallel_for = [](void *, cnnc_task task, void *context, int32_t begin, int32_t count, uint8_t *closure) {
    ++loops;
    for (int32_t i = begin + count - 1; i >= begin; --i)
      if (int result = task(context, i, closure))
        return result;
    return 0;
  };
  Model model(lib.api, 4, &hooks);
  ASSERT_EQ(toy::run(lib.api, model.model, x, out, &error), CNNC_OK) << error.message;
  EXPECT_EQ(out, expected(x, 2));
  EXPECT_EQ(loops, 4) << "two loops an image";
  x[0] = 666;
  EXPECT_EQ(toy::run(lib.api, model.model, x, out, &error), CNNC_ERROR_INTERNAL);
  loops = 0;
  Model serial(lib.api, 1, &hooks);
  EXPECT_EQ(toy::run(lib.api, serial.model, x, out, &error), CNNC_ERROR_INTERNAL);
  EXPECT_EQ(loops, 0) << "one thread asks nobody";
}

TEST_F(AbiTest, TraceShowsEveryLaunchWithItsLayout) {
  struct Seen {
    std::vector<std::string> layers;
    std::vector<int64_t> images;
    std::vector<float> padded;
  } seen;
  const cnnc_hooks hooks = tracing(
      [](void *user, const cnnc_trace_event *event) {
        auto *seen = static_cast<Seen *>(user);
        EXPECT_GE(event->struct_size, sizeof(cnnc_trace_event));
        EXPECT_LE(event->begin_ns, event->end_ns);
        EXPECT_EQ(std::vector<int64_t>(event->shape, event->shape + event->ndim), (std::vector<int64_t>{1, C, H, W}));
        seen->layers.push_back(event->layer);
        seen->images.push_back(event->image);
        EXPECT_EQ(event->block, event->launch == 1 ? 4 : 0);
        if (event->launch == 1 && event->image == 0) {
          EXPECT_EQ(event->halo[2], 1);
          seen->padded.assign(static_cast<const float *>(event->data), static_cast<const float *>(event->data) + 5 * 7 * 4);
        }
      },
      &seen);
  Model model(lib.api, 1, &hooks);
  ASSERT_EQ(toy::run(lib.api, model.model, x, out, &error), CNNC_OK);
  EXPECT_EQ(seen.layers, (std::vector<std::string>{"scale", "pad", "box", "scale", "pad", "box"}));
  EXPECT_EQ(seen.images, (std::vector<int64_t>{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(seen.padded[(1 * 7 + 1) * 4], 2 * x[0]);
  EXPECT_EQ(seen.padded[0], 0);
}

TEST_F(AbiTest, LogHookGetsTheError) {
  std::string logged;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.user = &logged;
  hooks.log = [](void *user, int32_t level, const char *message) {
    EXPECT_EQ(level, CNNC_LOG_ERROR);
    *static_cast<std::string *>(user) = message;
  };
  Model model(lib.api, 1, &hooks);
  EXPECT_EQ(lib->run(model.model, nullptr, nullptr, nullptr, &error), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(logged, error.message);
}

TEST(MixedBatch, LaunchesSeeAllImagesAndUnbatchedTensors) {
  Library lib("mixed");
  Model model(lib.api);
  std::vector<float> x{1, 2, 3, 5, 6, 7}, bias{10, 20, 30}, mean(6);
  Tensor in(x.data(), {2, 3}), row(bias.data(), {3}), to(mean.data(), {3});
  std::array<DLTensor, 2> inputs{in.view(), row.view()};
  DLTensor output = to.view();
  cnnc_error error = newError();
  ASSERT_EQ(lib->run(model.model, inputs.data(), &output, nullptr, &error), CNNC_OK) << error.message;
  EXPECT_EQ(mean, (std::vector<float>{13, 24, 35, 0, 0, 0}));
  cnnc_profile_entry entry;
  lib->profile(model.model, 1, nullptr, 0);
  ASSERT_EQ(lib->run(model.model, inputs.data(), &output, nullptr, &error), CNNC_OK);
  EXPECT_EQ(lib->profile(model.model, 0, &entry, 1), 1);
  EXPECT_EQ(entry.calls, 1u) << "once for both images";
  // Everything strided: x column-major, bias backwards, mean with gaps.
  std::vector<int64_t> columns{1, 2}, backwards{-1}, gaps{2};
  inputs[0].strides = columns.data();
  inputs[1].data = &bias[2], inputs[1].strides = backwards.data();
  output.strides = gaps.data();
  ASSERT_EQ(lib->run(model.model, inputs.data(), &output, nullptr, &error), CNNC_OK) << error.message;
  EXPECT_EQ(mean, (std::vector<float>{31.5, 24, 24, 0, 16.5, 0}));
}

TEST(Target, LackingFeatureIsNamedAndNothingIsCreated) {
  Library lib("alien");
  cnnc_error error = newError();
  EXPECT_EQ(lib->check_target(&error), CNNC_ERROR_TARGET);
  EXPECT_NE(std::string(error.message).find("alien-isa"), std::string::npos) << error.message;
  auto *model = reinterpret_cast<cnnc_model *>(8);
  EXPECT_EQ(lib->create(nullptr, &model, &error), CNNC_ERROR_TARGET);
  EXPECT_EQ(model, nullptr);
}

TEST(Plan, BrokenPlanIsRefused) {
  Library lib("broken");
  cnnc_error error = newError();
  cnnc_model *model = nullptr;
  EXPECT_EQ(lib->create(nullptr, &model, &error), CNNC_ERROR_INTERNAL);
  EXPECT_NE(std::string(error.message).find("layer 'pad': end of an argument"), std::string::npos) << error.message;
}

struct ExternalWeights : testing::Test {
  Library lib{"external"};
  cnnc_error error = newError();
  std::string path = testing::TempDir() + "toy-weights.bin";
  int32_t create(const char *file, std::vector<float> weights) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char *>(weights.data()), weights.size() * 4);
    cnnc_create_options options{};
    options.struct_size = sizeof options;
    options.weights_path = file;
    const int32_t status = lib->create(&options, &model, &error);
    if (status == CNNC_OK) {
      std::vector<float> x = ramp(1);
      Outputs out;
      EXPECT_EQ(toy::run(lib.api, model, x, out), CNNC_OK);
      EXPECT_EQ(out, expected(x, 2));
      lib->destroy(model);
    }
    return status;
  }
  static std::vector<float> good() {
    std::vector<float> weights(32);
    weights[16] = 2;
    return weights;
  }
  cnnc_model *model = nullptr;
  ~ExternalWeights() override { std::remove(path.c_str()); }
};

TEST_F(ExternalWeights, Mapped) { EXPECT_EQ(create(path.c_str(), good()), CNNC_OK) << error.message; }

TEST_F(ExternalWeights, Refused) {
  EXPECT_EQ(create(nullptr, good()), CNNC_ERROR_WEIGHTS);
  EXPECT_NE(std::string(error.message).find("weights_path"), std::string::npos);
  EXPECT_EQ(create("/nonexistent/weights", good()), CNNC_ERROR_WEIGHTS);
  EXPECT_EQ(create(testing::TempDir().c_str(), good()), CNNC_ERROR_WEIGHTS);
  std::vector<float> wrong = good();
  wrong[0] = 1;
  EXPECT_EQ(create(path.c_str(), wrong), CNNC_ERROR_WEIGHTS);
  EXPECT_NE(std::string(error.message).find("SHA-256"), std::string::npos);
  wrong = good();
  wrong.pop_back();
  EXPECT_EQ(create(path.c_str(), wrong), CNNC_ERROR_WEIGHTS);
  EXPECT_NE(std::string(error.message).find("124 bytes, expected 128"), std::string::npos);
}

} // namespace
