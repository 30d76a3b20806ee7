/* pool.c - a model's threads: spin for some tens of microseconds after a loop, then park.
 *
 * Each thread first takes the indices of a share of its own, the same part of every loop: what it wrote in one layer it reads in the
 * next, while it still lies in its cache. Then it takes what others have left.
 *
 * One loop runs at a time. A second run, or a loop inside a loop, finds the pool busy and runs on its caller alone, so that nobody
 * waits for anybody. `state` holds everything that joining needs in one word: the loop's number (upper half), whether it is
 * open, whether the owner sleeps until it empties, and how many workers are inside. The loop's fields are written only while
 * it is closed and empty; a worker reads them only after it joined. */
#include "internal.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SPIN_NS 50000u
#define OPEN ((uint64_t)1 << 31)
#define OWNER_SLEEPS ((uint64_t)1 << 30)
#define INSIDE (OWNER_SLEEPS - 1)
#define NUMBER_SHIFT 32
#define CHUNKS_PER_THREAD 8
#define LINE 64

/* The part of a loop that belongs to one thread. */
typedef struct {
  int64_t next __attribute__((aligned(LINE))); /* first index that nobody has taken */
  int64_t end;
} share;

struct cnnc_pool {
  uint64_t state __attribute__((aligned(LINE)));
  int32_t busy __attribute__((aligned(LINE)));
  int32_t error; /* first non-zero result of the loop */
  int32_t parked;
  int32_t stop;
  /* the loop */
  cnnc_pool_task task;
  void *context;
  uint8_t *closure;
  int64_t chunk;
  int32_t numbered; /* workers that have taken a number */
  /* fixed after create */
  int32_t workers;
  share *shares; /* workers + 1; the owner of a loop has the first */
  uint64_t spin_ns;
  pid_t process;
  cnnc_pool *parent; /* of the process that this one was forked from */
  pthread_mutex_t mutex;
  pthread_cond_t opened; /* or stop */
  pthread_cond_t emptied;
  pthread_t threads[];
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int is_new(uint64_t state, uint32_t last) { return (state & OPEN) && (uint32_t)(state >> NUMBER_SHIFT) != last; }

static void take_chunks(cnnc_pool *pool, int32_t thread) {
  const int64_t chunk = pool->chunk;
  const int32_t threads = pool->workers + 1;
  for (int32_t turn = 0; turn < threads; ++turn) {
    share *from = &pool->shares[(thread + turn) % threads];
    for (;;) {
      int64_t begin = __atomic_fetch_add(&from->next, chunk, __ATOMIC_RELAXED);
      int64_t limit = from->end - begin < chunk ? from->end : begin + chunk;
      if (begin >= from->end)
        break;
      for (int64_t i = begin; i < limit; ++i) {
        int result = pool->task(pool->context, thread, (int32_t)i, pool->closure);
        if (result != 0) {
          int32_t none = 0;
          __atomic_compare_exchange_n(&pool->error, &none, result, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
          for (int32_t t = 0; t < threads; ++t)
            __atomic_store_n(&pool->shares[t].next, pool->shares[t].end, __ATOMIC_RELAXED);
          return;
        }
      }
    }
  }
}

/* Waits until a loop other than `last` opens; 0 when the pool stops. */
static int wait_for_loop(cnnc_pool *pool, uint32_t last) {
  int result;
  if (pool->spin_ns) {
    uint64_t deadline = cnnc_now_ns() + pool->spin_ns;
    do {
      for (int i = 0; i < 64; ++i) {
        if (is_new(__atomic_load_n(&pool->state, __ATOMIC_RELAXED), last))
          return 1;
        relax();
      }
      if (__atomic_load_n(&pool->stop, __ATOMIC_RELAXED))
        return 0;
    } while (cnnc_now_ns() < deadline);
  }
  pthread_mutex_lock(&pool->mutex);
  /* Sequentially consistent with the store of `state` and the load of `parked` in open_loop: one of the two sees the other. */
  __atomic_add_fetch(&pool->parked, 1, __ATOMIC_SEQ_CST);
  while (!is_new(__atomic_load_n(&pool->state, __ATOMIC_SEQ_CST), last) && !__atomic_load_n(&pool->stop, __ATOMIC_RELAXED))
    pthread_cond_wait(&pool->opened, &pool->mutex);
  __atomic_sub_fetch(&pool->parked, 1, __ATOMIC_SEQ_CST);
  result = !__atomic_load_n(&pool->stop, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&pool->mutex);
  return result;
}

static void leave(cnnc_pool *pool) {
  uint64_t state = __atomic_sub_fetch(&pool->state, 1, __ATOMIC_ACQ_REL);
  if ((state & OWNER_SLEEPS) && (state & INSIDE) == 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->emptied);
    pthread_mutex_unlock(&pool->mutex);
  }
}

/* The host's signal handlers stay off these small stacks; faults and the profiler's signal still arrive. */
static void block_signals(void) {
  static const int kept[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
  sigset_t set;
  sigfillset(&set);
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; ++i)
    sigdelset(&set, kept[i]);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *work(void *argument) {
  cnnc_pool *pool = argument;
  const int32_t thread = __atomic_add_fetch(&pool->numbered, 1, __ATOMIC_RELAXED);
  uint32_t last = 0;
  block_signals();
  while (wait_for_loop(pool, last)) {
    uint64_t state = __atomic_load_n(&pool->state, __ATOMIC_RELAXED);
    if (!is_new(state, last))
      continue;
    if (!__atomic_compare_exchange_n(&pool->state, &state, state + 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      continue;
    last = (uint32_t)(state >> NUMBER_SHIFT);
    take_chunks(pool, thread);
    leave(pool);
  }
  return NULL;
}

static void open_loop(cnnc_pool *pool) {
  uint32_t number = (uint32_t)(__atomic_load_n(&pool->state, __ATOMIC_RELAXED) >> NUMBER_SHIFT) + 1;
  if (number == 0) /* what a worker holds that never worked */
    number = 1;
  __atomic_store_n(&pool->state, (uint64_t)number << NUMBER_SHIFT | OPEN, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&pool->parked, __ATOMIC_SEQ_CST) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->opened);
    pthread_mutex_unlock(&pool->mutex);
  }
}

/* Closes the loop and waits for the workers that are inside it. Workers that come late find it closed. */
static void close_loop(cnnc_pool *pool) {
  uint64_t state = __atomic_and_fetch(&pool->state, ~OPEN, __ATOMIC_ACQ_REL);
  if (pool->spin_ns && (state & INSIDE)) {
    uint64_t deadline = cnnc_now_ns() + pool->spin_ns;
    do {
      for (int i = 0; i < 64 && (state & INSIDE); ++i) {
        relax();
        state = __atomic_load_n(&pool->state, __ATOMIC_ACQUIRE);
      }
    } while ((state & INSIDE) && cnnc_now_ns() < deadline);
  }
  if ((state & INSIDE) == 0)
    return;
  pthread_mutex_lock(&pool->mutex);
  state = __atomic_or_fetch(&pool->state, OWNER_SLEEPS, __ATOMIC_ACQ_REL);
  while (state & INSIDE) {
    pthread_cond_wait(&pool->emptied, &pool->mutex);
    state = __atomic_load_n(&pool->state, __ATOMIC_ACQUIRE);
  }
  pthread_mutex_unlock(&pool->mutex);
}

int cnnc_pool_run(cnnc_pool *pool, cnnc_pool_task f, void *context, int32_t min, int32_t size, uint8_t *closure) {
  int32_t idle = 0;
  int error;
  if (pool->workers == 0 || !__atomic_compare_exchange_n(&pool->busy, &idle, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    for (int64_t i = min; i < (int64_t)min + size; ++i) {
      error = f(context, 0, (int32_t)i, closure);
      if (error != 0)
        return error;
    }
    return 0;
  }
  pool->task = f;
  pool->context = context;
  pool->closure = closure;
  for (int64_t t = 0; t <= pool->workers; ++t) {
    pool->shares[t].next = min + size * t / (pool->workers + 1);
    pool->shares[t].end = min + size * (t + 1) / (pool->workers + 1);
  }
  pool->chunk = size / ((int64_t)(pool->workers + 1) * CHUNKS_PER_THREAD);
  if (pool->chunk < 1)
    pool->chunk = 1;
  pool->error = 0;
  open_loop(pool);
  take_chunks(pool, 0);
  close_loop(pool);
  error = pool->error;
  __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
  return error;
}

cnnc_pool *cnnc_pool_create(const cnnc_hooks *hooks, int32_t threads) {
  const size_t before = (sizeof(cnnc_pool) + sizeof(pthread_t) * (size_t)(threads - 1) + LINE - 1) / LINE * LINE;
  cnnc_pool *pool = cnnc_alloc(hooks, before + sizeof(share) * (size_t)threads);
  pthread_attr_t attributes;
  size_t stack = CNNC_WORKER_STACK;
  if (!pool)
    return NULL;
  memset(pool, 0, sizeof *pool);
  pool->shares = (share *)(void *)((char *)pool + before);
  pool->process = getpid();
  /* With more threads than CPUs a spinning worker keeps a working one off its CPU. */
  pool->spin_ns = threads <= cnnc_usable_cpus() ? SPIN_NS : 0;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->opened, NULL);
  pthread_cond_init(&pool->emptied, NULL);
  pthread_attr_init(&attributes);
#ifdef PTHREAD_STACK_MIN
  if (stack < (size_t)PTHREAD_STACK_MIN)
    stack = (size_t)PTHREAD_STACK_MIN;
#endif
  pthread_attr_setstacksize(&attributes, stack);
  while (pool->workers < threads - 1 && pthread_create(&pool->threads[pool->workers], &attributes, work, pool) == 0)
    ++pool->workers;
  pthread_attr_destroy(&attributes);
  if (pool->workers < threads - 1)
    cnnc_warn(hooks, "the system gives %d of %d threads; runs are slower", (int)pool->workers + 1, (int)threads);
  return pool;
}

cnnc_pool *cnnc_pool_current(cnnc_model *model) {
  cnnc_pool *pool = __atomic_load_n(&model->pool, __ATOMIC_ACQUIRE);
  cnnc_pool *fresh;
  if (!pool || pool->process == getpid())
    return pool;
  fresh = cnnc_pool_create(&model->hooks, model->threads);
  if (!fresh)
    return NULL;
  fresh->parent = pool;
  if (__atomic_compare_exchange_n(&model->pool, &pool, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return fresh;
  fresh->parent = NULL; /* another thread of the child was first */
  cnnc_pool_destroy(&model->hooks, fresh);
  return pool;
}

void cnnc_pool_destroy(const cnnc_hooks *hooks, cnnc_pool *pool) {
  while (pool) {
    cnnc_pool *parent = pool->parent;
    if (pool->process == getpid()) { /* threads of a parent process do not exist here, and its locks may be held */
      pthread_mutex_lock(&pool->mutex);
      __atomic_store_n(&pool->stop, 1, __ATOMIC_RELAXED);
      pthread_cond_broadcast(&pool->opened);
      pthread_mutex_unlock(&pool->mutex);
      for (int32_t i = 0; i < pool->workers; ++i)
        pthread_join(pool->threads[i], NULL);
      pthread_cond_destroy(&pool->emptied);
      pthread_cond_destroy(&pool->opened);
      pthread_mutex_destroy(&pool->mutex);
    }
    cnnc_free(hooks, pool);
    pool = parent;
  }
}
