/* plan_library.h - what the library around a plan written by hand needs besides it: its two exports, named after TOY_NAME, and element types. */
#ifndef CNNC_TEST_PLAN_LIBRARY_H
#define CNNC_TEST_PLAN_LIBRARY_H

#include "runtime/lib/internal.h"

#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#define EXPORT __attribute__((visibility("default")))
#define F32 {kDLFloat, 32, 1}
#define I32 {kDLInt, 32, 1}
#define U8 {kDLUInt, 8, 1}

EXPORT const cnnc_api *cnnc_query(uint32_t max_abi);
EXPORT const cnnc_api *CONCAT(TOY_NAME, _cnnc_query)(uint32_t max_abi);
const cnnc_api *cnnc_query(uint32_t max_abi) { return cnnc_query_impl(max_abi); }
const cnnc_api *CONCAT(TOY_NAME, _cnnc_query)(uint32_t max_abi) { return cnnc_query_impl(max_abi); }

#endif /* CNNC_TEST_PLAN_LIBRARY_H */
