/* workspace.c - memory of runs. One workspace is made at create; a run that finds none free makes one more, and it is kept. */
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (2u << 20)

void *cnnc_alloc(const cnnc_hooks *hooks, uint64_t bytes) {
  void *pointer = NULL;
  uint64_t rounded;
  if (bytes == 0)
    bytes = CNNC_ALIGNMENT;
  if (bytes > PTRDIFF_MAX - HUGE_PAGE)
    return NULL;
  if (hooks->alloc) {
    pointer = hooks->alloc(hooks->user, (size_t)bytes, CNNC_ALIGNMENT);
    if (pointer && (uintptr_t)pointer % CNNC_ALIGNMENT != 0) { /* a host that ignores the alignment would corrupt silently */
      cnnc_free(hooks, pointer);
      return NULL;
    }
    return pointer;
  }
  if (bytes < 2 * (uint64_t)HUGE_PAGE)
    return posix_memalign(&pointer, CNNC_ALIGNMENT, (size_t)bytes) == 0 ? pointer : NULL;
  /* Large arenas on huge pages: a kernel walks several planes at once and runs out of TLB entries otherwise. */
  rounded = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  if (posix_memalign(&pointer, HUGE_PAGE, (size_t)rounded) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  madvise(pointer, (size_t)rounded, MADV_HUGEPAGE);
#endif
  return pointer;
}

void cnnc_free(const cnnc_hooks *hooks, void *pointer) {
  if (!pointer)
    return;
  if (hooks->alloc) {
    if (hooks->free)
      hooks->free(hooks->user, pointer);
  } else {
    free(pointer);
  }
}

uint64_t cnnc_workspace_bytes(const cnnc_plan *plan, int64_t batch) {
  const cnnc_info *info = &plan->info;
  uint64_t bytes = (plan->arena_bytes + CNNC_ALIGNMENT - 1) / CNNC_ALIGNMENT * CNNC_ALIGNMENT;
  for (int32_t i = 0; i < info->num_inputs; ++i)
    bytes += cnnc_staging_bytes(&info->inputs[i], plan->input_batched[i], plan->per_image, batch);
  for (int32_t i = 0; i < info->num_outputs; ++i)
    bytes += cnnc_staging_bytes(&info->outputs[i], plan->output_batched[i], plan->per_image, batch);
  return bytes;
}

void *cnnc_workspace_acquire(cnnc_model *model) {
  for (int32_t i = 0; i < CNNC_WORKSPACE_SLOTS; ++i) {
    void *workspace;
    if (!__atomic_load_n(&model->workspaces[i], __ATOMIC_RELAXED))
      continue;
    workspace = __atomic_exchange_n(&model->workspaces[i], NULL, __ATOMIC_ACQUIRE);
    if (workspace)
      return workspace;
  }
  return cnnc_alloc(&model->hooks, model->workspace_bytes);
}

void cnnc_workspace_release(cnnc_model *model, void *workspace) {
  for (int32_t i = 0; i < CNNC_WORKSPACE_SLOTS; ++i) {
    void *expected = NULL;
    if (__atomic_load_n(&model->workspaces[i], __ATOMIC_RELAXED))
      continue;
    if (__atomic_compare_exchange_n(&model->workspaces[i], &expected, workspace, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      return;
  }
  cnnc_free(&model->hooks, workspace); /* more runs at once than slots */
}

void cnnc_workspace_free_all(cnnc_model *model) {
  for (int32_t i = 0; i < CNNC_WORKSPACE_SLOTS; ++i)
    cnnc_free(&model->hooks, model->workspaces[i]);
}
