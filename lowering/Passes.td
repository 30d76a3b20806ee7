// Every pass of the graph and partition phases. A pass is one file, one test and one stem; its order stands in Pipelines.cpp.
#ifndef CNNC_LOWERING_PASSES_TD
#define CNNC_LOWERING_PASSES_TD

include "mlir/Pass/PassBase.td"

// ------------------------------------------------------------------------------------------------------------- graph: cnn -> cnn

def FoldBatchNorm : Pass<"fold-batch-norm", "::mlir::ModuleOp"> {
  let summary = "Fold batch_norm and bias into the weights of the convolution or dense layer before them.";
  let description = [{
    w' = w * gamma / sqrt(variance + epsilon), b' = (b - mean) * gamma / sqrt(variance + epsilon) + beta, computed in f64. Applies where the
    layer's result has no other use. Needs constant parameters.
  }];
  let dependentDialects = ["::cnnc::cnn::CnnDialect"];
}

def TruncateSvd : Pass<"truncate-svd", "::mlir::ModuleOp"> {
  let summary = "Replace dense layers by two of a lower rank each.";
  let description = [{
    W [O, K] ~ U S V^T with the `rank` largest singular values: a layer `fc` becomes `fc/svd_v`, K to rank with the weights S V^T and no bias,
    and `fc/svd_u`, rank to O with the weights U and the bias of `fc`. O * K parameters and multiplications become rank * (O + K).
    Source: Girshick, "Fast R-CNN", 2015, section 3.1. What became of each layer stands on the module as `cnnc.svd`: its rank, the energy kept (the
    sum of the squares of the singular values), the relative error of W in the Frobenius norm, and its weights before and after. A layer is
    named as in the spec; one that a normalisation was folded into has the names of both. Needs constant weights.
  }];
  let options = [ListOption<"layers", "layers", "std::string", "NAME=RANK,...: the layers and their ranks">];
  let dependentDialects = ["::cnnc::cnn::CnnDialect"];
}

def MergeEqualOps : Pass<"merge-equal-ops", "::mlir::ModuleOp"> {
  let summary = "Compute once what several layers compute from the same values.";
  let description = [{
    Of ops with equal operands and attributes the first stays, under its own layer name.
  }];
}

def SinkIntoConcat : Pass<"sink-into-concat", "::mlir::ModuleOp"> {
  let summary = "Apply an activation to the parts of a concatenation instead of the whole.";
  let description = [{
    f(concat(a, b)) = concat(f(a), f(b)): each part's kernel then ends with the activation, and the whole needs no pass of its own. Applies
    where the concatenation has no other use and most of it is read by nothing else.
  }];
  let dependentDialects = ["::cnnc::cnn::CnnDialect"];
}

def AlignChannels : Pass<"align-channels", "::mlir::ModuleOp"> {
  let summary = "Pad channels with zero weights so that the parts of concatenations start on channel blocks.";
  let description = [{
    A part that starts inside a block of channels cannot be written in place: the concatenation is a copy. The channels of such parts are
    padded to whole blocks: convolutions that produce them get rows of zeros, those that read them columns of zeros, and per-channel
    ops between them the wider type. Applies where no other op sees the channels, and where the additional arithmetic costs less than the
    copies. The layer names of widened ops end in "/padded". Needs constant parameters and `cnnc.target`.
  }];
  let dependentDialects = ["::cnnc::cnn::CnnDialect"];
}

def SplitBatch : Pass<"split-batch", "::mlir::ModuleOp"> {
  let summary = "Find out whether images of a batch are computed independently.";
  let description = [{
    Sets `exec.per_image` on the module when every op keeps dimension 0 and never mixes along it: kernels are then compiled for one
    image and the library runs the plan once per image, so that the arena does not grow with the batch. Fails when images mix
    and the batch is dynamic.
  }];
}

def AssignLayout : Pass<"assign-layout", "::mlir::ModuleOp"> {
  let summary = "Choose blocked channels and halos; insert convert_layout where the graph forces it.";
  let description = [{
    Results of convolutions and pools are blocked by the target's vector lanes, pointwise ops follow their operands, and every other
    op works on dense tensors. A value's halo is the largest zero padding that any consumer reads; the values of a concatenation
    share one. Needs `cnnc.target` on the module.
  }];
  let dependentDialects = ["::cnnc::cnn::CnnDialect"];
}

def FuseEpilogue : Pass<"fuse-epilogue", "::mlir::ModuleOp"> {
  let summary = "Group each op with the bias, activation, residual add or layout change that follows it.";
  let description = [{
    Gives each op a `group` number; ops of one group become one kernel. An op joins the group of its operand when that operand has
    no other use and the kernel library supports the larger region. Needs layouts and `cnnc.target`.
  }];
}

// -------------------------------------------------------------------------------------------------------- partition: cnn -> exec

def FuseChains : Pass<"fuse-chains", "::mlir::ModuleOp"> {
  let summary = "Join a group with the one that reads its result, where computing both strip by strip is faster.";
  let description = [{
    Two reductions in one kernel, a depthwise convolution and the pointwise one after it, say: a strip of the first result's rows is computed, read by
    the second while it is in cache, and overwritten by the next strip. Applies where nothing else reads the first result and the kernel library
    supports the region. A tuning record of the region decides, else the estimated cycles of both ways, what lies between them included.
    Needs groups and `cnnc.target`.
  }];
}

def GatherImages : Pass<"gather-images", "::mlir::ModuleOp"> {
  let summary = "Let large dense layers, and what depends on them, take several images of a batch at once.";
  let description = [{
    A dense layer of one image waits for its weights; several images share them. Where images are independent and a run may have several, a
    dense layer whose weights outgrow L2, and all that depends on it, gets the attribute `images`, a limit: these groups run once for so many
    images, after all others have run for each of them. Applies where the kernels of all of them can compute as many rows as there are images. Needs groups and `cnnc.target`.
  }];
}

def FormKernels : Pass<"form-kernels", "::mlir::ModuleOp"> {
  let summary = "Outline each group into an exec.kernel and launch it; equal regions share one kernel.";
  let description = [{
    Reshapes that keep the bytes become exec.view, channel concatenations whose parts fall on block boundaries become exec.concat, constants
    become exec.weight. A returned value that is an input, a constant or returned twice is copied by a kernel of its own, and so is one that is gathered
    of several images and is an input, is returned or lies inside a concatenation.
  }];
  let dependentDialects = ["::cnnc::exec::ExecDialect", "::cnnc::cnn::CnnDialect"];
}

def SelectSchedule : Pass<"select-schedule", "::mlir::ModuleOp"> {
  let summary = "Give each kernel its schedule: a tuning record of this target if there is one, else the default.";
  let description = [{
    Minimal filtering enlarges the weights that it is given. Where all packed weights together would be larger than `max-weights-bytes`, kernels sum plainly instead,
    those first whose weights grow most.
  }];
  let options = [Option<"maxWeightsBytes", "max-weights-bytes", "int64_t", "0", "Limit of the packed weights; 0: none">];
  let dependentDialects = ["::cnnc::exec::ExecDialect"];
}

def PackWeights : Pass<"pack-weights", "::mlir::ModuleOp"> {
  let summary = "Give each weight the packed layout that its kernel's schedule reads, and an offset in the weights section.";
  let dependentDialects = ["::cnnc::exec::ExecDialect"];
}

def PlanMemory : Pass<"plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give each value a slot: liveness-packed arena offsets, outputs written in place, concat parts inside their whole.";
  let description = [{
    Greedy by size: buffers are placed from the largest down, each at the lowest offset that is free while it lives
    (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020). What gathering launches read of others lies
    apart, for all their images. Sets `exec.arena_bytes` and, where launches gather, `exec.gathered_bytes`.
  }];
}

def KeepHalos : Pass<"keep-halos", "::mlir::ModuleOp"> {
  let summary = "Mark launches whose result has a halo that an earlier launch has zeroed.";
  let description = [{
    Kernels write no cell of their result's halo. A launch into the slot of an earlier one of the same type, with nothing written there in between, finds
    the zeros of the earlier one: it gets `halo_kept`, and the runtime zeroes the first halo of such a row only. Needs slots.
  }];
}

def VerifyPlan : Pass<"verify-plan", "::mlir::ModuleOp"> {
  let summary = "Replay the plan and fail if a launch reads bytes that another launch has overwritten, or keeps a halo that is not there.";
}

#endif // CNNC_LOWERING_PASSES_TD
