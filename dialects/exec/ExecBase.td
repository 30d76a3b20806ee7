// The dialect and its attributes.
#ifndef EXEC_BASE_TD
#define EXEC_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Exec_Dialect : Dialect {
  let name = "exec";
  let cppNamespace = "::cnnc::exec";
  let summary = "What will run: fused kernels, their launches, and where every value lies.";
  let description = [{
    The partitioner turns a graph of `cnn` ops into `exec.kernel` symbols (a fused region and its schedule) and a function @main
    that launches them in order. Attributes fill in phase by phase: a schedule on each kernel, a packed layout on each weight, a
    slot on each value. Once all are there the module mirrors the library's tables and emission is a printer.
  }];
  let useDefaultAttributePrinterParser = 1;
}

def Exec_Space : I32EnumAttr<"Space", "Where a slot lies.", [
  I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Output", 1, "output">, I32EnumAttrCase<"Arena", 2, "arena">,
  I32EnumAttrCase<"Gathered", 4, "gathered">]> {
  let cppNamespace = "::cnnc::exec";
  let genSpecializedAttr = 0;
}

def Exec_SlotAttr : AttrDef<Exec_Dialect, "Slot"> {
  let mnemonic = "slot";
  let summary = "Place of a value: an input, an output (by index), the arena or what is gathered of several images; offset and size in bytes.";
  let description = [{
    The bytes are those of the images that the launch takes which writes the value; of a gathered value all that are gathered, one image after the other.
  }];
  let parameters = (ins EnumParameter<Exec_Space>:$space, "int64_t":$index, "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat = "`<` $space `` `[` $index `]` `,` `offset` `=` $offset `,` `bytes` `=` $bytes `>`";
  let genVerifyDecl = 1;
}

def Exec_ScheduleAttr : AttrDef<Exec_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "A schedule template and its knobs, e.g. #exec.schedule<\"conv2d.direct\", {tile_c = 2 : i64}>.";
  let parameters = (ins StringRefParameter<>:$name, "::mlir::DictionaryAttr":$knobs);
  let assemblyFormat = "`<` $name `,` $knobs `>`";
}

def Exec_PackedAttr : AttrDef<Exec_Dialect, "Packed"> {
  let mnemonic = "packed";
  let summary = "Packed layout of a weight: physical dimensions, outermost first.";
  let description = [{
    Physical dimension p walks logical dimension dims[p] in steps of steps[p], extents[p] times. Cells whose logical coordinate lies
    outside the tensor hold zero. With `winograd` the last two dimensions are first transformed for result tiles of so many rows and columns (1: as it is).
    With `split` = 2 or 3 each part of the last two physical dimensions, (16 x split) x 16 of f32, holds 32 input channels x 16 output channels, each number
    as the sum of so many bf16: a tile of the first ones, then one of the second ones, and so on.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$dims, ArrayRefParameter<"int64_t">:$extents, ArrayRefParameter<"int64_t">:$steps,
    OptionalArrayRefParameter<"int64_t">:$winograd, DefaultValuedParameter<"int64_t", "0">:$split);
  let assemblyFormat = [{
    `<` (`split` `=` $split^ `,` ` `)? `dims` `=` `[` $dims `]` `,` `extents` `=` `[` $extents `]` `,` `steps` `=` `[` $steps `]`
    (`,` `winograd` `=` `[` $winograd^ `]`)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Cells of the packed tensor.
    int64_t getElements() const;
  }];
}

#endif // EXEC_BASE_TD
