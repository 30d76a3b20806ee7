/* cnnc.h - the C ABI of every library that cnnc writes. C99, version 1.
 *
 * A library exports exactly two symbols: `cnnc_query` and `<net>_cnnc_query`. Both return the same table; use the second when
 * several libraries live in one program. No function aborts, prints, throws, or touches signals and the floating-point state.
 * Tables and structs only ever grow at the end; each starts with `struct_size`, set by whoever fills it. Fixed for ever:
 * DLPack's structs, and those that callers index in arrays: cnnc_tensor_info, cnnc_profile_entry. The guide for C users is docs/abi.md.
 */
#ifndef CNNC_H
#define CNNC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CNNC_ABI_VERSION 1u

/* DLPack's tensor, declared here unless dlpack.h was included first. */
#ifndef DLPACK_DLPACK_H_
typedef enum { kDLCPU = 1, kDLCUDA = 2 } DLDeviceType;
typedef struct {
  int32_t device_type;
  int32_t device_id;
} DLDevice; /* device_type: a DLDeviceType */
typedef enum { kDLInt = 0u, kDLUInt = 1u, kDLFloat = 2u, kDLBfloat = 4u } DLDataTypeCode;
typedef struct {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
} DLDataType;
typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides; /* in elements; NULL means dense row-major */
  uint64_t byte_offset;
} DLTensor;
#endif

/* Result codes. 0 is success. */
typedef enum {
  CNNC_OK = 0,
  CNNC_ERROR_INVALID_ARGUMENT = 1, /* NULL, wrong count, wrong struct_size */
  CNNC_ERROR_SHAPE = 2,            /* rank or extent differs from the declared one */
  CNNC_ERROR_DTYPE = 3,
  CNNC_ERROR_STRIDE = 4,    /* strides that cannot be read or written, or overlap in an output */
  CNNC_ERROR_ALIGNMENT = 5, /* data is not aligned to its element */
  CNNC_ERROR_DEVICE = 6,
  CNNC_ERROR_WORKSPACE = 7, /* caller workspace too small or not 64-byte aligned */
  CNNC_ERROR_OUT_OF_MEMORY = 8,
  CNNC_ERROR_TARGET = 9, /* the CPU lacks a feature that the library was built for */
  CNNC_ERROR_CANCELLED = 10,
  CNNC_ERROR_WEIGHTS = 11, /* external weights are missing, truncated or have another digest */
  CNNC_ERROR_INTERNAL = 12
} cnnc_status;

/* Filled by a failing call when the pointer is not NULL and `struct_size` was set; a smaller struct gets a shorter message. */
typedef struct {
  uint32_t struct_size;
  int32_t code;      /* a cnnc_status */
  char message[248]; /* NUL-terminated UTF-8: what, where, what to do */
} cnnc_error;

/* One input or output. Where min and max differ in dimension 0 alone, it is the batch; where they differ in others too, the tensor may have
 * any extents up to max (a picture). All others have min == max. */
typedef struct {
  uint32_t struct_size;
  const char *name;
  DLDataType dtype;
  int32_t ndim;
  const int64_t *min_shape;
  const int64_t *max_shape;
  const char *layout; /* "NCHW", "NHWC", "NC", ... or "" */
} cnnc_tensor_info;

typedef struct {
  uint32_t struct_size;
  uint32_t abi_version;
  const char *name;           /* network */
  const char *target;         /* e.g. "x86-64-v4" */
  const char *compiler;       /* cnnc version */
  const char *source_digest;  /* hex, of the resolved spec */
  const char *weights_digest; /* hex SHA-256 of the packed weights; empty when there are none */
  int32_t num_inputs;
  int32_t num_outputs;
  const cnnc_tensor_info *inputs;
  const cnnc_tensor_info *outputs;
  uint64_t weights_bytes;   /* packed */
  uint64_t workspace_bytes; /* of one run in one workspace at the largest batch, copies of strided tensors included */
  uint64_t macs;            /* multiply-accumulates of one image */
  int32_t num_launches;
  const char *metadata_json; /* whole metadata document */
} cnnc_info;

typedef struct cnnc_model cnnc_model;

/* One task of a parallel loop. Returns 0, or an error that stops the loop. */
typedef int (*cnnc_task)(void *context, int32_t index, uint8_t *closure);

typedef enum { CNNC_LOG_ERROR = 0, CNNC_LOG_WARNING = 1, CNNC_LOG_INFO = 2 } cnnc_log_level;

/* One finished launch, for `trace`. `data` is valid during the call only. */
typedef struct {
  uint32_t struct_size;
  int32_t launch;    /* 0 .. num_launches-1 */
  const char *layer; /* name of the last layer that the launch computes */
  const char *kernel;
  uint64_t begin_ns, end_ns; /* monotonic */
  int32_t ndim;
  const int64_t *shape; /* logical shape of the result, batch included */
  int32_t block;        /* 0: dense row-major; else channels are blocked by this many (NCHW[c]) */
  const int32_t *halo;  /* top, left, bottom, right */
  DLDataType dtype;
  const void *data; /* first cell of the buffer, halo included */
  int64_t image;    /* which image of the batch (shape[0] is then 1); 0 when the launch computes the whole batch */
} cnnc_trace_event;

/* Host hooks, per model. Any pointer may be NULL: the library then uses its own. */
typedef struct {
  uint32_t struct_size;
  void *user;
  void *(*alloc)(void *user, size_t bytes, size_t alignment);
  void (*free)(void *user, void *pointer);
  /* Runs task(context, i, closure) for begin <= i < begin + count, in any order, on any threads; returns the first non-zero result. */
  int (*parallel_for)(void *user, cnnc_task task, void *context, int32_t begin, int32_t count, uint8_t *closure);
  void (*log)(void *user, int32_t level, const char *message);
  void (*trace)(void *user, const cnnc_trace_event *event);
} cnnc_hooks;

typedef struct {
  uint32_t struct_size;
  int32_t threads;          /* 0: one for each core near the caller that the process may use; 1: no threads are made; at most 1024 */
  const cnnc_hooks *hooks;  /* copied */
  const char *weights_path; /* for libraries compiled with --external-weights */
} cnnc_create_options;

typedef struct {
  uint32_t struct_size;
  void *stream;    /* reserved for GPU targets */
  void *workspace; /* NULL, or >= workspace_size(batch) bytes, 64-byte aligned */
  uint64_t workspace_bytes;
  const volatile int32_t *cancel; /* NULL, or polled between launches: non-zero stops the run */
} cnnc_run_options;

typedef struct {
  const char *layer;
  const char *kernel;
  uint64_t calls;
  uint64_t total_ns;
  uint64_t min_ns;
  uint64_t macs; /* of one image */
} cnnc_profile_entry;

/* The append-only table. */
typedef struct {
  uint32_t struct_size;
  uint32_t abi_version;
  const cnnc_info *info;
  /* CNNC_OK when this CPU can run the library. Safe on any x86-64 or AArch64 CPU. */
  int32_t (*check_target)(cnnc_error *error);
  int32_t (*create)(const cnnc_create_options *options, cnnc_model **model, cnnc_error *error);
  /* Thread-safe. `options` may be NULL. Inputs and outputs in the order of `info`. Inputs may be strided views (any stride sign),
   * outputs too as long as no two elements share an address. No output may overlap another tensor. Batch 0 succeeds and touches
   * nothing. After an error the outputs hold anything. */
  int32_t (*run)(cnnc_model *model, const DLTensor *inputs, DLTensor *outputs, const cnnc_run_options *options, cnnc_error *error);
  /* Bytes that a run of this batch needs in a workspace of the caller's; 0 for batch 0 and for a batch outside the declared range. */
  uint64_t (*workspace_size)(const cnnc_model *model, int64_t batch);
  /* Joins the model's threads and frees it. NULL is allowed. No run may be in flight. Call it before dlclose. */
  void (*destroy)(cnnc_model *model);
  /* Starts from zero (enable=1), stops (0), or reads (-1) per-launch times. Writes up to `capacity` entries, returns how many exist. */
  int32_t (*profile)(cnnc_model *model, int32_t enable, cnnc_profile_entry *entries, int32_t capacity);
} cnnc_api;

/* NULL when the library speaks no ABI version <= max_abi. */
typedef const cnnc_api *(*cnnc_query_fn)(uint32_t max_abi);

#ifdef __cplusplus
}
#endif
#endif /* CNNC_H */
