// The structs of runtime/lib/plan.h and runtime/cnnc.h as LLVM types.
#pragma once

#include "llvm/IR/DataLayout.h"
#include "llvm/IR/DerivedTypes.h"

#include <string>
#include <vector>

namespace cnnc::emit {

/// One LLVM struct per C struct, fields in the same order. An embedded struct or array is one field.
struct PlanTypes {
  explicit PlanTypes(llvm::LLVMContext &context);
  llvm::IntegerType *i8, *i16, *i32, *i64;
  llvm::PointerType *pointer;
  llvm::StructType *dtype, *tensorInfo, *info, *arg, *halo, *launch, *feature, *plan;
};

/// Every field whose offset, and every struct whose size, differs from the C compiler's: "cnnc_arg.offset: 8 in C, 4 in LLVM".
/// Empty when the tables can be read by the runtime.
std::vector<std::string> layoutMismatches(const PlanTypes &types, const llvm::DataLayout &layout);

} // namespace cnnc::emit
