#include "lowering/kernels/Cache.h"

#include "lowering/kernels/Hash.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

namespace cnnc::kernels {

namespace fs = std::filesystem;

static std::string headerOf(const Object &object) {
  return "cnnc-kernel 1 " + object.symbol + " " + std::to_string(object.bytes.size()) + " " + digest(object.bytes, 256) + "\n";
}

Cache::Cache(std::string name) : folder(std::move(name)) {
  std::error_code ignored;
  if (!folder.empty())
    fs::create_directories(folder, ignored);
}

std::optional<Object> Cache::load(const std::string &symbol) const {
  if (folder.empty())
    return std::nullopt;
  std::ifstream file(fs::path(folder) / (symbol + ".kernel"), std::ios::binary);
  std::string header;
  if (!file || !std::getline(file, header))
    return std::nullopt;
  std::ostringstream rest;
  rest << file.rdbuf();
  Object object{symbol, rest.str()};
  return header + "\n" == headerOf(object) ? std::optional(std::move(object)) : std::nullopt;
}

void Cache::store(const Object &object) const {
  if (folder.empty())
    return;
  const fs::path entry = fs::path(folder) / (object.symbol + ".kernel");
  std::string pattern = entry.string() + ".XXXXXX";
  const int fd = mkstemp(pattern.data());
  if (fd < 0)
    return;
  close(fd);
  std::error_code ignored;
  {
    std::ofstream file(pattern, std::ios::binary);
    file << headerOf(object) << object.bytes;
    if (!file.flush()) {
      fs::remove(pattern, ignored);
      return;
    }
  }
  fs::rename(pattern, entry, ignored);
  if (ignored)
    fs::remove(pattern, ignored);
}

Result<std::vector<Object>> buildAll(const std::vector<BuildRequest> &requests, const Target &target, const BuildOptions &options,
                                     BuildStatistics *statistics) {
  const auto start = std::chrono::steady_clock::now();
  std::map<std::string, size_t> slots; // symbol -> index of its first request
  std::vector<std::string> symbols;
  std::vector<size_t> unique;
  for (size_t i = 0; i < requests.size(); ++i) {
    symbols.push_back(symbolFor(requests[i].spec, requests[i].schedule, target));
    if (slots.emplace(symbols.back(), i).second)
      unique.push_back(i);
  }

  const Cache cache(options.cacheFolder);
  std::vector<Object> objects(requests.size());
  std::mutex guard;
  size_t failedAt = requests.size();
  std::string error;
  int64_t done = 0, hits = 0;
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t k; (k = next++) < unique.size();) {
      const size_t i = unique[k];
      std::optional<Object> object = cache.load(symbols[i]);
      const bool hit = object.has_value();
      std::string complaint;
      if (!hit) {
        Result<Object> built = build(requests[i].spec, requests[i].schedule, target);
        if (built) {
          cache.store(*built);
          object = std::move(*built);
        } else {
          complaint = built.error();
        }
      }
      const std::lock_guard lock(guard);
      hits += hit;
      if (object)
        objects[i] = std::move(*object);
      else if (i < failedAt)
        failedAt = i, error = complaint;
      ++done;
      if (options.progress)
        options.progress(options.progressSelf, done, static_cast<int64_t>(unique.size()));
    }
  };
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const size_t workers = std::min<size_t>(options.threads > 0 ? options.threads : cores, unique.size());
  std::vector<std::thread> threads;
  for (size_t t = 1; t < workers; ++t)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();
  if (!error.empty())
    return Result<std::vector<Object>>::failure(error);
  for (size_t i = 0; i < requests.size(); ++i)
    if (size_t first = slots[symbols[i]]; first != i)
      objects[i] = objects[first];
  if (statistics)
    *statistics = {static_cast<int64_t>(requests.size()), static_cast<int64_t>(unique.size()), hits,
                   std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
  return objects;
}

} // namespace cnnc::kernels
