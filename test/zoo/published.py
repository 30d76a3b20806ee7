"""Figures of the zoo: each network's parameters, products and image size against models/*/figures.json, which torch counted, and
against what papers and torchvision's documentation print; the growth of DenseNet's maps, layer by layer."""
import json
import pathlib
import re
import subprocess
import sys
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CNNC = sys.argv.pop(1)

# Learned parameters as published, without auxiliary classifiers.
PUBLISHED = {
    "alexnet": 61_100_840,
    "densenet121": 7_978_856,
    "densenet161": 28_681_000,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "googlenet": 6_624_904,
    "inception_v3": 23_834_568,
    "mobilenet_v1": 4_231_976,
    "mobilenet_v2": 3_504_872,
    "nasnet_large": 88_753_150,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "resnext101_64x4d": 83_455_272,
    "squeezenet1_0": 1_248_424,
    "squeezenet1_1": 1_235_496,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
    "wide_resnet50_2": 68_883_240,
    "wide_resnet101_2": 126_886_696,
}
# The end of a preset's name that takes a picture of u8; what follows its preprocessing is the network without it.
PICTURE = "_picture"


def cnnc(*arguments):
    return json.loads(subprocess.run([CNNC, *arguments], check=True, stdout=subprocess.PIPE).stdout)


ZOO = {network["name"]: network for network in cnnc("zoo", "--format=json")["networks"]}
FIGURES = {name: row for path in ROOT.glob("models/*/figures.json") for name, row in json.loads(path.read_text()).items()}


class Published(unittest.TestCase):
    def test_counts(self):
        for name, figures in FIGURES.items():
            with self.subTest(name):
                network = ZOO[name]
                self.assertEqual(network["parameters"], figures["parameters"])
                self.assertEqual(network["macs"], figures["macs"])
                parameters = {parameter["name"]: parameter["default"] for parameter in network["spec_parameters"]}
                if isinstance(figures["size"], list):  # of a detector's canvas
                    self.assertEqual([parameters["height"], parameters["width"]], figures["size"])
                elif network["inputs"][0]["dtype"] == "u8":  # of the regions of a picture
                    self.assertEqual(parameters["size"], figures["size"])
                else:
                    self.assertEqual(network["inputs"][0]["shape"], ["N", 3, figures["size"], figures["size"]])

    def test_published(self):
        for name, parameters in PUBLISHED.items():
            with self.subTest(name):
                self.assertEqual(ZOO[name]["parameters"], parameters)

    def test_every_network_has_a_reference(self):
        self.assertEqual(sorted({name.removesuffix(PICTURE) for name in ZOO}), sorted(FIGURES))

    def test_pictures(self):
        for name in (name for name in ZOO if name.endswith(PICTURE)):
            with self.subTest(name):
                base = ZOO[name.removesuffix(PICTURE)]
                self.assertEqual((ZOO[name]["parameters"], ZOO[name]["macs"]), (base["parameters"], base["macs"]))
                self.assertEqual(ZOO[name]["inputs"][0]["dtype"], "u8")

    def test_every_network_has_two_settings(self):
        settings = [name.split("/", 1)[1].removesuffix(".npy") for path in ROOT.glob("models/*/golden.npz") for name in zipfile.ZipFile(path).namelist() if name.startswith("digests/")]
        for name in FIGURES:
            with self.subTest(name):
                self.assertGreaterEqual(sum(setting.split(" ")[0] == name for setting in settings), 2)


    def test_tables_of_the_readmes(self):
        for path in ROOT.glob("models/*/README.md"):
            for name, parameters, macs in re.findall(r"^\| (\w+) \| ([\d,]+) \| ([\d,]+) \|", path.read_text(), re.M):
                with self.subTest(f"{path.parent.name}/README.md: {name}"):
                    self.assertEqual((parameters, macs), (f"{ZOO[name]['parameters']:,}", f"{ZOO[name]['macs']:,}"))


class DenseNet(unittest.TestCase):
    """Table 1 of the paper: a layer adds `growth` channels, a transition halves channels, height and width."""

    def test_growth(self):
        for name in (name for name, network in ZOO.items() if network["model"] == "densenet"):
            parameters = {parameter["name"]: parameter["default"] for parameter in ZOO[name]["spec_parameters"]}
            maps = [(layer["op"], layer["output_shapes"][0]) for layer in cnnc("inspect", name, "--json")["layers"] if layer["op"] in ("concat", "avg_pool")]
            expected, channels, extent = [], parameters["stem"], parameters["size"] // 4
            for block, depth in enumerate(parameters["depths"]):
                for _ in range(depth):
                    channels += parameters["growth"]
                    expected.append(("concat", channels, extent))
                if block + 1 < len(parameters["depths"]):
                    channels, extent = channels // 2, extent // 2
                    expected.append(("avg_pool", channels, extent))
            with self.subTest(name):
                self.assertEqual([(op, shape[1], shape[2]) for op, shape in maps], expected)


if __name__ == "__main__":
    unittest.main()
