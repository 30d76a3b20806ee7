"""NASNet's stack of cells, and cells given as other tables."""
import json
import subprocess
import sys
import unittest

CNNC = sys.argv.pop(1)


def run(*arguments):
    return subprocess.run([CNNC, "inspect", *arguments, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def layers_of(*arguments):
    return json.loads(run(*arguments).stdout)["layers"]


def tables(normal, result):
    return [f"--set=normal={json.dumps(normal)}", f"--set=normal_result={json.dumps(result)}"]


class Stack(unittest.TestCase):
    def test_cells(self):
        """N normal cells a stage; the penultimate filters are those of the paper's names, 4 @ 1056 and 6 @ 4032."""
        for network, cells, penultimate, extent in (("nasnet_mobile", 4, 1056, 7), ("nasnet_large", 6, 4032, 11)):
            layers = layers_of(network)
            names = {layer["layer"].partition(".")[0] for layer in layers}
            self.assertEqual(sum(name.startswith("cell_") and not name.startswith("cell_stem") for name in names), 3 * cells)
            self.assertEqual(sum(name.startswith(("reduction_cell", "cell_stem")) for name in names), 4)
            pool = next(layer for layer in layers if layer["op"] == "global_avg_pool")
            self.assertEqual(pool["input_shapes"][0], ["N", penultimate, extent, extent])

    def test_windows_of_reductions(self):
        """Operations on the cells before have stride 2 in a reduction, those on states of the cell itself have not."""
        pools = {layer["layer"]: layer for layer in layers_of("nasnet_large") if layer["op"].endswith("_pool") and layer["layer"].startswith("reduction_cell_0.")}
        strides = {name.split(".")[1]: layer["attributes"]["stride"] for name, layer in pools.items()}
        self.assertEqual(strides, {"comb_iter_1_left": [2, 2], "comb_iter_2_left": [2, 2], "comb_iter_3_left": [1, 1], "comb_iter_4_right": [2, 2]})


class Tables(unittest.TestCase):
    def test_another_cell(self):
        layers = layers_of("nasnet_mobile", "--set=cells=1", *tables([["sep_5x5", 0, "max_3x3", 1], ["sep_3x3", 2, "skip", 0]], [3]))
        cell = [layer for layer in layers if layer["layer"].startswith("cell_0.comb_iter")]
        kernels = [layer["attributes"]["kernel"] for layer in cell if layer["op"] in ("conv2d", "max_pool")]
        self.assertEqual(kernels, [[5, 5], [1, 1], [5, 5], [1, 1], [3, 3], [3, 3], [1, 1], [3, 3], [1, 1]])
        dense = next(layer for layer in layers if layer["op"] == "dense")
        self.assertEqual(dense["input_shapes"][0], ["N", 4 * 44])

    def test_mistakes(self):
        unknown = run("nasnet_mobile", *tables([["sep_9x9", 0, "skip", 1]], [2]))
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("there is no block 'sep_9x9'", unknown.stderr)
        missing = run("nasnet_mobile", *tables([["sep_3x3", 0, "skip", 7]], [2]))
        self.assertEqual(missing.returncode, 1)
        self.assertIn("'h7' is not defined", missing.stderr)


if __name__ == "__main__":
    unittest.main()
