/* cpu.c - whether this CPU and this operating system can run the code.
 * Sources: Intel SDM vol. 2A (CPUID) and vol. 1 ch. 13-15 (XCR0); the Linux kernel's Documentation/arch/x86/xstate.rst. Runs on any CPU of its
 * architecture. */
#define _GNU_SOURCE
#include "internal.h"

#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define CNNC_X86 1
#endif
#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum {
  LEAF1_SSE41 = 1u << 19,
  LEAF1_FMA = 1u << 12,
  LEAF1_OSXSAVE = 1u << 27,
  LEAF1_AVX = 1u << 28,
  LEAF1_F16C = 1u << 29,
  LEAF7_AVX2 = 1u << 5,
  LEAF7_BMI2 = 1u << 8,
  LEAF7_AVX512F = 1u << 16,
  LEAF7_AVX512DQ = 1u << 17,
  LEAF7_AVX512CD = 1u << 28,
  LEAF7_AVX512BW = 1u << 30,
  LEAF7_ECX_VNNI = 1u << 11,
  LEAF7_1_BF16 = 1u << 5,
  LEAF7_EDX_AMX_BF16 = 1u << 22,
  LEAF7_EDX_AMX_TILE = 1u << 24,
  XCR0_TILES = 0x60000, /* their configuration and data */
  XCR0_YMM = 0x06,      /* SSE and AVX state */
  XCR0_ZMM = 0xE6       /* and opmask, upper halves, upper 16 registers */
};
#define LEAF7_AVX512VL 0x80000000u /* does not fit an enum */

cnnc_cpu_state cnnc_cpu_read(void) {
  cnnc_cpu_state state;
  memset(&state, 0, sizeof state);
#ifdef CNNC_X86
  uint32_t eax, ebx, ecx, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
    state.leaf1_ecx = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
    uint32_t subleaves = eax;
    state.leaf7_ebx = ebx;
    state.leaf7_ecx = ecx;
    state.leaf7_edx = edx;
    if (subleaves >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx))
      state.leaf7_1_eax = eax;
  }
  if (state.leaf1_ecx & LEAF1_OSXSAVE) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    state.xcr0 = (uint64_t)high << 32 | low;
  }
#endif
  return state;
}

int cnnc_cpu_has(const cnnc_cpu_state *state, int32_t feature) {
#ifdef CNNC_X86
  int ymm = (state->xcr0 & XCR0_YMM) == XCR0_YMM && (state->leaf1_ecx & LEAF1_AVX);
  int zmm = ymm && (state->xcr0 & XCR0_ZMM) == XCR0_ZMM && (state->leaf7_ebx & LEAF7_AVX512F);
  int tiles = (state->xcr0 & XCR0_TILES) == XCR0_TILES && (state->leaf7_edx & LEAF7_EDX_AMX_TILE);
  switch (feature) {
  case CNNC_CPU_SSE41:
    return (state->leaf1_ecx & LEAF1_SSE41) != 0;
  case CNNC_CPU_AVX:
    return ymm;
  case CNNC_CPU_AVX2:
    return ymm && (state->leaf7_ebx & LEAF7_AVX2);
  case CNNC_CPU_FMA:
    return ymm && (state->leaf1_ecx & LEAF1_FMA);
  case CNNC_CPU_F16C:
    return ymm && (state->leaf1_ecx & LEAF1_F16C);
  case CNNC_CPU_AVX512F:
    return zmm;
  case CNNC_CPU_AVX512BW:
    return zmm && (state->leaf7_ebx & LEAF7_AVX512BW);
  case CNNC_CPU_AVX512DQ:
    return zmm && (state->leaf7_ebx & LEAF7_AVX512DQ);
  case CNNC_CPU_AVX512VL:
    return zmm && (state->leaf7_ebx & LEAF7_AVX512VL);
  case CNNC_CPU_AVX512CD:
    return zmm && (state->leaf7_ebx & LEAF7_AVX512CD);
  case CNNC_CPU_AVX512VNNI:
    return zmm && (state->leaf7_ecx & LEAF7_ECX_VNNI);
  case CNNC_CPU_AVX512BF16:
    return zmm && (state->leaf7_1_eax & LEAF7_1_BF16);
  case CNNC_CPU_AMX_TILE:
    return tiles;
  case CNNC_CPU_AMX_BF16:
    return tiles && (state->leaf7_edx & LEAF7_EDX_AMX_BF16);
  case CNNC_CPU_BMI2:
    return (state->leaf7_ebx & LEAF7_BMI2) != 0;
  default:
    return 0;
  }
#elif defined(__aarch64__)
  (void)state;
  return feature == CNNC_CPU_NEON; /* part of the base architecture */
#else
  (void)state;
  (void)feature;
  return 0;
#endif
}

/* Whether the system lets this process use a feature that the CPU has. Linux withholds the tile registers, for which signal stacks may be too small,
 * until it is asked; what it grants holds for all threads as long as the process lives. */
static int grants(int32_t feature) {
#if defined(__linux__) && defined(__x86_64__)
  enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
  if (feature == CNNC_CPU_AMX_TILE)
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#endif
  return feature != CNNC_CPU_AMX_TILE;
}

int32_t cnnc_check_target(cnnc_error *error) {
  const cnnc_plan *plan = &cnnc_plan_data;
  cnnc_cpu_state state = cnnc_cpu_read();
  char missing[128];
  size_t length = 0;
  missing[0] = '\0';
  for (int32_t i = 0; i < plan->num_features; ++i) {
    size_t name = strlen(plan->features[i].name);
    if (cnnc_cpu_has(&state, plan->features[i].id) && grants(plan->features[i].id))
      continue;
    if (length + name + 2 >= sizeof missing)
      break;
    if (length)
      missing[length++] = ' ';
    memcpy(missing + length, plan->features[i].name, name + 1);
    length += name;
  }
  if (length == 0)
    return CNNC_OK;
  return cnnc_fail(NULL, error, CNNC_ERROR_TARGET, "network '%s' is compiled for %s, and this machine lacks: %s; compile it for this CPU", plan->info.name,
                   plan->info.target, missing);
}
