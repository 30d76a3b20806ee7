/* bitcode.h - runtime/lib as one LLVM bitcode module for the host's architecture, embedded in the compiler.
 *
 * Every definition in it is hidden. It leaves `cnnc_plan_data` undefined, defines `cnnc_query_impl` for the emitted query functions
 * and `halide_do_par_for` for the kernels' objects (keep both when internalising), and needs only libc and pthread. */
#ifndef CNNC_BITCODE_H
#define CNNC_BITCODE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const unsigned char cnnc_runtime_bitcode[];
extern const size_t cnnc_runtime_bitcode_size;

#ifdef __cplusplus
}
#endif
#endif /* CNNC_BITCODE_H */
