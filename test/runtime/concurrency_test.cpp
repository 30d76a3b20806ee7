// Many threads, one model; several models; fork. The library is linked into this program, so that it also builds for ThreadSanitizer.
#include "test/runtime/toy.h"

#include <atomic>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern "C" const cnnc_api *toy2x_cnnc_query(uint32_t max_abi);

using namespace toy;

namespace {

const cnnc_api *api() { return toy2x_cnnc_query(CNNC_ABI_VERSION); }

void inThreads(int count, const std::function<void(int)> &body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back(body, i);
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Concurrency, SixteenCallersGetTheSerialBits) {
  for (int poolThreads : {1, 4}) {
    Model model(api(), poolThreads);
    std::atomic<int> wrong = 0;
    inThreads(16, [&](int caller) {
      for (int i = 0; i < 200; ++i) {
        std::vector<float> x = ramp(1 + (caller + i) % 4, caller);
        Outputs out;
        if (toy::run(model.api, model.model, x, out) != CNNC_OK || out != expected(x, 2))
          ++wrong;
      }
    });
    EXPECT_EQ(wrong, 0) << poolThreads;
  }
}

TEST(Concurrency, SixteenCallersShareOneInput) {
  Model model(api(), 4);
  std::vector<float> x = ramp(4);
  const Outputs serial = expected(x, 2);
  std::atomic<int> wrong = 0;
  inThreads(16, [&](int) {
    for (int i = 0; i < 200; ++i) {
      Outputs out;
      wrong += toy::run(model.api, model.model, x, out) != CNNC_OK || out != serial;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Concurrency, ProfileAndCancelWhileRunning) {
  Model model(api(), 2);
  volatile int32_t cancel = 0;
  const cnnc_run_options options = cancelledBy(&cancel);
  std::atomic<int> wrong = 0;
  std::atomic<uint64_t> finished = 0;
  EXPECT_EQ(model.api->profile(model.model, 1, nullptr, 0), 3);
  inThreads(4, [&](int caller) {
    std::vector<float> x = ramp(1);
    Outputs out;
    for (int i = 0; i < 300; ++i) {
      if (caller == 0 && i == 200)
        __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
      cnnc_profile_entry entries[3];
      model.api->profile(model.model, -1, entries, 3);
      const int32_t status = toy::run(model.api, model.model, x, out, nullptr, &options);
      wrong += status != CNNC_OK && status != CNNC_ERROR_CANCELLED;
      finished += status == CNNC_OK;
    }
  });
  EXPECT_EQ(wrong, 0);
  cnnc_profile_entry entries[3];
  model.api->profile(model.model, 0, entries, 3);
  EXPECT_EQ(entries[2].calls, finished);
  std::vector<float> x = ramp(1);
  Outputs out;
  EXPECT_EQ(toy::run(model.api, model.model, x, out, nullptr, &options), CNNC_ERROR_CANCELLED);
}

// Of a batch that has an image for each thread or more: whole rounds side by side, the others one by one.
TEST(Batch, ImagesSideBySideGetTheSerialBits) {
  for (int threads : {2, 3, 4}) {
    Model model(api(), threads);
    for (int64_t batch = 1; batch <= 4; ++batch)
      for (int i = 0; i < 50; ++i) {
        std::vector<float> x = ramp(batch, i);
        Outputs out;
        ASSERT_EQ(toy::run(model.api, model.model, x, out), CNNC_OK);
        ASSERT_EQ(out, expected(x, 2)) << threads << " threads, batch " << batch;
      }
  }
}

TEST(Batch, StridedImagesSideBySide) {
  Model model(api(), 2);
  std::vector<float> x = ramp(4), padded(4 * (image + 3), -1), out(4 * image);
  Tensor input(x.data(), {4, C, H, W}, {image, 1, W * C, C}), scaled(padded.data(), {4, C, H, W}, {image + 3, 1, W * C, C}), sums(out.data(), {4, C, H, W});
  DLTensor in = input.view();
  std::array<DLTensor, 2> outputs{scaled.view(), sums.view()};
  ASSERT_EQ(model.api->run(model.model, &in, outputs.data(), nullptr, nullptr), CNNC_OK);
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t k = 0; k < image + 3; ++k)
      EXPECT_EQ(padded[i * (image + 3) + k], k < image ? 2 * x[i * image + k] : -1) << i << " " << k;
}

TEST(Batch, OneFailureIsReportedOnce) {
  static std::atomic<int> logged;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.log = [](void *, int32_t, const char *) { ++logged; };
  Model model(api(), 2, &hooks);
  for (int64_t wrong = 0; wrong < 4; ++wrong) {
    std::vector<float> x = ramp(4);
    x[wrong * image] = 666;
    Outputs out;
    cnnc_error error = newError();
    logged = 0;
    EXPECT_EQ(toy::run(model.api, model.model, x, out, &error), CNNC_ERROR_INTERNAL);
    EXPECT_NE(std::string(error.message).find("layer 'scale', kernel 'toy_scale': failed with 66"), std::string::npos) << error.message;
    EXPECT_EQ(logged, 1);
    x[wrong * image] = 1;
    EXPECT_EQ(toy::run(model.api, model.model, x, out), CNNC_OK) << "the model stays usable";
    EXPECT_EQ(out, expected(x, 2));
  }
}

TEST(Batch, CancelStopsAllImages) {
  Model model(api(), 2);
  volatile int32_t cancel = 1;
  const cnnc_run_options options = cancelledBy(&cancel);
  std::vector<float> x = ramp(4);
  Outputs out;
  cnnc_error error = newError();
  EXPECT_EQ(toy::run(model.api, model.model, x, out, &error, &options), CNNC_ERROR_CANCELLED);
  EXPECT_EQ(std::string(error.message), "cancelled before layer 'scale' (launch 0 of 3)");
  EXPECT_EQ(out.scaled, std::vector<float>(x.size(), -1));
}

// A workspace for each thread, made with the model, where a batch may have that many images.
TEST(Batch, WorkspacesAreMadeWithTheModel) {
  static std::atomic<int> made;
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.alloc = [](void *, size_t bytes, size_t alignment) -> void * {
    ++made;
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  hooks.free = [](void *, void *pointer) { std::free(pointer); };
  auto madeFor = [&](int threads) {
    made = 0;
    Model model(api(), threads, &hooks);
    const int before = made;
    std::vector<float> x = ramp(4);
    Outputs out;
    EXPECT_EQ(toy::run(model.api, model.model, x, out), CNNC_OK);
    EXPECT_EQ(made, before) << "runs allocate nothing";
    return before;
  };
  const int without = madeFor(5); // batches have four images at most
  EXPECT_EQ(madeFor(4), without + 3);
  EXPECT_EQ(madeFor(2), without + 1);
}

// Memory for one workspace only: images run one after another.
TEST(Batch, WithoutMemoryForWorkspacesOfTheirOwn) {
  static std::atomic<int> left;
  left = 4; // the model, its workspace, the scratch memory of its workers, its pool
  cnnc_hooks hooks{};
  hooks.struct_size = sizeof hooks;
  hooks.alloc = [](void *, size_t bytes, size_t alignment) -> void * {
    return left-- > 0 ? std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment) : nullptr;
  };
  hooks.free = [](void *, void *pointer) { std::free(pointer); };
  Model model(api(), 4, &hooks);
  std::vector<float> x = ramp(4);
  Outputs out;
  EXPECT_EQ(toy::run(model.api, model.model, x, out), CNNC_OK);
  EXPECT_EQ(out, expected(x, 2));
}

TEST(Concurrency, ModelsComeAndGo) {
  std::atomic<int> wrong = 0;
  inThreads(4, [&](int caller) {
    for (int i = 0; i < 50; ++i) {
      Model model(api(), 1 + (caller + i) % 4);
      std::vector<float> x = ramp(2, i);
      Outputs out;
      wrong += toy::run(model.api, model.model, x, out) != CNNC_OK || out != expected(x, 2);
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Concurrency, ParkedThreadsWakeUp) {
  Model model(api(), 4);
  for (int i = 0; i < 20; ++i) {
    usleep(2000); // far beyond the spin
    std::vector<float> x = ramp(2, i);
    Outputs out;
    ASSERT_EQ(toy::run(model.api, model.model, x, out), CNNC_OK);
    EXPECT_EQ(out, expected(x, 2));
  }
}

#ifndef TOY_TSAN // ThreadSanitizer does not follow a fork of a process with threads

// Runs `body` in a forked child that a hang ends by alarm; the child's exit status is its result.
int inChild(const std::function<int()> &body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

int runsRight(cnnc_model *model, int seed) {
  std::vector<float> x = ramp(4, seed);
  Outputs out;
  return toy::run(api(), model, x, out) == CNNC_OK && out == expected(x, 2) ? 0 : 1;
}

TEST(Fork, ChildRunsAndUnloads) {
  Model model(api(), 4);
  ASSERT_EQ(runsRight(model.model, 1), 0);
  EXPECT_EQ(inChild([&] {
              int wrong = 0;
              for (int i = 0; i < 50; ++i)
                wrong |= runsRight(model.model, i);
              api()->destroy(model.model);
              return wrong;
            }),
            0);
  EXPECT_EQ(inChild([&] { // destroy without a run, and a model of the child's own
              api()->destroy(model.model);
              Model own(api(), 3);
              return runsRight(own.model, 3);
            }),
            0);
  EXPECT_EQ(inChild([&] { // a fork of a fork
              return runsRight(model.model, 2) | inChild([&] { return runsRight(model.model, 3); });
            }),
            0);
  EXPECT_EQ(runsRight(model.model, 4), 0) << "the parent goes on";
}

TEST(Fork, WhileOtherThreadsRun) {
  Model model(api(), 4);
  std::atomic<bool> stop = false;
  std::thread busy([&] {
    while (!stop)
      runsRight(model.model, 5);
  });
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(inChild([&] { return runsRight(model.model, i); }), 0);
  stop = true;
  busy.join();
}

#endif

} // namespace
