/* Three libraries linked into one program; 8 threads run all of them at once and compare with what a serial run gave. */
#include "thrice.h"
#include "tiny.h"
#include "twice.h"

#include "check.h"

#include <pthread.h>

enum { NETWORKS = 3, THREADS = 8, ROUNDS = 20, SEEDS = 4 };
static const cnnc_api *apis[NETWORKS];
static cnnc_model *models[NETWORKS];
static float *expected[NETWORKS][SEEDS];

static void *hammer(void *argument) {
  int round, first = *(int *)argument;
  for (round = 0; round < ROUNDS; ++round) {
    int network = (first + round) % NETWORKS, seed = (first + round / NETWORKS) % SEEDS;
    float *got = run_once(apis[network], models[network], seed);
    CHECK(memcmp(got, expected[network][seed], output_bytes(apis[network])) == 0);
    free(got);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  int i, seed, numbers[THREADS];
  apis[0] = tiny_cnnc_query(CNNC_ABI_VERSION);
  apis[1] = twice_cnnc_query(CNNC_ABI_VERSION);
  apis[2] = thrice_cnnc_query(CNNC_ABI_VERSION);
  for (i = 0; i < NETWORKS; ++i) {
    models[i] = create_model(apis[i], 2);
    for (seed = 0; seed < SEEDS; ++seed)
      expected[i][seed] = run_once(apis[i], models[i], seed);
  }
  CHECK(expected[1][1][5] == 2 * (5 + 1) && expected[2][1][5] == 3 * (5 + 1));
  for (i = 0; i < THREADS; ++i) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, hammer, &numbers[i]) == 0);
  }
  for (i = 0; i < THREADS; ++i)
    CHECK(pthread_join(threads[i], NULL) == 0);
  for (i = 0; i < NETWORKS; ++i) {
    apis[i]->destroy(models[i]);
    for (seed = 0; seed < SEEDS; ++seed)
      free(expected[i][seed]);
  }
  puts("linked: as alone");
  return 0;
}
