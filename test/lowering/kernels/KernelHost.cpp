#include "test/lowering/kernels/KernelHost.h"

#include "lowering/kernels/SplitFloats.h"

#include <HalideRuntime.h>
#include <dlfcn.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

//===-- Task hook --------------------------------------------------------------------------------------------------------------===//

namespace {

/// One helper thread that spins on a job counter while a bench runs, so that its wake-up is not measured. Each of the two threads takes the
/// tasks of its own half first, as the pool of a library does: what it wrote in one call lies in its cache in the next.
class Helper {
public:
  ~Helper() {
    stop = true;
    if (thread.joinable())
      thread.join();
  }
  void run(void *context, halide_task_t task, int min, int size, uint8_t *closure) {
    if (!thread.joinable())
      thread = std::thread([this] { loop(); });
    job = {context, task, closure};
    const int middle = min + (size + 1) / 2;
    halves[0].next = min, halves[0].end = middle;
    halves[1].next = middle, halves[1].end = min + size;
    status = 0;
    active = 1;
    ++generation;
    drain(0);
    while (active != 0) {
    }
  }
  int status = 0;

private:
  struct Job {
    void *context;
    halide_task_t task;
    uint8_t *closure;
  } job{};
  struct alignas(64) Half {
    std::atomic<int> next{0};
    int end = 0;
  } halves[2];
  alignas(64) std::atomic<int> active{0};
  std::atomic<uint64_t> generation{0};
  std::atomic<bool> stop{false};
  std::thread thread;

  void drain(int thread) {
    for (Half *half : {&halves[thread], &halves[1 - thread]})
      for (int i; (i = half->next++) < half->end;)
        if (int code = job.task(job.context, i, job.closure))
          status = code;
  }
  void loop() {
    uint64_t seen = 0;
    for (int idle = 0; !stop;) {
      if (generation == seen) {
        if (++idle > 100000)
          std::this_thread::yield();
        continue;
      }
      seen = generation;
      idle = 0;
      drain(1);
      active = 0;
    }
  }
};

Helper helper;
int threadCount = 1;
bool tasksBackwards = false;

} // namespace

extern "C" int halide_do_par_for(void *context, halide_task_t task, int min, int size, uint8_t *closure) {
  if (threadCount > 1 && size > 1) {
    helper.run(context, task, min, size, closure);
    return helper.status;
  }
  for (int i = 0; i < size; ++i)
    if (int code = task(context, tasksBackwards ? min + size - 1 - i : min + i, closure))
      return code;
  return 0;
}

// Scratch memory: what is taken last must be given back first.
static thread_local std::vector<void *> taken;

extern "C" void *halide_malloc(void *, size_t bytes) {
  taken.push_back(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
  return taken.back();
}

extern "C" void halide_free(void *, void *pointer) {
  if (taken.empty() || taken.back() != pointer) {
    std::fprintf(stderr, "scratch memory is given back out of order\n");
    std::abort();
  }
  taken.pop_back();
  std::free(pointer);
}

namespace cnnc::kernels::test {

void setThreads(int threads) { threadCount = threads; }

void setBackwards(bool backwards) { tasksBackwards = backwards; }

//===-- Buffers ----------------------------------------------------------------------------------------------------------------===//

/// As a library's weights, mapped from a file, and its arena have.
static void adviseHugePages(uint8_t *data, size_t bytes) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)), begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page,
             end = (reinterpret_cast<uintptr_t>(data) + bytes) / page * page;
  if (end > begin)
    madvise(reinterpret_cast<void *>(begin), end - begin, MADV_HUGEPAGE);
}

Buffer::Buffer(int64_t bytes, int64_t skew) : bytes(bytes) {
  memory.reserve(static_cast<size_t>(bytes + 2 * guard + 128));
  adviseHugePages(memory.data(), memory.capacity());
  memory.assign(memory.capacity(), poison);
  const auto start = reinterpret_cast<uintptr_t>(memory.data()) + guard;
  base = reinterpret_cast<uint8_t *>((start + 63) / 64 * 64 + static_cast<uintptr_t>(skew));
}

bool Buffer::surroundingsIntact() const {
  for (const uint8_t *p = memory.data(); p < memory.data() + memory.size(); ++p)
    if ((p < base || p >= base + bytes) && *p != poison)
      return false;
  return true;
}

static void storeAt(uint8_t *base, DType dtype, int64_t position, double value) {
  if (dtype == DType::u8)
    base[position] = static_cast<uint8_t>(value);
  else if (dtype == DType::i32)
    reinterpret_cast<int32_t *>(base)[position] = static_cast<int32_t>(value);
  else
    reinterpret_cast<float *>(base)[position] = static_cast<float>(value);
}

static double loadAt(const uint8_t *base, DType dtype, int64_t position) {
  if (dtype == DType::u8)
    return base[position];
  if (dtype == DType::i32)
    return reinterpret_cast<const int32_t *>(base)[position];
  return reinterpret_cast<const float *>(base)[position];
}

/// Calls visit(physical position, logical position or -1 for a padding lane, inside the halo).
template <typename Visit> static void walk(const TensorDesc &tensor, Visit visit) {
  if (tensor.block == 0) {
    for (int64_t i = 0; i < tensor.physicalElements(); ++i)
      visit(i, i, false);
    return;
  }
  const int64_t c = tensor.shape[1], h = tensor.shape[2], w = tensor.shape[3];
  const auto p = tensor.physicalShape();
  int64_t position = 0;
  for (int64_t n = 0; n < p[0]; ++n)
    for (int64_t b = 0; b < p[1]; ++b)
      for (int64_t y = -tensor.halo[0]; y < h + tensor.halo[2]; ++y)
        for (int64_t x = -tensor.halo[1]; x < w + tensor.halo[3]; ++x)
          for (int64_t lane = 0; lane < p[4]; ++lane, ++position) {
            const int64_t channel = b * tensor.block + lane;
            const bool halo = y < 0 || y >= h || x < 0 || x >= w;
            visit(position, channel < c ? ((n * c + channel) * h + y) * w + x : -1, halo);
          }
}

Buffer packActivation(const TensorDesc &tensor, const Elements &elements, int64_t skew) {
  Buffer buffer(tensor.physicalElements() * sizeOf(tensor.dtype), tensor.block > 0 ? 0 : skew);
  walk(tensor, [&](int64_t position, int64_t logical, bool halo) {
    storeAt(buffer.data(), tensor.dtype, position, halo ? 0 : logical < 0 ? laneFiller : elements[static_cast<size_t>(logical)]);
  });
  return buffer;
}

Buffer packWeight(const TensorDesc &tensor, const PackedLayout &layout, const Elements &given) {
  Buffer buffer(layout.elements() * sizeOf(tensor.dtype), 0);
  const std::vector<int64_t> shape = layout.walkedShape(tensor.shape);
  Elements elements = given;
  if (shape != tensor.shape) {
    const std::vector<float> filters(given.begin(), given.end()),
        transformed = transformFilters(filters.data(), /*splat=*/false, tensor.shape, layout.winograd);
    elements.assign(transformed.begin(), transformed.end());
  }
  for (int64_t position = 0; position < layout.elements(); ++position) {
    std::vector<int64_t> logical(shape.size(), 0);
    int64_t rest = position;
    for (size_t d = layout.dims.size(); d-- > 0; rest /= layout.dims[d].extent)
      logical[static_cast<size_t>(layout.dims[d].dim)] += rest % layout.dims[d].extent * layout.dims[d].step;
    int64_t flat = 0;
    bool inside = true;
    for (size_t d = 0; d < logical.size(); ++d) {
      inside = inside && logical[d] < shape[d];
      flat = flat * shape[d] + logical[d];
    }
    storeAt(buffer.data(), tensor.dtype, position, inside ? elements[static_cast<size_t>(flat)] : 0);
  }
  if (layout.split)
    splitTiles({reinterpret_cast<float *>(buffer.data()), static_cast<size_t>(layout.elements())}, layout.split);
  return buffer;
}

Elements unpack(const TensorDesc &tensor, const Buffer &buffer, std::string &complaint) {
  int64_t count = 1;
  for (int64_t extent : tensor.shape)
    count *= extent;
  Elements elements(static_cast<size_t>(count));
  walk(tensor, [&](int64_t position, int64_t logical, bool halo) {
    if (halo) {
      for (int64_t k = 0; k < sizeOf(tensor.dtype); ++k)
        if (buffer.data()[position * sizeOf(tensor.dtype) + k] != poison)
          complaint = "the halo was written";
    } else if (logical >= 0) {
      elements[static_cast<size_t>(logical)] = loadAt(buffer.data(), tensor.dtype, position);
    } else if (!std::isfinite(loadAt(buffer.data(), tensor.dtype, position))) {
      complaint = "a padding lane is not finite";
    }
  });
  return elements;
}

//===-- Loading and calling ----------------------------------------------------------------------------------------------------===//

static void runTool(std::vector<std::string> command) {
  std::vector<char *> argv;
  for (std::string &word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  if (posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0 || waitpid(child, &status, 0) < 0 || status != 0)
    throw std::runtime_error("'" + command[0] + "' failed");
}

LoadedKernels::LoadedKernels(const std::vector<Object> &objects) {
  std::string pattern = (std::filesystem::temp_directory_path() / "kernels-XXXXXX").string();
  if (!mkdtemp(pattern.data()))
    throw std::runtime_error("no temporary folder");
  folder = pattern;
  std::map<std::string, const Object *> unique;
  for (const Object &object : objects)
    unique[object.symbol] = &object;
  std::vector<std::string> command = {"ld.lld-22", "-shared", "-o", folder + "/kernels.so"};
  for (const auto &[symbol, object] : unique) {
    command.push_back(folder + "/" + symbol + ".o");
    std::ofstream(command.back(), std::ios::binary) << object->bytes;
  }
  runTool(command);
  library = dlopen((folder + "/kernels.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw std::runtime_error(dlerror());
}

LoadedKernels::~LoadedKernels() {
  if (library)
    dlclose(library);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

LoadedKernels::Entry LoadedKernels::entry(const std::string &symbol) const {
  void *address = dlsym(library, (symbol + "_argv").c_str());
  if (!address)
    throw std::runtime_error("no symbol " + symbol);
  return reinterpret_cast<Entry>(address);
}

struct Call::Descriptors {
  void *context = nullptr;
  std::vector<halide_buffer_t> list;
  std::vector<void *> arguments;
};

Call::Call(const KernelSpec &spec, const std::vector<PackedLayout> &layouts, const std::vector<Elements> &inputs, int64_t skew)
    : outputShape(spec.output().physicalShape()), descriptors(std::make_shared<Descriptors>()) {
  for (size_t i = 0; i < spec.inputs.size(); ++i)
    buffers.push_back(spec.inputs[i].role == TensorDesc::Role::weight ? packWeight(spec.inputs[i], layouts[i], inputs[i])
                                                                      : packActivation(spec.inputs[i], inputs[i], skew));
  buffers.emplace_back(spec.output().physicalElements() * sizeOf(spec.output().dtype), spec.output().block > 0 ? 0 : skew);
  descriptors->list.resize(buffers.size());
  descriptors->arguments.push_back(&descriptors->context);
  for (size_t i = 0; i < buffers.size(); ++i) {
    std::memset(&descriptors->list[i], 0, sizeof(halide_buffer_t));
    places.push_back(buffers[i].data());
    descriptors->arguments.push_back(&descriptors->list[i]);
  }
}

void Call::shareActivations(const KernelSpec &spec, Call &with) {
  for (size_t i = 0; i < places.size(); ++i)
    if (i == spec.inputs.size() || spec.inputs[i].role != TensorDesc::Role::weight)
      places[i] = with.places[i];
}

int Call::operator()(LoadedKernels::Entry entry) {
  for (size_t i = 0; i < places.size(); ++i)
    descriptors->list[i].host = places[i];
  return entry(descriptors->arguments.data());
}

int Call::operator()(LoadedKernels::Entry entry, int64_t rows) {
  std::vector<halide_dimension_t> dims(outputShape.size());
  int64_t stride = 1;
  for (size_t d = 0; d < dims.size(); ++d) {
    int64_t extent = outputShape[outputShape.size() - 1 - d];
    dims[d] = {0, static_cast<int32_t>(d + 1 == dims.size() ? rows : extent), static_cast<int32_t>(stride), 0};
    stride *= extent;
  }
  descriptors->list.back().dim = dims.data();
  descriptors->list.back().dimensions = static_cast<int32_t>(dims.size());
  int status = (*this)(entry);
  descriptors->list.back().dim = nullptr;
  return status;
}

} // namespace cnnc::kernels::test
