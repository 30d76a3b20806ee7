// Kernels, launches, weights and aliases.
#ifndef EXEC_OPS_TD
#define EXEC_OPS_TD

include "dialects/exec/ExecBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Exec_Op<string mnemonic, list<Trait> traits = []> : Op<Exec_Dialect, mnemonic, traits>;
def Exec_Tensor : RankedTensorOf<[AnyType]>;

def Exec_KernelOp : Exec_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock]> {
  let summary = "A fused region of cnn ops that becomes one function.";
  let description = [{
    The block's arguments are the activations and weights that the region reads; `weights[i]` is true where argument i is a weight.
    The region has one result. Equal regions share one kernel.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, DenseBoolArrayAttr:$weights, OptionalAttr<Exec_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name (`schedule` $schedule^)? attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getResultType();
  }];
}

def Exec_YieldOp : Exec_Op<"yield", [Pure, Terminator, HasParent<"KernelOp">]> {
  let summary = "The result of a kernel.";
  let arguments = (ins Exec_Tensor:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Exec_LaunchOp : Exec_Op<"launch", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a kernel; `layer` names the last layer that it computes.";
  let description = [{
    `in_place` is the operand whose slot the result takes over: the operand dies here and the kernel reads each element before it
    writes it.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Exec_Tensor>:$operands, StrAttr:$layer, DefaultValuedAttr<I64Attr, "0">:$macs,
    OptionalAttr<Exec_SlotAttr>:$slot, OptionalAttr<I64Attr>:$in_place);
  let results = (outs Exec_Tensor:$result);
  let assemblyFormat = "$kernel `(` $operands `)` $layer (`at` $slot^)? attr-dict `:` functional-type($operands, $result)";
}

def Exec_WeightOp : Exec_Op<"weight", [Pure]> {
  let summary = "A constant operand of launches, packed at compile time at `offset` bytes in the weights section.";
  let arguments = (ins ElementsAttr:$value, OptionalAttr<StrAttr>:$name, OptionalAttr<Exec_PackedAttr>:$packed, OptionalAttr<I64Attr>:$offset);
  let results = (outs Exec_Tensor:$result);
  let assemblyFormat = "($name^)? (`packed` $packed^)? (`offset` $offset^)? attr-dict `:` type($result) `,` $value";
  let hasVerifier = 1;
}

def Exec_ViewOp : Exec_Op<"view", [Pure]> {
  let summary = "The same bytes as another type: reshape, flatten, identity. Shares its operand's slot.";
  let arguments = (ins Exec_Tensor:$source);
  let results = (outs Exec_Tensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Exec_ConcatOp : Exec_Op<"concat", [Pure]> {
  let summary = "Channel concatenation without a copy: each operand is written straight into its slice of the result's slot.";
  let arguments = (ins Variadic<Exec_Tensor>:$parts, OptionalAttr<Exec_SlotAttr>:$slot);
  let results = (outs Exec_Tensor:$result);
  let assemblyFormat = "$parts (`at` $slot^)? attr-dict `:` functional-type($parts, $result)";
  let hasVerifier = 1;
}

#endif // EXEC_OPS_TD
