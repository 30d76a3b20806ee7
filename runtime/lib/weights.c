/* weights.c - embedded weights, or a file of the same bytes mapped read-only. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t cnnc_weights_open(cnnc_model *model, const char *path, cnnc_error *error) {
  const cnnc_plan *plan = model->plan;
  char digest[CNNC_SHA256_HEX];
  struct stat status;
  void *map;
  int file;
  if (plan->weights || plan->weights_bytes == 0) {
    model->weights = plan->weights;
    return CNNC_OK;
  }
  if (!path)
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_WEIGHTS, "network '%s' keeps its weights in a file; set weights_path in the create options",
                     plan->info.name);
  file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_WEIGHTS, "weights file '%s' cannot be opened (errno %d)", path, errno);
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(file);
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_WEIGHTS, "weights '%s' is not a regular file", path);
  }
  if ((uint64_t)status.st_size != plan->weights_bytes) {
    close(file);
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_WEIGHTS, "weights file '%s' has %lld bytes, expected %llu; use the file written with this library", path,
                     (long long)status.st_size, (unsigned long long)plan->weights_bytes);
  }
  map = mmap(NULL, (size_t)plan->weights_bytes, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (map == MAP_FAILED)
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_OUT_OF_MEMORY, "weights file '%s' cannot be mapped; free memory", path);
  model->weights_map = map;
  cnnc_sha256_hex(model->weights_map, plan->weights_bytes, digest);
  if (strcmp(digest, plan->info.weights_digest) != 0)
    return cnnc_fail(&model->hooks, error, CNNC_ERROR_WEIGHTS,
                     "weights file '%s' has SHA-256 %.16s..., expected %.16s...; use the file written with this library", path, digest,
                     plan->info.weights_digest);
  model->weights = model->weights_map;
  return CNNC_OK;
}

void cnnc_weights_close(cnnc_model *model) {
  if (model->weights_map)
    munmap(model->weights_map, (size_t)model->plan->weights_bytes);
}
