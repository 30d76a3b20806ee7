// How many threads a model gets by itself: affinity mask, cgroups, cores and memory nodes, from made-up files of the system.
#include "runtime/lib/internal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

cnnc_cpu_set setOf(const std::vector<int> &cpus) {
  cnnc_cpu_set set{};
  for (int cpu : cpus)
    set.words[cpu / 64] |= 1ul << cpu % 64;
  return set;
}

bool operator==(const cnnc_cpu_set &a, const cnnc_cpu_set &b) { return std::equal(std::begin(a.words), std::end(a.words), std::begin(b.words)); }

/// A folder that stands for the root of the file system.
struct System : testing::Test {
  std::filesystem::path root = std::filesystem::path(testing::TempDir()) / ("system" + std::to_string(getpid()));
  ~System() override { std::filesystem::remove_all(root); }
  void write(const std::string &path, const std::string &text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  void writeSiblings(int cpu, const std::string &list) { write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list", list); }
  void writeNode(int node, const std::string &list) { write("sys/devices/system/node/node" + std::to_string(node) + "/cpulist", list); }
  int64_t quota() { return cnnc_cgroup_cpus(root.c_str()); }
};

using Cgroup = System;

TEST_F(Cgroup, VersionTwoTakesTheSmallestOnTheWayUp) {
  EXPECT_EQ(quota(), 0);
  write("proc/self/cgroup", "0::/a/b\n");
  EXPECT_EQ(quota(), 0);
  write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 0);
  write("sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  EXPECT_EQ(quota(), 3) << "rounded up";
  write("sys/fs/cgroup/a/b/cpu.max", "800000 100000\n");
  EXPECT_EQ(quota(), 3);
  write("sys/fs/cgroup/cpu.max", "1 100000\n");
  EXPECT_EQ(quota(), 1);
}

TEST_F(Cgroup, VersionOne) {
  write("proc/self/cgroup", "11:cpuset:/x\n4:cpuacct,cpu:/docker/1\n1:name=systemd:/y\n");
  write("sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 0);
  write("sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "200000\n");
  EXPECT_EQ(quota(), 2);
}

TEST_F(Cgroup, NonsenseIsNoQuota) {
  for (const char *list : {"garbage\n0::/../..\n:\n0::", "0::", "0:cpu", "::\n::\n", "\n", ""})
    for (const char *text : {"", "0 0", "5", "-5 100", "100 -5", "100 0", "max", "max max", "x", "9223372036854775807", "0x10 1"}) {
      write("proc/self/cgroup", list);
      write("sys/fs/cgroup/cpu.max", text);
      EXPECT_EQ(quota(), 0) << list << " " << text;
    }
}

TEST_F(Cgroup, HugeNumbersDoNotOverflow) {
  write("proc/self/cgroup", "0::/");
  write("sys/fs/cgroup/cpu.max", "99999999999999999999999999 99999999999999999999999999");
  EXPECT_EQ(quota(), 1);
  write("sys/fs/cgroup/cpu.max", "99999999999999999999999999 1");
  EXPECT_GT(quota(), CNNC_MAX_THREADS);
  write("sys/fs/cgroup/cpu.max", "1 99999999999999999999999999");
  EXPECT_EQ(quota(), 1);
}

TEST_F(Cgroup, PathsOfAnyLength) {
  write("proc/self/cgroup", "0::/" + std::string(3000, 'a') + "\n" + std::string(5000, 'b'));
  EXPECT_EQ(quota(), 0);
}

struct Threads : System {
  cnnc_cpu_set cpus = setOf({0, 1, 2, 3, 4, 5, 6, 7});
  int32_t threads(int32_t cpu = 0) { return cnnc_default_threads(root.c_str(), cpu, &cpus); }
};

TEST_F(Threads, OneForEachCpuWhereNothingElseIsKnown) {
  EXPECT_EQ(threads(), 8);
  EXPECT_TRUE(cpus == setOf({0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(Threads, OneForEachCore) {
  for (int cpu = 0; cpu < 8; ++cpu)
    writeSiblings(cpu, std::to_string(cpu % 4) + "," + std::to_string(cpu % 4 + 4) + "\n");
  EXPECT_EQ(threads(), 4);
  cpus = setOf({4, 5, 6});
  EXPECT_EQ(threads(4), 3) << "whose other hardware threads are not ours";
  cpus = setOf({1, 5});
  EXPECT_EQ(threads(1), 1);
}

TEST_F(Threads, OfTheCallersNode) {
  write("sys/devices/system/node/online", "0-1,7\n");
  writeNode(0, "0-2\n");
  writeNode(1, "\n"); // memory only
  writeNode(7, "3,5-9\n");
  EXPECT_EQ(threads(1), 3);
  EXPECT_TRUE(cpus == setOf({0, 1, 2}));
  cpus = setOf({0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(threads(6), 4) << "of those in the mask";
  EXPECT_TRUE(cpus == setOf({3, 5, 6, 7}));
  cpus = setOf({0, 1, 2, 3});
  EXPECT_EQ(threads(4), 4) << "a CPU that no node has";
  EXPECT_EQ(threads(-1), 4) << "the system does not say where the caller runs";
}

TEST_F(Threads, WithinTheQuota) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "250000 100000\n");
  EXPECT_EQ(threads(), 3);
  cpus = setOf({1, 2});
  EXPECT_EQ(threads(), 2);
}

TEST_F(Threads, NonsenseIsNoLimit) {
  for (const std::string text : {"", "\n", "-", "-1", "3-1", "0-", "0--1", ",", "0,,1", "0-99999999999999999999", "8192", "all", "0 1", "0-3:1", "\xff\xfe"}) {
    write("sys/devices/system/node/online", text);
    writeNode(0, "0\n");
    cpus = setOf({0, 1});
    EXPECT_EQ(threads(), 2) << text;
    write("sys/devices/system/node/online", "0\n");
    writeNode(0, text);
    writeSiblings(0, text);
    writeSiblings(1, text);
    cpus = setOf({0, 1});
    EXPECT_EQ(threads(), 2) << text;
  }
  write("sys/devices/system/node/online", std::string(5000, '0')); // longer than is read
  cpus = setOf({0, 1});
  EXPECT_EQ(threads(), 2);
}

TEST_F(Threads, AtLeastOneAtMostTheLimit) {
  cpus = {};
  EXPECT_EQ(threads(), 1);
  for (unsigned long &word : cpus.words)
    word = ~0ul;
  EXPECT_EQ(threads(), CNNC_MAX_THREADS);
}

TEST(Affinity, AtLeastOneAndNotMoreThanTheMask) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(cnnc_usable_cpus(), 1);
  EXPECT_LE(cnnc_usable_cpus(), CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before))
      CPU_SET(cpu, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(cnnc_usable_cpus(), 1);
  cnnc_cpu_set cpus;
  EXPECT_EQ(cnnc_affinity(&cpus), 1);
  sched_setaffinity(0, sizeof before, &before);
}

// A worker's own view of its mask.
TEST(Affinity, WorkersStayOnTheirCpus) {
  cnnc_cpu_set all, one{};
  ASSERT_GE(cnnc_affinity(&all), 1);
  for (size_t i = 0; i < std::size(all.words); ++i)
    if ((one.words[i] = all.words[i] & -all.words[i]) != 0)
      break;
  cnnc_hooks hooks{};
  cnnc_pool *pool = cnnc_pool_create(&hooks, 2, &one);
  auto task = [](void *context, int32_t thread, int32_t index, uint8_t *) {
    cnnc_cpu_set own;
    if (thread == 1)
      return cnnc_affinity(&own) == 1 && own == *static_cast<cnnc_cpu_set *>(context) ? 0 : 1;
    usleep(index == 0 ? 50000 : 0); // until the worker has come
    return 0;
  };
  EXPECT_EQ(cnnc_pool_run(pool, task, &one, 0, 8, nullptr), 0);
  cnnc_pool_destroy(&hooks, pool);
}

} // namespace
