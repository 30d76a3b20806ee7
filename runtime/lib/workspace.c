/* workspace.c - memory of runs. One workspace is made at create; a run that finds none free makes one more, and it is kept. So is the scratch memory
 * of tasks on a host's threads. */
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

int cnnc_is_gathered(const cnnc_plan *plan, int32_t slot) {
  return slot >= plan->info.num_inputs && plan->output_gathered && plan->output_gathered[slot - plan->info.num_inputs];
}

uint64_t cnnc_packed_bytes(const cnnc_plan *plan, int32_t slot, int64_t batch) {
  const cnnc_info *info = &plan->info;
  const int32_t output = slot - info->num_inputs;
  const int64_t images = !plan->per_image ? batch : cnnc_is_gathered(plan, slot) ? plan->images : 1;
  return output < 0 ? cnnc_staging_bytes(&info->inputs[slot], plan->input_batched[slot], images)
                    : cnnc_staging_bytes(&info->outputs[output], plan->output_batched[output], images);
}

uint64_t cnnc_workspace_bytes(const cnnc_plan *plan, int64_t batch) {
  const cnnc_info *info = &plan->info;
  uint64_t bytes = cnnc_aligned(plan->arena_bytes) + cnnc_aligned(plan->scratch_bytes) + cnnc_aligned(plan->gathered_bytes);
  for (int32_t slot = 0; slot < info->num_inputs + info->num_outputs; ++slot)
    bytes += cnnc_packed_bytes(plan, slot, batch);
  return bytes;
}

/* Memory of `bytes` bytes from a list of free ones, or new. */
static void *acquire(const cnnc_hooks *hooks, void **list, uint64_t bytes) {
  for (int32_t i = 0; i < CNNC_WORKSPACE_SLOTS; ++i) {
    void *memory;
    if (!__atomic_load_n(&list[i], __ATOMIC_RELAXED))
      continue;
    memory = __atomic_exchange_n(&list[i], NULL, __ATOMIC_ACQUIRE);
    if (memory)
      return memory;
  }
  return cnnc_alloc(hooks, bytes);
}

static void release(const cnnc_hooks *hooks, void **list, void *memory) {
  for (int32_t i = 0; i < CNNC_WORKSPACE_SLOTS; ++i) {
    void *expected = NULL;
    if (__atomic_load_n(&list[i], __ATOMIC_RELAXED))
      continue;
    if (__atomic_compare_exchange_n(&list[i], &expected, memory, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      return;
  }
  cnnc_free(hooks, memory); /* more at once than slots */
}

void *cnnc_workspace_acquire(cnnc_model *model) { return acquire(&model->hooks, model->workspaces, model->workspace_bytes); }
void cnnc_workspace_release(cnnc_model *model, void *workspace) { release(&model->hooks, model->workspaces, workspace); }
void *cnnc_scratch_acquire(cnnc_model *model) { return acquire(&model->hooks, model->host_scratch, model->plan->task_scratch_bytes); }
void cnnc_scratch_release(cnnc_model *model, void *scratch) { release(&model->hooks, model->host_scratch, scratch); }

void cnnc_workspace_free_all(cnnc_model *model) {
  for (int32_t i = 0; i < CNNC_WORKSPACE_SLOTS; ++i) {
    cnnc_free(&model->hooks, model->workspaces[i]);
    cnnc_free(&model->hooks, model->host_scratch[i]);
  }
  cnnc_free(&model->hooks, model->worker_scratch);
}
