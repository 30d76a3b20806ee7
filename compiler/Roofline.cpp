// The least time that a machine needs for a library's launches. Test: test/compiler/roofline_test.cpp.
#include "compiler/Roofline.h"

#include "lowering/kernels/SplitFloats.h"

#include <algorithm>

using namespace cnnc;

static double product(const nlohmann::json &extents) {
  double result = 1;
  for (const nlohmann::json &extent : extents)
    result *= extent.get<double>();
  return result;
}

// Bytes of an element: the digits at the end of "f32" or "u8" are bits.
static double elementBytes(const std::string &dtype) { return std::stod(dtype.substr(std::min(dtype.find_first_of("0123456789"), dtype.size()))) / 8; }

std::optional<std::vector<LaunchWork>> cnnc::launchWork(const nlohmann::json &metadata) {
  std::vector<LaunchWork> list;
  try {
    for (const nlohmann::json &launch : metadata.at("launches")) {
      LaunchWork work{.layer = launch.at("layer"), .kernel = launch.at("kernel"), .schedule = launch.at("schedule"), .shape = launch.at("shape")};
      if (const size_t knob = work.schedule.find("pieces="); knob != std::string::npos)
        work.pieces = std::stoll(work.schedule.substr(knob + std::string_view("pieces=").size()));
      work.schedule = work.schedule.empty() ? work.kernel : work.schedule.substr(0, work.schedule.find('('));
      const double images = work.shape.empty() ? 1 : static_cast<double>(work.shape.front()); // macs are those of one
      work.flops = 2 * launch.at("macs").get<double>() * images;
      work.done = 2 * launch.at("multiplications").get<double>();
      work.counted = launch.at("counted");
      work.images = launch.at("images");
      if (work.images < 1)
        return std::nullopt;
      for (const nlohmann::json &argument : launch.at("args")) {
        const nlohmann::json &extents = argument.at("extents");
        const double bytes = product(extents) * elementBytes(argument.at("dtype"));
        (argument.at("space") == "weights" ? work.weights : work.activations) += bytes;
        if (argument.at("space") != "weights" && !extents.empty() && !work.shape.empty() && extents.front() == work.shape.front())
          work.rows += bytes;
      }
      work.activations /= static_cast<double>(work.images);
      list.push_back(std::move(work));
    }
  } catch (const nlohmann::json::exception &) {
    return std::nullopt;
  } catch (const std::logic_error &) { // of stod
    return std::nullopt;
  }
  return list;
}

void LaunchWork::shareWeights(int64_t batch) {
  if (images > 1 && batch > 0)
    weights *= static_cast<double>((batch + images - 1) / images) / static_cast<double>(batch);
}

void LaunchWork::computeOnly(double part) {
  flops *= part;
  done *= part;
  activations -= rows * (1 - part);
  rows *= part;
  if (part == 0) // it is not called
    weights = activations = 0;
}

Roofline::Limit Roofline::limitOf(const LaunchWork &work, double flops) const {
  const MemoryLevel &near = machine.levelFor(static_cast<int64_t>(work.activations));
  double peak = machine.flops;
  if (work.pieces > 0 && machine.tileFlops > 0) // which is that of pairs
    peak = machine.tileFlops * kernels::productsOf(2) / kernels::productsOf(work.pieces);
  const double compute = flops / peak, weights = work.weights / weightsLevel->bandwidth, activations = work.activations / near.bandwidth;
  if (compute >= weights + activations)
    return {compute, "compute"};
  return {weights + activations, weights > activations ? weightsLevel->name : near.name};
}
