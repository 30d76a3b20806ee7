// The entries of a plan's detection steps: arguments, results, scratch memory, and errors that stop a run.
#include "runtime/lib/detect/routines.h"
#include "runtime/lib/internal.h"

#include <gtest/gtest.h>

#include <vector>

extern "C" {
int cnnc_routine_top_k(void **args, const void *options);
int cnnc_routine_gather_rows(void **args, const void *options);
int cnnc_routine_nms(void **args, const cnnc_nms_routine *options);
int cnnc_routine_image_to_batch(void **args, const cnnc_image_to_batch_routine *options);
}

namespace {

/// The arguments of one call: tensors over memory of the test.
class Arguments {
public:
  template <typename T> Arguments &add(std::vector<T> &data, std::vector<int> shape) {
    auto &dims = extents.emplace_back(shape.size());
    int stride = 1;
    for (size_t d = 0; d < shape.size(); ++d) {
      dims[d] = {0, shape[shape.size() - 1 - d], stride, 0};
      stride *= dims[d].extent;
    }
    cnnc_halide_buffer buffer{};
    buffer.host = reinterpret_cast<uint8_t *>(data.data());
    buffer.type.bits = 8 * sizeof(T);
    buffer.dimensions = static_cast<int>(shape.size());
    buffer.dim = dims.data();
    buffers.push_back(buffer);
    return *this;
  }

  template <typename Routine, typename Options> int call(Routine routine, const Options *options) {
    cnnc_task_context task{&context, nullptr, nullptr};
    void *user = &task;
    std::vector<void *> args = {&user};
    for (cnnc_halide_buffer &buffer : buffers)
      args.push_back(&buffer);
    return routine(args.data(), options);
  }

  cnnc_model model{};
  cnnc_run_context context{.model = &model,
                           .pool = nullptr,
                           .loop = cnnc_loop_of(&model, nullptr),
                           .log = nullptr,
                           .bindings = nullptr,
                           .base = {},
                           .image = 0,
                           .place = 0,
                           .status = 0,
                           .message = nullptr};

private:
  std::vector<std::vector<cnnc_halide_dim>> extents;
  std::vector<cnnc_halide_buffer> buffers;
};

TEST(Routines, TopKReadsTheCountAndFillsTheRestWithZeros) {
  std::vector<float> scores = {1, 5, 3, 9}, values(3, -1);
  std::vector<int32_t> count = {3}, indices(3, -1), found = {-1};
  std::vector<uint8_t> scratch(cnnc_top_k_scratch(4));
  auto top = [&](int32_t rows) {
    count[0] = rows;
    Arguments arguments;
    arguments.add(scores, {4}).add(count, {1}).add(values, {3}).add(indices, {3}).add(found, {1}).add(scratch, {static_cast<int>(scratch.size())});
    return arguments.call(cnnc_routine_top_k, static_cast<const void *>(nullptr));
  };
  EXPECT_EQ(top(2), 0);
  EXPECT_EQ(values, (std::vector<float>{5, 1, 0}));
  EXPECT_EQ(indices, (std::vector<int32_t>{1, 0, 0}));
  EXPECT_EQ(found[0], 2);
  EXPECT_EQ(top(-7), 0);
  EXPECT_EQ(found[0], 0);
  EXPECT_EQ(top(1000), 0);
  EXPECT_EQ(values, (std::vector<float>{9, 5, 3}));
}

TEST(Routines, TooLittleScratchIsAnErrorOfThePlan) {
  std::vector<float> scores(4), values(3);
  std::vector<int32_t> count = {4}, indices(3), found(1);
  std::vector<uint8_t> scratch(64);
  Arguments arguments;
  arguments.add(scores, {4}).add(count, {1}).add(values, {3}).add(indices, {3}).add(found, {1}).add(scratch, {64});
  EXPECT_EQ(arguments.call(cnnc_routine_top_k, static_cast<const void *>(nullptr)), CNNC_ERROR_INTERNAL);
  EXPECT_EQ(arguments.context.status, CNNC_ERROR_INTERNAL);
  EXPECT_STREQ(arguments.context.message, "the plan holds too little scratch memory; recompile the network");
}

TEST(Routines, AnIndexPastTheRowsStopsTheRun) {
  std::vector<float> rows = {1, 2, 3, 4}, result(4, -1);
  std::vector<int32_t> indices = {1, 2}, count = {1};
  Arguments arguments;
  arguments.add(rows, {2, 2}).add(indices, {2}).add(count, {1}).add(result, {2, 2});
  EXPECT_EQ(arguments.call(cnnc_routine_gather_rows, static_cast<const void *>(nullptr)), 0);
  EXPECT_EQ(result, (std::vector<float>{3, 4, 0, 0}));
  count[0] = 2;
  EXPECT_EQ(arguments.call(cnnc_routine_gather_rows, static_cast<const void *>(nullptr)), CNNC_ERROR_INVALID_ARGUMENT);
  EXPECT_NE(arguments.context.message, nullptr);
}

TEST(Routines, NmsDropsScoresThatDoNotPassTheThreshold) {
  std::vector<float> boxes = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, scores = {0.5F, 0.9F, 0.2F};
  std::vector<int32_t> groups = {0, 0, 0}, count = {3}, kept(3, -1), found(1);
  std::vector<uint8_t> scratch(1 << 16);
  Arguments arguments;
  arguments.add(boxes, {3, 4}).add(scores, {3}).add(groups, {3}).add(count, {1}).add(kept, {3}).add(found, {1}).add(scratch, {1 << 16});
  cnnc_nms_routine options = {.iou_threshold = 0.5, .score_threshold = 0.6};
  EXPECT_EQ(arguments.call(cnnc_routine_nms, &options), 0);
  EXPECT_EQ(found[0], 1);
  EXPECT_EQ(kept, (std::vector<int32_t>{1, 0, 0}));
}

TEST(Routines, APictureThatDoesNotFitIsAnErrorOfItsShape) {
  std::vector<uint8_t> picture(20 * 40 * 3);
  std::vector<float> canvas(3 * 16 * 16);
  std::vector<int32_t> geometry(4);
  cnnc_image_to_batch_routine options{};
  options.image.normalization = {255, {0, 0, 0}, {1, 1, 1}, 0};
  options.image.min_size = options.image.max_size = 40;
  options.image.canvas = {.plane = 256, .row = 16, .block = 1, .channels = 3, .height = 16, .width = 16};
  Arguments arguments;
  arguments.add(picture, {20, 40, 3}).add(canvas, {1, 3, 16, 16}).add(geometry, {4});
  EXPECT_EQ(arguments.call(cnnc_routine_image_to_batch, &options), CNNC_ERROR_SHAPE);
  EXPECT_EQ(arguments.context.status, CNNC_ERROR_SHAPE);
  options.image.min_size = options.image.max_size = 16;
  EXPECT_EQ(arguments.call(cnnc_routine_image_to_batch, &options), 0);
  EXPECT_EQ(geometry, (std::vector<int32_t>{8, 16, 20, 40}));
}

} // namespace
