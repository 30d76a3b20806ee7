/* pool.c - a model's threads: spin for some tens of microseconds after a loop, then park.
 *
 * Each thread first takes the indices of a share of its own, the same part of every loop: what it wrote in one layer it reads in the
 * next, while it still lies in its cache. Then it takes what others have left.
 *
 * One loop runs at a time. A second run, or a loop inside a loop, finds the pool busy and runs on its caller alone, so that nobody
 * waits for anybody. A thread has one cache line with all that it needs of a loop: it spins on it, and one transfer brings the loop. The owner of the
 * loop writes the line and offers it (`state`); a worker joins by a compare-and-swap, and one that comes too late finds its first chunk taken and the offer
 * withdrawn. The owner waits for those who joined, and for nobody else. */
#include "internal.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SPIN_NS 50000u
#define SPINS 64 /* between two looks at the clock */
#define CHUNKS_PER_THREAD 8
#define LINE 64

enum {
  IDLE,
  OFFERED, /* a loop; its first chunk belongs to whoever takes the offer */
  INSIDE,
  AWAITED, /* inside, and the owner of the loop sleeps until it leaves */
  STOPPED
};

/* A thread of the pool. Member 0 is the owner of a loop, whichever thread of the host that is. */
typedef struct {
  /* A loop: written while the member is idle, read after it joined. Indices count from `min`. */
  int32_t state __attribute__((aligned(LINE)));
  int32_t members; /* that have a share */
  cnnc_pool_task task;
  void *context;
  uint8_t *closure;
  int32_t min, begin, chunk;
  uint64_t rest; /* of the share behind the first chunk: its end (upper half), the first index that nobody has taken */
  /* Where it sleeps. */
  int32_t parked __attribute__((aligned(LINE)));
  int32_t number;
  cnnc_pool *pool;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
} member;

struct cnnc_pool {
  int32_t busy __attribute__((aligned(LINE)));
  int32_t error; /* first non-zero result of the loop */
  /* fixed after create */
  int32_t workers;
  uint64_t spin_ns;
  pid_t process;
  cnnc_pool *parent; /* of the process that this one was forked from */
  member members[] __attribute__((aligned(LINE)));
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t end_of(uint64_t rest) { return (int64_t)(rest >> 32); }
static int64_t next_of(uint64_t rest) { return (int64_t)(rest & UINT32_MAX); }

static int change(member *of, int32_t from, int32_t to) { return __atomic_compare_exchange_n(&of->state, &from, to, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE); }

static void fail(cnnc_pool *pool, int32_t members, int result) {
  int32_t none = 0;
  __atomic_compare_exchange_n(&pool->error, &none, result, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  for (int32_t m = 0; m < members; ++m) {
    __atomic_store_n(&pool->members[m].rest, 0, __ATOMIC_RELAXED);
    change(&pool->members[m], OFFERED, IDLE);
  }
}

/* 0: the loop failed. */
static int run_chunk(cnnc_pool *pool, const member *own, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    int result = own->task(own->context, own->number, (int32_t)(own->min + i), own->closure);
    if (result != 0) {
      fail(pool, own->members, result);
      return 0;
    }
  }
  return 1;
}

/* The first chunk of a member that never came, or one's own. */
static int run_first_chunk(cnnc_pool *pool, const member *own, const member *of) { return run_chunk(pool, own, of->begin, of->begin + of->chunk); }

/* What is left of all shares, beginning with one's own. */
static void run_rest(cnnc_pool *pool, const member *own) {
  for (int32_t turn = 0; turn < own->members; ++turn) {
    member *from = &pool->members[(own->number + turn) % own->members];
    uint64_t rest = __atomic_load_n(&from->rest, __ATOMIC_RELAXED);
    while (next_of(rest) < end_of(rest)) {
      int64_t begin, limit;
      rest = __atomic_fetch_add(&from->rest, (uint64_t)own->chunk, __ATOMIC_RELAXED);
      begin = next_of(rest);
      limit = end_of(rest) - begin < own->chunk ? end_of(rest) : begin + own->chunk;
      if (!run_chunk(pool, own, begin, limit))
        return;
    }
    if (__atomic_load_n(&from->state, __ATOMIC_RELAXED) == OFFERED && change(from, OFFERED, IDLE) && !run_first_chunk(pool, own, from))
      return;
  }
}

/* Spins while the state is `value`, for the pool's time at most; whether it is another now. */
static int spin_while(const cnnc_pool *pool, const member *of, int32_t value) {
  uint64_t deadline = 0;
  while (pool->spin_ns) {
    uint64_t now;
    for (int i = 0; i < SPINS; ++i) {
      if (__atomic_load_n(&of->state, __ATOMIC_ACQUIRE) != value)
        return 1;
      relax();
    }
    now = cnnc_now_ns();
    if (deadline == 0)
      deadline = now + pool->spin_ns;
    else if (now >= deadline)
      break;
  }
  return __atomic_load_n(&of->state, __ATOMIC_ACQUIRE) != value;
}

/* Waits until the worker is offered a loop; 0 when the pool stops. Woken, it spins again: the next loop may be a moment away. */
static int wait_for_loop(member *own) {
  while (!spin_while(own->pool, own, IDLE)) {
    pthread_mutex_lock(&own->mutex);
    __atomic_store_n(&own->parked, 1, __ATOMIC_SEQ_CST); /* before the state is read: see cnnc_pool_run */
    if (__atomic_load_n(&own->state, __ATOMIC_SEQ_CST) == IDLE)
      pthread_cond_wait(&own->changed, &own->mutex);
    __atomic_store_n(&own->parked, 0, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&own->mutex);
  }
  return __atomic_load_n(&own->state, __ATOMIC_RELAXED) != STOPPED;
}

static void wake(member *sleeper) {
  pthread_mutex_lock(&sleeper->mutex);
  __atomic_store_n(&sleeper->parked, 0, __ATOMIC_RELAXED); /* once is enough: it takes the lock next */
  pthread_cond_signal(&sleeper->changed);
  pthread_mutex_unlock(&sleeper->mutex);
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
  member *own = argument;
  block_signals();
  while (wait_for_loop(own)) {
    if (!change(own, OFFERED, INSIDE))
      continue;
    if (run_first_chunk(own->pool, own, own))
      run_rest(own->pool, own);
    if (__atomic_exchange_n(&own->state, IDLE, __ATOMIC_ACQ_REL) == AWAITED)
      wake(&own->pool->members[0]);
  }
  return NULL;
}

/* Offers each member its share. The stores are on their way while the owner begins with its own. */
static void open_loop(cnnc_pool *pool, cnnc_pool_task f, void *context, int32_t min, int32_t size, uint8_t *closure) {
  const int64_t members = size <= pool->workers ? size : pool->workers + 1;
  const int64_t least = size / (members * CHUNKS_PER_THREAD), chunk = least < 1 ? 1 : least;
  pool->error = 0;
  for (int64_t m = 0; m < members; ++m) {
    member *to = &pool->members[m];
    const int64_t begin = size * m / members, end = size * (m + 1) / members;
    to->members = (int32_t)members;
    to->task = f;
    to->context = context;
    to->closure = closure;
    to->min = min;
    to->begin = (int32_t)begin;
    to->chunk = (int32_t)chunk;
    __atomic_store_n(&to->rest, (uint64_t)end << 32 | (uint64_t)(begin + chunk), __ATOMIC_RELAXED);
    if (m > 0)
      __atomic_store_n(&to->state, OFFERED, __ATOMIC_RELEASE);
  }
}

static void wake_parked(cnnc_pool *pool) {
  for (int32_t m = 1; m < pool->members[0].members; ++m)
    if (__atomic_load_n(&pool->members[m].parked, __ATOMIC_RELAXED))
      wake(&pool->members[m]);
}

/* Waits for the workers that are inside the loop. */
static void close_loop(cnnc_pool *pool) {
  member *own = &pool->members[0];
  for (int32_t m = 1; m < own->members; ++m) {
    member *of = &pool->members[m];
    if (spin_while(pool, of, INSIDE) || !change(of, INSIDE, AWAITED))
      continue;
    pthread_mutex_lock(&own->mutex);
    while (__atomic_load_n(&of->state, __ATOMIC_ACQUIRE) == AWAITED)
      pthread_cond_wait(&own->changed, &own->mutex);
    pthread_mutex_unlock(&own->mutex);
  }
}

int cnnc_pool_run(cnnc_pool *pool, cnnc_pool_task f, void *context, int32_t min, int32_t size, uint8_t *closure) {
  member *own = &pool->members[0];
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
  open_loop(pool, f, context, min, size, closure);
  wake_parked(pool);
  if (run_first_chunk(pool, own, own)) {
    /* A worker that parked meanwhile has seen its offer, or is seen here. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    wake_parked(pool);
    run_rest(pool, own);
  }
  close_loop(pool);
  error = pool->error;
  __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
  return error;
}

static void init_member(cnnc_pool *pool, int32_t number) {
  member *of = &pool->members[number];
  of->pool = pool;
  of->number = number;
  pthread_mutex_init(&of->mutex, NULL);
  pthread_cond_init(&of->changed, NULL);
}

static void destroy_member(member *of) {
  pthread_cond_destroy(&of->changed);
  pthread_mutex_destroy(&of->mutex);
}

cnnc_pool *cnnc_pool_create(const cnnc_hooks *hooks, int32_t threads, const cnnc_cpu_set *cpus) {
  cnnc_pool *pool = cnnc_alloc(hooks, sizeof *pool + sizeof(member) * (size_t)threads);
  pthread_attr_t attributes;
  size_t stack = CNNC_WORKER_STACK;
  if (!pool)
    return NULL;
  memset(pool, 0, sizeof *pool + sizeof(member) * (size_t)threads);
  pool->process = getpid();
  /* With more threads than CPUs a spinning worker keeps a working one off its CPU. */
  pool->spin_ns = threads <= cnnc_usable_cpus() ? SPIN_NS : 0;
  init_member(pool, 0);
  pthread_attr_init(&attributes);
#ifdef PTHREAD_STACK_MIN
  if (stack < (size_t)PTHREAD_STACK_MIN)
    stack = (size_t)PTHREAD_STACK_MIN;
#endif
  pthread_attr_setstacksize(&attributes, stack);
  if (cpus)
    pthread_attr_setaffinity_np(&attributes, sizeof cpus->words, (const cpu_set_t *)cpus->words);
  while (pool->workers < threads - 1) {
    member *next = &pool->members[pool->workers + 1];
    init_member(pool, pool->workers + 1);
    if (pthread_create(&next->thread, &attributes, work, next) != 0) {
      destroy_member(next);
      break;
    }
    ++pool->workers;
  }
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
  fresh = cnnc_pool_create(&model->hooks, model->threads, model->confined ? &model->cpus : NULL);
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
      for (int32_t m = 1; m <= pool->workers; ++m) {
        __atomic_store_n(&pool->members[m].state, STOPPED, __ATOMIC_SEQ_CST);
        wake(&pool->members[m]);
      }
      for (int32_t m = 1; m <= pool->workers; ++m)
        pthread_join(pool->members[m].thread, NULL);
      for (int32_t m = 0; m <= pool->workers; ++m)
        destroy_member(&pool->members[m]);
    }
    cnnc_free(hooks, pool);
    pool = parent;
  }
}
