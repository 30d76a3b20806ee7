"""The cost law of MobileNet, section 3 of the paper: a depthwise-separable convolution with kernel D_K from alpha M to alpha N channels
on a map of rho D_F takes D_K^2 alpha M (rho D_F)^2 + alpha M alpha N (rho D_F)^2 multiply-accumulates."""
import json
import subprocess
import sys
import unittest

CNNC = sys.argv.pop(1)
# Table 1 of the paper: stride, input channels M, output channels N. The last stride is 1: its map stays 7x7.
BODY = [(1, 32, 64), (2, 64, 128), (1, 128, 128), (2, 128, 256), (1, 256, 256), (2, 256, 512), *[(1, 512, 512)] * 5, (2, 512, 1024), (1, 1024, 1024)]
# Tables 6 and 7: alpha, resolution, million multiply-accumulates.
PUBLISHED = [(1.0, 224, 569), (0.75, 224, 325), (0.5, 224, 149), (0.25, 224, 41), (1.0, 192, 418), (1.0, 160, 290), (1.0, 128, 186)]
KERNEL = 3


def inspect(alpha, resolution):
    command = [CNNC, "inspect", "mobilenet_v1", f"--set=alpha={alpha}", f"--set=resolution={resolution}", "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


class Cost(unittest.TestCase):
    def check_layers(self, alpha, resolution):
        convolutions = [layer for layer in inspect(alpha, resolution)["layers"] if layer["op"] == "conv2d"]
        stem, *body = convolutions
        extent = resolution // 2
        self.assertEqual(stem["macs"], KERNEL**2 * 3 * int(alpha * 32) * extent**2)
        self.assertEqual(len(body), 2 * len(BODY))
        for (stride, m, n), depthwise, pointwise in zip(BODY, body[::2], body[1::2]):
            extent //= stride
            m, n = int(alpha * m), int(alpha * n)
            self.assertEqual((depthwise["attributes"]["groups"], depthwise["attributes"]["kernel"]), (m, [KERNEL, KERNEL]))
            self.assertEqual((pointwise["attributes"]["groups"], pointwise["attributes"]["kernel"]), (1, [1, 1]))
            self.assertEqual(depthwise["output_shapes"][0][1:], [m, extent, extent])
            self.assertEqual(pointwise["output_shapes"][0][1:], [n, extent, extent])
            self.assertEqual(depthwise["macs"] + pointwise["macs"], KERNEL**2 * m * extent**2 + m * n * extent**2)

    def test_layers(self):
        for alpha in (1.0, 0.75, 0.5, 0.25):
            for resolution in (224, 192, 160, 128):
                with self.subTest(alpha=alpha, resolution=resolution):
                    self.check_layers(alpha, resolution)

    def test_published(self):
        for alpha, resolution, millions in PUBLISHED:
            with self.subTest(alpha=alpha, resolution=resolution):
                self.assertAlmostEqual(inspect(alpha, resolution)["macs"] / 1e6, millions, delta=1)

    def test_rounding(self):
        # 32 * 0.35 = 11.2: the nearest multiple of 8 is 8, which is less than 0.9 of it.
        stem = next(layer for layer in inspect(0.35, 224)["layers"] if layer["op"] == "conv2d")
        self.assertEqual(stem["out_channels"], 16)


if __name__ == "__main__":
    unittest.main()
