// Loop arrangements that several CPU schedules share.
#pragma once

#include "lowering/kernels/Pipeline.h"

namespace cnnc::kernels::cpu {

/// Largest power of two that is at most `extent` and `lanes`.
int64_t vectorWidth(int64_t extent, int64_t lanes);

/// Fuses `loops` (innermost first, adjacent, extents given) into one and runs chunks of `grain` iterations as parallel tasks. The loop
/// over single iterations.
Halide::Var parallelise(Halide::Func func, const std::vector<Halide::Var> &loops, int64_t iterations, int64_t grain);

/// Extent of a variable of a reduction domain.
int64_t extentOf(const Halide::RVar &var);

/// Computes so much of a stage along its variables, from number `first` on, whatever its consumers need, so that its memory can be planned.
void boundExtents(Stage &stage, std::initializer_list<int64_t> extents, size_t first = 0);

/// Iterations a task takes: about 16 tasks a thread, the last round full.
int64_t grainFor(int64_t iterations, int64_t threads);

/// The loop nest of kernels without a stage: vectors along the innermost axis that has room, tasks over the rest.
void mapLoops(Pipeline &pipeline, const Schedule &schedule, const Target &target);
/// The same nest around one stage that is computed for each vector; reductions loop outside the vector.
void reduceLoops(Pipeline &pipeline, Stage &stage, const Target &target);

/// Callbacks of templates without knobs or wishes.
std::vector<Schedule> noSpace(const KernelSpec &spec, const Target &target);
std::optional<PackedLayout> noWish(const KernelSpec &spec, const Schedule &schedule, const Target &target, int number);
/// `leastRows` of templates whose loops over dimension 0 are not cut.
int64_t anyRows(const KernelSpec &spec, const Schedule &schedule);
std::optional<std::string> alwaysLegal(const KernelSpec &spec, const Schedule &schedule, const Target &target);

} // namespace cnnc::kernels::cpu
