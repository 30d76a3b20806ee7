// Launches that take several images of a batch at once (gather_plan.c).
#include "test/runtime/toy.h"

#include <cstring>
#include <map>
#include <set>

using namespace toy;

namespace {

constexpr int64_t cells = 4, images = 3, most = 7;
constexpr float untouched = -5;

/// x and the outputs of a batch, with room after each image's cells and after the last image.
struct Batch {
  explicit Batch(int64_t batch, int64_t imageStride = cells, int64_t cellStride = 1) : batch(batch), imageStride(imageStride), cellStride(cellStride) {
    for (std::vector<float> *values : {&x, &twice, &sums})
      values->assign(static_cast<size_t>((most + images) * imageStride), untouched);
    for (int64_t i = 0; i < batch * cells; ++i)
      x[place(i)] = static_cast<float>(i + 1);
  }
  size_t place(int64_t cell) const { return static_cast<size_t>(cell / cells * imageStride + cell % cells * cellStride); }

  int32_t run(const cnnc_api *api, cnnc_model *model, const cnnc_run_options *options = nullptr) {
    Tensor in(x.data(), {batch, cells}, {imageStride, cellStride}), first(twice.data(), in.shape, in.strides), second(sums.data(), in.shape, in.strides);
    DLTensor input = in.view();
    std::array<DLTensor, 2> outputs{first.view(), second.view()};
    return api->run(model, &input, outputs.data(), options, &error);
  }

  /// That each image's results are there, and nothing beside them.
  void expectResults() const {
    std::vector<float> wantTwice(twice.size(), untouched), wantSums = wantTwice;
    for (int64_t i = 0; i < batch * cells; ++i) {
      const int64_t first = i / cells / images * images; // of those that image i came with
      wantTwice[place(i)] = static_cast<float>(2 * (i + 1));
      wantSums[place(i)] = static_cast<float>(2 * (i + 1) + std::min(images, batch - first));
    }
    EXPECT_EQ(twice, wantTwice) << "batch " << batch;
    EXPECT_EQ(sums, wantSums) << "batch " << batch;
  }

  int64_t batch, imageStride, cellStride;
  std::vector<float> x, twice, sums;
  cnnc_error error = newError();
};

// With several threads images that make whole rounds of them pass side by side, each in a workspace of its own.
TEST(Gather, EachImageGetsItsRow) {
  Library lib("gather");
  for (int threads : {1, 2, 3, 4}) {
    Model model(lib.api, threads);
    for (int64_t batch = 1; batch <= most; ++batch) {
      Batch of(batch);
      ASSERT_EQ(of.run(lib.api, model.model), CNNC_OK) << of.error.message;
      of.expectResults();
    }
  }
}

TEST(Gather, StridedOutputsGetTheirImagesAndNothingElse) {
  Library lib("gather");
  Model model(lib.api, 2);
  for (auto [imageStride, cellStride] : {std::pair<int64_t, int64_t>{cells + 3, 1}, {2 * cells, 2}})
    for (int64_t batch : {1, 3, 5, 6}) {
      Batch of(batch, imageStride, cellStride);
      ASSERT_EQ(of.run(lib.api, model.model), CNNC_OK) << of.error.message;
      of.expectResults();
    }
}

TEST(Gather, ACallersWorkspaceHoldsAllImages) {
  Library lib("gather");
  Model model(lib.api, 2);
  for (int64_t batch : {2, 3, 7}) {
    const uint64_t bytes = lib->workspace_size(model.model, batch);
    auto *memory = static_cast<char *>(std::aligned_alloc(64, bytes + 64));
    std::memset(memory, 0x5A, bytes + 64);
    const cnnc_run_options options = inWorkspace(memory, bytes);
    Batch of(batch);
    ASSERT_EQ(of.run(lib.api, model.model, &options), CNNC_OK) << of.error.message;
    of.expectResults();
    EXPECT_EQ(std::string(memory + bytes, 64), std::string(64, 0x5A));
    std::free(memory);
  }
}

TEST(Gather, ATraceSeesEachImageOfEachLaunch) {
  struct Seen {
    std::map<std::pair<int32_t, int64_t>, float> first; ///< Of the result, by launch and image.
    uint64_t end = 0;
  } seen;
  const cnnc_hooks hooks = tracing(
      [](void *user, const cnnc_trace_event *event) {
        auto *seen = static_cast<Seen *>(user);
        EXPECT_EQ(event->shape[0], 1);
        EXPECT_LE(seen->end, event->begin_ns);
        EXPECT_LE(event->begin_ns, event->end_ns);
        seen->end = event->end_ns;
        EXPECT_TRUE(seen->first.emplace(std::pair(event->launch, event->image), *static_cast<const float *>(event->data)).second);
      },
      &seen);
  Library lib("gather");
  Model model(lib.api, 2, &hooks);
  Batch of(5);
  ASSERT_EQ(of.run(lib.api, model.model), CNNC_OK) << of.error.message;
  EXPECT_EQ(seen.first.size(), 5u * 4u);
  for (int64_t image = 0; image < 5; ++image) {
    const auto two = static_cast<float>(2 * (image * cells + 1));
    for (int32_t launch : {0, 1, 2})
      EXPECT_EQ((seen.first[{launch, image}]), two) << launch << ", image " << image;
    EXPECT_EQ((seen.first[{3, image}]), two + (image < 3 ? 3 : 2));
  }
}

TEST(Gather, AProfileCountsImages) {
  Library lib("gather");
  Model model(lib.api);
  lib->profile(model.model, 1, nullptr, 0);
  Batch of(5);
  ASSERT_EQ(of.run(lib.api, model.model), CNNC_OK) << of.error.message;
  std::array<cnnc_profile_entry, 4> entries;
  ASSERT_EQ(lib->profile(model.model, 0, entries.data(), 4), 4);
  for (const cnnc_profile_entry &entry : entries) {
    EXPECT_EQ(entry.calls, 5u) << entry.layer;
    EXPECT_LE(entry.min_ns * 5, entry.total_ns) << entry.layer;
  }
}

TEST(Gather, ACancelledRunStopsBeforeTheImagesMeet) {
  static int32_t cancel;
  static std::set<int32_t> launched;
  cancel = 0;
  launched.clear();
  const cnnc_hooks hooks = tracing([](void *, const cnnc_trace_event *event) {
    launched.insert(event->launch);
    cancel = event->image == 2 && event->launch == 1;
  });
  Library lib("gather");
  Model model(lib.api, 1, &hooks);
  const cnnc_run_options options = cancelledBy(&cancel);
  Batch of(4);
  EXPECT_EQ(of.run(lib.api, model.model, &options), CNNC_ERROR_CANCELLED);
  EXPECT_EQ(launched, (std::set<int32_t>{0, 1}));
  EXPECT_NE(std::string(of.error.message).find("'copy' (launch 2 of 4)"), std::string::npos) << of.error.message;
}

TEST(Gather, APlanWhoseImagesAreNotKeptIsRefused) {
  Library lib("gather_input");
  cnnc_model *model = nullptr;
  cnnc_error error = newError();
  EXPECT_EQ(lib->create(nullptr, &model, &error), CNNC_ERROR_INTERNAL);
  EXPECT_NE(std::string(error.message).find("layer 'sums': space of an argument of a gathering launch"), std::string::npos) << error.message;
}

} // namespace
