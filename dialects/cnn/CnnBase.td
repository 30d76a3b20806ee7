// The dialect, its attributes, interfaces and the base classes of its ops.
#ifndef CNN_BASE_TD
#define CNN_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/TensorEncoding.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/cnn/CnnInterfaces.td"

def Cnn_Dialect : Dialect {
  let name = "cnn";
  let cppNamespace = "::cnnc::cnn";
  let summary = "What a convolutional network computes.";
  let description = [{
    Ops on tensors whose meaning is that of ONNX (and of torchvision for images). Activations are NCHW. Dimension 0, the batch,
    may be dynamic; every other dimension is static. A value may carry `#cnn.layout` as its tensor encoding: the physical
    layout in memory, which never changes what an op computes.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

def Cnn_LayoutAttr : AttrDef<Cnn_Dialect, "Layout", [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let mnemonic = "layout";
  let summary = "Blocked channels with a zero halo: the physical layout of a rank-4 activation.";
  let description = [{
    A tensor [N, C, H, W] with `#cnn.layout<block = B, halo = [t, l, b, r]>` lies in memory as [N, ceil(C/B), t+H+b, l+W+r, B].
    Lanes past C hold finite values, halo cells hold zeros. No encoding means dense row-major.
    `block = 1` is NCHW with a halo.
  }];
  let parameters = (ins "int64_t":$block, ArrayRefParameter<"int64_t">:$halo);
  let assemblyFormat = "`<` `block` `=` $block `,` `halo` `=` `[` $halo `]` `>`";
  let genVerifyDecl = 1;
}

def Cnn_CappedAttr : AttrDef<Cnn_Dialect, "Capped", [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let mnemonic = "capped";
  let summary = "A network's input of any size up to its shape: which extents are upper bounds.";
  let description = [{
    `tensor<1333x1333x3xui8, #cnn.capped<[0, 1]>>` is a picture of at most 1333 x 1333 pixels; each run says how many it has. Only ops that
    ask for it (trait TakesCapped) read such a tensor.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$dims);
  let assemblyFormat = "`<` `[` $dims `]` `>`";
}

// -------------------------------------------------------------------------------------------------------------------- traits

/// Result element i depends on element i of each operand (after broadcasting), so the op commutes with any change of layout.
def Pointwise : NativeOpTrait<"Pointwise"> { let cppNamespace = "::cnnc::cnn"; }
/// Rank-4 operands and results may carry #cnn.layout: a kernel exists for blocked channels.
def ChannelBlockable : NativeOpTrait<"ChannelBlockable"> { let cppNamespace = "::cnnc::cnn"; }
/// Operands may carry #cnn.capped: the op adapts to the extents of a run.
def TakesCapped : NativeOpTrait<"TakesCapped"> { let cppNamespace = "::cnnc::cnn"; }

/// Checks C0 and the op's own constraints, and folds an op on small constants through its evaluate(). The op defines
/// `inferType`; everything that surrounds it (attributes left out, operand count, C0) is done here for all ops.
///
/// C0, for every op:
/// - each operand and the result is a ranked tensor; dimension 0 alone may be dynamic; each further extent is at least 1;
///   one image has at most 2^40 elements;
/// - the shape of the result is the one that follows from operands and attributes;
/// - only ops with ChannelBlockable take or give a tensor with #cnn.layout, only ops with TakesCapped take one with #cnn.capped.
def Cnn_Inferred : NativeOpTrait<"Inferred", [], [{
    /// The type of the result, dense row-major, from the operand types and the attributes. Called with the right number of operands,
    /// each of which meets C0. Reports a broken constraint at `location` when it is set.
    static ::llvm::FailureOr<::mlir::RankedTensorType> inferType(std::optional<::mlir::Location> location, Adaptor adaptor);
    // Layouts are chosen after shapes are known: they take no part in the comparison of inferred and actual types.
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual) {
      return ::cnnc::cnn::sameShapesAndElements(inferred, actual);
    }
  }], [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *context, std::optional<::mlir::Location> location,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes, ::mlir::OpaqueProperties properties, ::mlir::RegionRange,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return ::cnnc::cnn::inferResult<$cppClass>(context, location, operands, attributes, properties, types);
    }
  }]> { let cppNamespace = "::cnnc::cnn"; }

/// The same for an op with several results, which defines `inferTypes`.
def Cnn_InferredMany : NativeOpTrait<"InferredMany", [], [{
    /// The types of the results, dense row-major, from the operand types and the attributes. Called with the right number of operands,
    /// each of which meets C0. Reports a broken constraint at `location` when it is set.
    static ::llvm::LogicalResult inferTypes(std::optional<::mlir::Location> location, Adaptor adaptor,
                                            ::llvm::SmallVectorImpl<::mlir::RankedTensorType> &types);
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual) {
      return ::cnnc::cnn::sameShapesAndElements(inferred, actual);
    }
  }], [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *context, std::optional<::mlir::Location> location,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes, ::mlir::OpaqueProperties properties, ::mlir::RegionRange,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return ::cnnc::cnn::inferResult<$cppClass>(context, location, operands, attributes, properties, types);
    }
  }]> { let cppNamespace = "::cnnc::cnn"; }

// --------------------------------------------------------------------------------------------------------- types, attributes

def Cnn_F32 : RankedTensorOf<[F32]>;
def Cnn_U8 : RankedTensorOf<[UI8]>;
def Cnn_I32 : RankedTensorOf<[I32]>;
def Cnn_AnyTensor : RankedTensorOf<[F32, UI8, I32]>;

class Cnn_Extents<string extents> : CPred<"::llvm::cast<::mlir::ShapedType>($_self).getShape() == ::llvm::ArrayRef<int64_t>{" # extents # "}">;
/// How many rows of a capped tensor are meant.
def Cnn_Count : Type<And<[Cnn_I32.predicate, Cnn_Extents<"1">]>, "tensor<1xi32>", "::mlir::RankedTensorType">;
/// Height and width of the picture as the network sees it, height and width of the original.
def Cnn_Geometry : Type<And<[Cnn_I32.predicate, Cnn_Extents<"4">]>, "tensor<4xi32>", "::mlir::RankedTensorType">;

// -------------------------------------------------------------------------------------------------------------- base classes

// An op with one result.
class Cnn_Op<string mnemonic, list<Trait> traits = []>
  : Op<Cnn_Dialect, mnemonic, !listconcat([Pure, Cnn_Inferred, DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                           DeclareOpInterfaceMethods<ReferenceOpInterface>], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

// A data-dependent step of a detector. It works on one image: rows of a capped tensor (boxes, scores, regions) are candidates, of which the
// first `count` are meant, sorted by what the op says. Rows past the count mean nothing; the reference leaves them zero. A routine of
// the runtime computes it.
class Cnn_RoutineOp<string mnemonic, list<string> methods = [], list<Trait> traits = []>
  : Op<Cnn_Dialect, mnemonic, !listconcat([Pure, Cnn_InferredMany, DeclareOpInterfaceMethods<InferTypeOpInterface>,
                                           DeclareOpInterfaceMethods<ReferenceOpInterface>,
                                           DeclareOpInterfaceMethods<RoutineOpInterface, methods>], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

// An op with learned parameters behind its one activation.
class Cnn_ParametricOp<string mnemonic, list<Trait> traits = []>
  : Cnn_Op<mnemonic, !listconcat([DeclareOpInterfaceMethods<ParametricOpInterface>], traits)> {
  let results = (outs Cnn_F32:$result);
}

// `inferType` of an op without constraints that keeps the shape; an op with constraints defines its own in C++.
defvar Cnn_SameType = [{
  ::llvm::FailureOr<::mlir::RankedTensorType> $cppClass::inferType(std::optional<::mlir::Location>, Adaptor adaptor) {
    return ::cnnc::cnn::withoutLayout(adaptor.getInput().getType());
  }
}];

// An op with one activation in and one of the same shape out.
class Cnn_UnaryOp<string mnemonic, list<Trait> traits = []> : Cnn_Op<mnemonic, traits> {
  let arguments = (ins Cnn_F32:$input);
  let results = (outs Cnn_F32:$result);
}

// A function applied to each element.
class Cnn_ActivationOp<string mnemonic, list<Trait> traits = []>
  : Cnn_UnaryOp<mnemonic, !listconcat([Pointwise, ChannelBlockable], traits)> {
  let extraClassDefinition = Cnn_SameType;
}

#endif // CNN_BASE_TD
