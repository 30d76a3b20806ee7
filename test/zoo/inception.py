"""Inception modules against the papers' tables: the products of each module of v1, the maps of each module of v2, and the factorised
convolutions of v3."""
import collections
import json
import subprocess
import sys
import unittest

CNNC = sys.argv.pop(1)


def layers_of(network, *sets):
    return json.loads(subprocess.run([CNNC, "inspect", network, *sets, "--json"], check=True, stdout=subprocess.PIPE).stdout)["layers"]


class V1(unittest.TestCase):
    # Table 1 of Szegedy et al. (2015): million operations. Its 54 of 5a are not those of its channels.
    OPERATIONS = {"3a": 128, "3b": 304, "4a": 73, "4b": 88, "4c": 100, "4d": 119, "4e": 170, "5b": 71}
    RESULTS = {"3a": (256, 28), "3b": (480, 28), "4a": (512, 14), "4d": (528, 14), "4e": (832, 14), "5a": (832, 7), "5b": (1024, 7)}

    def test_modules(self):
        macs, layers = collections.Counter(), layers_of("inception_v1")
        for layer in layers:
            module, _, part = layer["layer"].partition("/")
            if part:
                macs[module.removeprefix("inception_")] += layer["macs"]
        for module, millions in self.OPERATIONS.items():
            self.assertAlmostEqual(macs[module] / 1e6, millions, delta=1, msg=module)
        results = [tuple(layer["output_shapes"][0][1:3]) for layer in layers if layer["op"] == "concat"]
        for module, shape in self.RESULTS.items():
            self.assertEqual(results["3a 3b 4a 4b 4c 4d 4e 5a 5b".split().index(module)], shape, module)


class V2(unittest.TestCase):
    # Figure 5 of Ioffe and Szegedy (2015): channels and extent of each module's result.
    RESULTS = [(256, 28), (320, 28), (576, 14), (576, 14), (576, 14), (576, 14), (576, 14), (1024, 7), (1024, 7), (1024, 7)]

    def test_modules(self):
        layers = layers_of("inception_v2")
        # torchvision-free: 4c and 4d of the published weights give 576, the paper's table says 608.
        self.assertEqual([tuple(layer["output_shapes"][0][1:3]) for layer in layers if layer["op"] == "concat"], self.RESULTS)
        strided = [layer["layer"] for layer in layers if layer["op"] == "conv2d" and layer["attributes"]["stride"] == [2, 2]]
        self.assertEqual(strided[1:], [f"inception_{module}/{layer}" for module in ("3c", "4e") for layer in ("3x3", "double3x3b")])


class V3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.convolutions = {layer["layer"].removesuffix(".conv"): layer for layer in layers_of("inception_v3") if layer["op"] == "conv2d"}

    def check(self, name, kernel, channels, extent):
        layer = self.convolutions[name]
        pad = [(size - 1) // 2 for size in kernel]
        self.assertEqual(layer["attributes"]["kernel"], kernel, name)
        self.assertEqual(layer["attributes"]["pad"], pad + pad, name)
        self.assertEqual(layer["weights"][0]["shape"], [channels[1], channels[0], *kernel], name)
        self.assertEqual(layer["output_shapes"][0][1:], [channels[1], extent, extent], name)

    def test_7x7(self):
        """Figure 6: 7x7 as 1x7 and 7x1, on maps of 17x17."""
        for module, width in {"Mixed_6b": 128, "Mixed_6c": 160, "Mixed_6d": 160, "Mixed_6e": 192}.items():
            self.check(f"{module}.branch7x7_2", [1, 7], (width, width), 17)
            self.check(f"{module}.branch7x7_3", [7, 1], (width, 192), 17)
            for part, kernel in {"2": [7, 1], "3": [1, 7], "4": [7, 1]}.items():
                self.check(f"{module}.branch7x7dbl_{part}", kernel, (width, width), 17)
            self.check(f"{module}.branch7x7dbl_5", [1, 7], (width, 192), 17)
        self.check("Mixed_7a.branch7x7x3_2", [1, 7], (192, 192), 17)
        self.check("Mixed_7a.branch7x7x3_3", [7, 1], (192, 192), 17)

    def test_3x3(self):
        """Figure 7: 3x3 as 1x3 beside 3x1, on maps of 8x8."""
        for module in ("Mixed_7b", "Mixed_7c"):
            for layer in ("branch3x3_2", "branch3x3dbl_3"):
                self.check(f"{module}.{layer}a", [1, 3], (384, 384), 8)
                self.check(f"{module}.{layer}b", [3, 1], (384, 384), 8)

    def test_no_other(self):
        oblong = [name for name, layer in self.convolutions.items() if len(set(layer["attributes"]["kernel"])) > 1]
        self.assertEqual(len(oblong), 4 * 6 + 2 + 2 * 4)

    def test_auxiliary(self):
        layers = layers_of("inception_v3", "--set=aux=true")
        parameters = sum(layer["parameters"] for layer in layers if layer["layer"].startswith("AuxLogits"))
        self.assertEqual(parameters, 27_161_264 - 23_834_568)


if __name__ == "__main__":
    unittest.main()
