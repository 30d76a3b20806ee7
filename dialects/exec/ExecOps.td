// Kernels, launches, weights and aliases.
#ifndef EXEC_OPS_TD
#define EXEC_OPS_TD

include "dialects/exec/ExecBase.td"
include "dialects/exec/ExecInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Exec_Op<string mnemonic, list<Trait> traits = []> : Op<Exec_Dialect, mnemonic, traits>;
def Exec_Tensor : RankedTensorOf<[AnyType]>;

// How many rows of a tensor are meant.
def Exec_Count : Type<And<[CPred<"::llvm::isa<::mlir::RankedTensorType>($_self)">, CPred<"$_self == ::cnnc::exec::countType($_self.getContext())">]>,
                      "tensor<1xi32>", "::mlir::RankedTensorType">,
                 BuildableType<"::cnnc::exec::countType($_builder.getContext())">;

def Exec_KernelOp : Exec_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock]> {
  let summary = "A fused region of cnn ops that becomes one function.";
  let description = [{
    The block's arguments are the activations and weights that the region reads; `weights[i]` is true where argument i is a weight.
    The region has one result. Equal regions share one kernel. With `counted` the extent of the result's dimension 0 is a bound: each
    launch says how many rows it computes, and `counted` is the least number that the schedule can (it computes more than was asked for).
    `scratch` is the memory that its schedule takes while it runs, in bytes: once, and in each of its tasks. With `images` a call takes up to so many
    images, one for each row of its result: it is counted, and dimension 0 of its activations is `images`, whatever their types say.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, DenseBoolArrayAttr:$weights, OptionalAttr<Exec_ScheduleAttr>:$schedule, OptionalAttr<I64Attr>:$counted,
    OptionalAttr<DenseI64ArrayAttr>:$scratch, OptionalAttr<I64Attr>:$images);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name (`counted` $counted^)? (`schedule` $schedule^)? (`scratch` $scratch^)? (`images` $images^)? attr-dict-with-keyword $body";
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

def Exec_LaunchOp : Exec_Op<"launch", [Pure, AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>,
                                       DeclareOpInterfaceMethods<Exec_StepOpInterface>]> {
  let summary = "Runs a kernel; `layer` names the last layer that it computes.";
  let description = [{
    `in_place` is the operand whose slot the result takes over: the operand dies here and the kernel reads each element before it
    writes it. `rows` holds how many rows (dimension 0) of the result are meant: a counted kernel computes no others. With `halo_kept` the zeros
    around the result are those of an earlier launch, and stay. With `images` it gathers: it runs once for up to so many images, after all launches without
    have run for each of them, and reads of those what lies in gathered slots.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Exec_Tensor>:$inputs, Optional<Exec_Count>:$rows, StrAttr:$layer,
    DefaultValuedAttr<I64Attr, "0">:$macs, OptionalAttr<Exec_SlotAttr>:$slot, OptionalAttr<I64Attr>:$in_place, UnitAttr:$halo_kept,
    OptionalAttr<I64Attr>:$images);
  let results = (outs Exec_Tensor:$result);
  let assemblyFormat = [{
    $kernel `(` $inputs `)` (`rows` `(` $rows^ `)`)? $layer (`at` $slot^)? attr-dict `:` functional-type($inputs, $result)
  }];
  let extraClassDeclaration = [{
    /// Whether it computes no more rows of its result than a count says.
    bool isCounted() { return getRows() || getImages(); }
  }];
}

def Exec_RoutineOp : Exec_Op<"routine", [Pure, AttrSizedOperandSegments, DeclareOpInterfaceMethods<Exec_StepOpInterface>]> {
  let summary = "Runs a routine of the runtime: a data-dependent op of the cnn dialect, named by its mnemonic.";
  let description = [{
    `options` are the attributes of the op. A last result of bytes beyond the op's own is the routine's scratch memory. `rows` holds how many
    rows (dimension 0) of the first result the routine writes, where it leaves the others as they are.
  }];
  let arguments = (ins StrAttr:$routine, Variadic<Exec_Tensor>:$inputs, Optional<Exec_Count>:$rows, DictionaryAttr:$options, StrAttr:$layer,
    OptionalAttr<TypedArrayAttrBase<Exec_SlotAttr, "slots">>:$slot);
  let results = (outs Variadic<Exec_Tensor>:$outs);
  let assemblyFormat = "$routine `(` $inputs `)` (`rows` `(` $rows^ `)`)? $options $layer (`at` $slot^)? attr-dict `:` functional-type($inputs, $outs)";
  let hasVerifier = 1;
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
