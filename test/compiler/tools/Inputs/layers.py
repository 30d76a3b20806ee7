"""Checks the laws of a network's layers in the JSON of `cnnc inspect` and prints some: layers.py FILE."""
import json
import math
import sys

network = json.load(open(sys.argv[1]))
shapes = {value["name"]: value["shape"] for value in network["inputs"]}
for layer in network["layers"]:
    assert layer["input_shapes"] == [shapes[name] for name in layer["inputs"]], layer
    shapes[layer["layer"]], = layer["output_shapes"]
    assert layer["parameters"] == sum(math.prod(weight["shape"]) for weight in layer["weights"] if weight["learned"])
    assert layer["shape"] == "x".join(map(str, shapes[layer["layer"]])).replace("N", "?")
    if layer["op"] == "conv2d":
        attributes, (weight, *_) = layer["attributes"], layer["weights"]
        assert weight["shape"] == [layer["out_channels"], layer["in_channels"] // attributes["groups"], *attributes["kernel"]]
        assert layer["macs"] == math.prod(weight["shape"]) * math.prod(shapes[layer["layer"]][2:])
        print(layer["layer"], *(f"{key}={attributes[key]}" for key in ("kernel", "stride", "pad", "dilation", "groups", "bias")))
    if layer["op"] == "batch_norm":
        print(layer["layer"], [weight["name"] for weight in layer["weights"] if not weight["learned"]], layer["attributes"])
for key in ("parameters", "macs"):
    assert network[key] == sum(layer[key] for layer in network["layers"])
print([(output["name"], output["layer"], output["shape"], shapes[output["layer"]] == output["shape"]) for output in network["outputs"]])
