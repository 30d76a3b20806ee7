// The check dialect: a test that checks itself inside the IR.
#ifndef CHECK_OPS_TD
#define CHECK_OPS_TD

include "mlir/IR/OpBase.td"
include "dialects/cnn/CnnInterfaces.td"

def Check_Dialect : Dialect {
  let name = "check";
  let cppNamespace = "::cnnc::check";
  let summary = "Expectations on tensors, for tests only.";
  let description = [{
    A function without arguments that holds check ops is a test case: `runChecks` interprets it, and a check that fails is an error at
    its location. A check has side effects, so no pass removes it.
  }];
}

def Check_Tensor : RankedTensorOf<[F32, UI8, I32]>;

class Check_Op<string mnemonic> : Op<Check_Dialect, mnemonic, [SameTypeOperands, DeclareOpInterfaceMethods<ReferenceOpInterface>]>;

def Check_ExpectCloseOp : Check_Op<"expect_close"> {
  let summary = "Fails unless |actual - expected| <= atol + rtol * |expected| for each element.";
  let description = [{
    A NaN is close to a NaN only, an infinity to itself only.
  }];
  let arguments = (ins Check_Tensor:$actual, Check_Tensor:$expected,
                       DefaultValuedAttr<F64Attr, "1e-6">:$rtol, DefaultValuedAttr<F64Attr, "1e-6">:$atol);
  let assemblyFormat = "$actual `,` $expected attr-dict `:` type($actual)";
}

def Check_ExpectEqualOp : Check_Op<"expect_equal"> {
  let summary = "Fails unless each element equals the expected one; NaN equals NaN.";
  let arguments = (ins Check_Tensor:$actual, Check_Tensor:$expected);
  let assemblyFormat = "$actual `,` $expected attr-dict `:` type($actual)";
}

#endif // CHECK_OPS_TD
