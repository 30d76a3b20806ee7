// What the planner, its verifier and emission ask of an op that runs.
#ifndef EXEC_INTERFACES_TD
#define EXEC_INTERFACES_TD

include "mlir/IR/Interfaces.td"

def Exec_StepOpInterface : OpInterface<"StepOpInterface"> {
  let cppNamespace = "::cnnc::exec";
  let description = [{
    An op that runs once in the order of the function: it reads its operands and writes each of its results into a slot.
  }];
  let methods = [
    InterfaceMethod<"Name of the last layer that the step computes.", "::llvm::StringRef", "layerName", (ins)>,
    InterfaceMethod<"The slot of each result; empty before the memory is planned.", "::llvm::SmallVector<::cnnc::exec::SlotAttr>", "slots", (ins)>,
    InterfaceMethod<"Gives each result its slot.", "void", "assignSlots", (ins "::llvm::ArrayRef<::cnnc::exec::SlotAttr>":$slots)>
  ];
}

#endif // EXEC_INTERFACES_TD
