// What passes, frontends and the reference evaluator ask of an op.
#ifndef CNN_INTERFACES_TD
#define CNN_INTERFACES_TD

include "mlir/IR/Interfaces.td"

def ReferenceOpInterface : OpInterface<"ReferenceOpInterface"> {
  let cppNamespace = "::cnnc::cnn";
  let description = [{
    The dull meaning of an op: every sum is accumulated in f64, results are not rounded to f32. It is the oracle of every kernel.
  }];
  let methods = [
    InterfaceMethod<[{
      Computes the results from the operands. `results` come sized to the results' shapes (the batch taken from the operands).
      Fails with a message through emitOpError on data-dependent errors only; shapes are verified before.
    }], "::llvm::LogicalResult", "evaluate",
    (ins "::llvm::ArrayRef<const ::cnnc::cnn::HostTensor *>":$operands, "::llvm::MutableArrayRef<::cnnc::cnn::HostTensor>":$results)>
  ];
}

def ParametricOpInterface : OpInterface<"ParametricOpInterface"> {
  let cppNamespace = "::cnnc::cnn";
  let description = [{
    An op with learned parameters: it names them and derives their shapes from its activations and attributes, so that a
    spec needs to say neither. A parameter "weight" of the layer "conv1" is the tensor "conv1.weight" of the weights file.
  }];
  let methods = [
    StaticInterfaceMethod<[{
      Appends one declaration per parameter operand, in operand order, after the activations `inputs`.
      `attributes` hold every attribute, defaults included. Emits errors at `location` when it is set.
    }], "::llvm::LogicalResult", "inferParameters",
    (ins "::mlir::MLIRContext *":$context, "std::optional<::mlir::Location>":$location, "::mlir::TypeRange":$inputs,
         "::mlir::DictionaryAttr":$attributes, "::llvm::SmallVectorImpl<::cnnc::cnn::ParameterDecl> &":$parameters)>
  ];
}

def RoutineOpInterface : OpInterface<"RoutineOpInterface"> {
  let cppNamespace = "::cnnc::cnn";
  let description = [{
    An op that a routine of the runtime (runtime/lib/detect) computes instead of a generated kernel.
  }];
  let methods = [
    InterfaceMethod<"Bytes of memory that the routine needs beside its operands and results.", "int64_t", "scratchBytes", (ins), "", "return 0;">,
    InterfaceMethod<[{
      How many rows (dimension 0) of result `number` are meant: an i32 [1] operand or result of the op. Null: all of them.
    }], "::mlir::Value", "rowCount", (ins "unsigned":$number), "", "return ::mlir::Value();">
  ];
}

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::cnnc::cnn";
  let methods = [
    InterfaceMethod<"Multiply-accumulates for one image (dimension 0 taken as 1).", "int64_t", "macs", (ins)>
  ];
}

#endif // CNN_INTERFACES_TD
