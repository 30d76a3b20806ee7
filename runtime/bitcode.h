/* bitcode.h - runtime/lib as LLVM bitcode for the host's architecture, embedded in the compiler: one module that is in every library, and one
 * of the steps of detectors, not yet optimised, whose entries are the `cnnc_routine_*` (lib/detect/routines.h).
 *
 * Every definition in them is hidden. The first leaves `cnnc_plan_data` undefined, defines `cnnc_query_impl` for the emitted query functions
 * and `halide_do_par_for` for the kernels' objects (keep both when internalising), and needs only libc and pthread. */
#ifndef CNNC_BITCODE_H
#define CNNC_BITCODE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const unsigned char cnnc_runtime_bitcode[];
extern const size_t cnnc_runtime_bitcode_size;
extern const unsigned char cnnc_routines_bitcode[];
extern const size_t cnnc_routines_bitcode_size;

#ifdef __cplusplus
}
#endif
#endif /* CNNC_BITCODE_H */
