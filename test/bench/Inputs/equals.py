"""What a peer makes of equal values and equal boxes: equals.py PEER."""
import os
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "compiler", "oracle"))
import peers  # noqa: E402

nodes = [
    helper.make_node("NonMaxSuppression", ["boxes", "scores", "cap", "iou"], ["kept"]),
    helper.make_node("TopK", ["values", "k"], ["best", "order"], largest=1, sorted=1),
]
constants = [helper.make_tensor("cap", TensorProto.INT64, [1], [9]), helper.make_tensor("iou", TensorProto.FLOAT, [1], [1.0]), helper.make_tensor("k", TensorProto.INT64, [1], [1000])]
inputs = {
    "boxes": np.float32([[[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 5]]]),
    "scores": np.float32([[[0.9, 0.8, 0.7]]]),
    "values": (np.arange(3000) % 7).astype(np.float32),
}
declared = [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape) for name, array in inputs.items()]
results = [helper.make_tensor_value_info("kept", TensorProto.INT64, ["n", 3]), helper.make_tensor_value_info("order", TensorProto.INT64, [1000])]
model = helper.make_model(helper.make_graph(nodes, "equals", declared, results, constants), opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
    onnx.save(model, file.name)
    peer = peers.PEERS[sys.argv[1]](file.name, inputs, 1)
peer()
outputs = peer.outputs
expected = np.lexsort([np.arange(3000), -inputs["values"]])[:1000]
print(f"NonMaxSuppression at 1.0 keeps {sorted(outputs['kept'][:, 2].tolist())}, TopK {'in' if np.array_equal(outputs['order'], expected) else 'out of'} order")
