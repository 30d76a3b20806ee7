#include "compiler/Threads.h"

#include "runtime/lib/internal.h"

#include <sched.h>

int cnnc::threadsFor(int asked) {
  if (asked > 0)
    return asked;
  cnnc_cpu_set cpus;
  return cnnc_affinity(&cpus) > 0 ? cnnc_default_threads("", sched_getcpu(), &cpus) : cnnc_usable_cpus();
}
