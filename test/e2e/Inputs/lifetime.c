/* Fork after use, and load, run, unload 20 times: lifetime LIBRARY. Linux: threads are counted in /proc. */
#define _DEFAULT_SOURCE
#include "check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

static int count_threads(void) {
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  struct dirent *entry;
  CHECK(tasks);
  while ((entry = readdir(tasks)) != NULL)
    count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

static long resident_pages(void) {
  long total = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%ld %ld", &total, &resident) == 2);
  fclose(file);
  return resident;
}

static int is_mapped(const char *path) {
  char line[4096];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  CHECK(maps);
  while (fgets(line, sizeof line, maps))
    found |= strstr(line, path) != NULL;
  fclose(maps);
  return found;
}

int main(int argc, char **argv) {
  int round, status;
  long resident = 0;
  float *expected = NULL;
  CHECK(argc == 2);
  alarm(60); /* a hang ends as a failure */
  for (round = 0; round < 20; ++round) {
    cnnc_query_fn query;
    const cnnc_api *api;
    cnnc_model *model;
    float *got;
    void *handle = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    CHECK(handle);
    *(void **)&query = dlsym(handle, "cnnc_query");
    api = query(CNNC_ABI_VERSION);
    model = create_model(api, 4);
    got = run_once(api, model, 7);
    if (!expected)
      expected = got;
    CHECK(memcmp(got, expected, output_bytes(api)) == 0);
    if (round == 0) {
      pid_t child = fork();
      CHECK(child >= 0);
      if (child == 0) { /* the parent's workers are not here */
        float *again = run_once(api, model, 7);
        alarm(20);
        CHECK(memcmp(again, expected, output_bytes(api)) == 0);
        api->destroy(model);
        CHECK(dlclose(handle) == 0);
        exit(0);
      }
      CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    api->destroy(model);
    CHECK(dlclose(handle) == 0);
    if (got != expected)
      free(got);
    CHECK(!is_mapped(argv[1]) && count_threads() == 1);
    if (round == 4)
      resident = resident_pages();
  }
  CHECK(resident_pages() <= resident + 64);
  free(expected);
  puts("lifetime: nothing left");
  return 0;
}
