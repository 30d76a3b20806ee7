"""A spec of COUNT additions of the second input: deep_chain.py COUNT."""
import json
import sys

count = int(sys.argv[1])
layers = [{"op": "add", "name": f"a{i}", "in": [f"a{i - 1}" if i else "x", "one"]} for i in range(count)]
inputs = [{"name": name, "shape": [1, 1, 1, 1]} for name in ("x", "one")]
print(json.dumps({"name": "chain", "inputs": inputs, "layers": layers, "outputs": {"y": f"a{count - 1}"}}))
