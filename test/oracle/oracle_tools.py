"""Tests of compiler/oracle. The subject library is the runtime's toy, `scaled` = 2x and `sums` = its 3x3 box sums."""

import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import oracle_path
import arrays
import bench_zoo
import candidates
import compare
import ncnn_model
import networks
import ort
import reports
import roofline
import timing

TOY = os.path.join(os.environ["CNNC_TOY_DIR"], "libtoy2x.so")


def toy_model(path, factor, sum_name="sums"):
    """The toy network as ONNX, its layers marked as our exporter marks them."""
    nodes = [helper.make_node("Mul", ["x", "factor"], ["scaled"]), helper.make_node("Conv", ["scaled", "ones"], [sum_name], group=2, pads=[1] * 4)]
    for node, layer in zip(nodes, ("scale", "box")):
        entry = node.metadata_props.add()
        entry.key, entry.value = ort.LAYER_PROPERTY, layer
    values = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 2, 3, 5]) for name in ("x", "scaled", sum_name)}
    weights = [helper.make_tensor("factor", TensorProto.FLOAT, [], [factor]), helper.make_tensor("ones", TensorProto.FLOAT, [2, 1, 3, 3], [1.0] * 18)]
    graph = helper.make_graph(nodes, "toy", [values["x"]], [values["scaled"], values[sum_name]], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


class Compare(unittest.TestCase):
    def row(self, got, expected):
        return compare.compare_arrays("layer", np.float32(got), np.float32(expected))

    def test_bound_is_relative_to_the_largest_value(self):
        self.assertTrue(self.row([100.0, 0.009], [100.0, 0.0]).agrees)
        self.assertFalse(self.row([1.0, 0.009], [1.0, 0.0]).agrees)

    def test_nan_agrees_with_nan_only(self):
        nan = float("nan")
        self.assertTrue(self.row([nan, 1], [nan, 1]).agrees)
        self.assertFalse(self.row([nan, 1], [1, 1]).agrees)
        self.assertFalse(self.row([1, 1], [nan, 1]).agrees)

    def test_infinity_agrees_with_itself_only(self):
        inf = float("inf")
        self.assertTrue(self.row([inf], [inf]).agrees)
        self.assertFalse(self.row([-inf], [inf]).agrees)
        self.assertFalse(self.row([1e30], [inf]).agrees)

    def test_shapes_must_be_equal(self):
        self.assertFalse(self.row([[1]], [1]).agrees)

    def test_table_marks_the_first_mismatch(self):
        rows = [self.row([1], [1]), self.row([2], [1]), self.row([3], [1])]
        self.assertEqual(compare.first_mismatch(rows), 1)
        lines = compare.table(rows).splitlines()
        self.assertEqual([line.split("  ")[-1].strip() for line in lines[1:4]], ["ok", "<- first", "OFF"])
        self.assertEqual(lines[4], "first mismatch: layer at [0] is 2, expected 1")

    def test_top1(self):
        expected = np.float32([[0, 1], [3, 2]])
        self.assertTrue(compare.top1_agrees(expected * 2, expected))
        self.assertFalse(compare.top1_agrees(-expected, expected))
        self.assertIsNone(compare.top1_agrees(expected[0], expected[0]))


class Candidates(unittest.TestCase):
    BOXES = np.float32([[0, 0, 9, 9], [5, 5, 7, 8], [90, 20, 95, 60], [0, 0, 0, 0]])
    EXPECTED = {"boxes": BOXES, "labels": np.int32([2, 1, 2, 0]), "scores": np.float32([0.9, 0.5, 0.499999, 0]), "count": np.int32([3])}

    def reordered(self, *order):
        return {name: array[list(order)] if len(array) == 4 else array for name, array in self.EXPECTED.items()}

    def test_integers_are_equal(self):
        labels = np.int32([1000000, 1])
        self.assertTrue(compare.compare_arrays("labels", labels, labels).agrees)
        self.assertFalse(compare.compare_arrays("labels", labels + np.int32([1, 0]), labels).agrees)

    def test_rows_of_nearly_equal_scores_may_change_places(self):
        rows, swaps = candidates.compare_outputs(self.reordered(0, 2, 1, 3), self.EXPECTED)
        self.assertEqual(swaps, [[1, 2], [2, 1]])
        self.assertTrue(all(row.agrees for row in rows))
        self.assertIn("2 rows stand in another order", candidates.text(swaps))

    def test_rows_are_matched_with_the_nearest(self):
        def boxes(*lows):
            return {"boxes": np.float32([[0, 0, low, 1000] for low in lows])}  # within 100 of each other they agree

        self.assertEqual(candidates.order_of(boxes(60, 120, 0), boxes(0, 60, 120)).tolist(), [1, 2, 0])
        self.assertEqual(candidates.order_of(boxes(80, 170), boxes(0, 90)).tolist(), [0, 1])  # but the first leaves the second its only one
        self.assertEqual(candidates.order_of(boxes(7, 7, 7.1, 300), boxes(7, 7, 7, 301)).tolist(), [0, 1, 2, 3])
        self.assertIsNone(candidates.order_of(boxes(80, 270), boxes(0, 90)))

    def test_a_count_tells_what_rows_are_candidates(self):
        got, expected = self.reordered(0, 2, 1, 3), dict(self.EXPECTED)
        del got["labels"], expected["labels"]
        self.assertEqual([row.agrees for row in candidates.compare_outputs(got, expected)[0]], [True] * 3)
        del got["count"], expected["count"]
        self.assertEqual([row.agrees for row in candidates.compare_outputs(got, expected)[0]], [False, True])

    def test_other_rows_may_not(self):
        for order in ((2, 1, 0, 3), (0, 1, 1, 3), (0, 1, 3, 3)):
            got = self.reordered(*order)
            got["scores"] = self.EXPECTED["scores"]  # they stay sorted
            rows, swaps = candidates.compare_outputs(got, self.EXPECTED)
            self.assertEqual(swaps, [], order)
            self.assertFalse(all(row.agrees for row in rows), order)

    def test_a_layer_of_candidates_has_room_for_more(self):
        expected = {"rows": np.float32([[1, 2]]), "none": np.zeros((0, 2), np.float32)}
        rows = candidates.compare_layers({"rows": np.float32([[1.01, 2], [7, 7]]), "none": np.float32([[7, 7]])}, expected)
        self.assertEqual([(row.agrees, row.shape) for row in rows], [(True, [1, 2]), (True, [0, 2])])

    def test_layers_follow_the_order_of_the_first_that_is_off(self):
        expected = {"boxes": self.BOXES[:3], "features": np.float32([[1], [5], [9]]), "scores": np.float32([0.9, 0.5, 0.3])}
        got = {name: np.concatenate([array[[0, 2, 1]], array[:1]]) for name, array in expected.items()}
        rows = candidates.compare_layers(got, expected)
        self.assertEqual([row.agrees for row in rows], [True] * 3)
        self.assertIn("boxes: 2 rows stand in another order", compare.table(rows))
        got["scores"] = np.float32([0.9, 0.5, 0.3, 0])
        self.assertEqual([row.agrees for row in candidates.compare_layers(got, expected)], [True, True, False])

    def test_pictures_may_have_any_size_up_to_the_largest(self):
        signature = [("image", np.dtype(np.uint8), (8, 9, 3), (1, 1, 3))]
        self.assertEqual(arrays.inputs_for(signature, 1)["image"].shape, (8, 9, 3))
        self.assertEqual(arrays.inputs_for(signature, 1, {"image": np.zeros((5, 2, 3), np.uint8)})["image"].shape, (5, 2, 3))
        for shape in ((9, 9, 3), (8, 9, 1), (8, 9)):
            with self.assertRaisesRegex(ValueError, "input image: expected uint8"):
                arrays.inputs_for(signature, 1, {"image": np.zeros(shape, np.uint8)})


class Arrays(unittest.TestCase):
    def test_npz_keeps_any_name(self):
        written = {"file": np.float32([1, 2]), "a/b.c": np.arange(6, dtype=np.uint8).reshape(2, 3), "scalar": np.float32(3)}
        with tempfile.TemporaryDirectory() as folder:
            arrays.save_npz(f"{folder}/x.npz", written)
            self.assertEqual(os.listdir(folder), ["x.npz"])
            read = arrays.load_npz(f"{folder}/x.npz")
        self.assertEqual(set(read), set(written))
        for name, array in written.items():
            np.testing.assert_array_equal(read[name], array)

    def test_random_inputs_depend_on_seed_and_position_only(self):
        first = arrays.inputs_for([("a", np.dtype(np.float32), (2, 3)), ("b", np.dtype(np.uint8), (4,))], 7)
        second = arrays.inputs_for([("c", np.dtype(np.float32), (9,)), ("b", np.dtype(np.uint8), (4,))], 7)
        np.testing.assert_array_equal(first["b"], second["b"])
        self.assertEqual((first["a"].dtype, first["b"].dtype), (np.float32, np.uint8))
        self.assertFalse(np.array_equal(first["a"], arrays.inputs_for([("a", np.dtype(np.float32), (2, 3))], 8)["a"]))

    def test_given_inputs_are_checked(self):
        signature = [("a", np.dtype(np.float32), (1, 3))]
        with self.assertRaisesRegex(ValueError, "input a: expected float32 .1, 3., got float64"):
            arrays.inputs_for(signature, 1, {"a": np.zeros((1, 3))})
        with self.assertRaisesRegex(ValueError, "no input named z; the network has a"):
            arrays.inputs_for(signature, 1, {"z": np.zeros(1)})

    def test_arguments_are_checked(self):
        for text, message in {"a": "expected name=@file", "=@f": "expected name=@file", "a=@/nowhere.npy": "cannot read /nowhere.npy"}.items():
            with self.assertRaisesRegex(ValueError, message):
                arrays.read_inputs([text])


class Timing(unittest.TestCase):
    def test_durations(self):
        self.assertEqual([timing.parse_duration(text) for text in ("20s", "500ms", "2m", "1.5s")], [20, 0.5, 120, 1.5])
        for text in ("20", "s", "-1s", "nans", "0s", "1h", ""):
            with self.assertRaises(ValueError):
                timing.parse_duration(text)

    def test_contestants_take_turns_and_warm_up(self):
        calls = []
        samples = timing.interleave({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 0.001)
        blocks = "".join(calls)
        self.assertGreaterEqual(sum(1 for i in range(1, len(blocks)) if blocks[i] != blocks[i - 1]), timing.MIN_BLOCKS)
        for name, values in samples.items():
            self.assertLess(len(values), calls.count(name))
            self.assertGreater(len(values), 0)


class Zoo(unittest.TestCase):
    ROW = {"network": "vgg16", "parameters": 138357544, "macs": 15470264320, "ours": {"median_ms": 123.456, "min_ms": 120.0},
           "peers": {"ort": {"median_ms": 150.0, "min_ms": 149.0}}, "ratio": {"ort": 1.215, "best": 1.215}, "gflops": 250.6, "compile_s": 12.34,
           "launches": 21, "kernels": 17, "roofline": {"limit_ms": 100.0, "share": 0.81, "nominal_limit_ms": 140.0, "nominal_share": 1.134}}
    PEAK = {"gflops": 230.0, "levels": [{"name": "L2", "gb_s": 200.0}, {"name": "memory", "gb_s": 25.0}]}

    def test_figures(self):
        self.assertEqual([reports.scaled(number) for number in (0, 999, 1000, 61706, 999960, 138357544, 15470264320)],
                         ["0", "999", "1.000 k", "61.71 k", "1.000 M", "138.4 M", "15.47 G"])

    def test_geometric_means_are_over_what_was_measured(self):
        rows = [{"ratio": {"ort": 2.0, "best": 1.0}}, {"error": "x"}, {"ratio": {"ort": 0.5, "best": 0.25}}]
        means = bench_zoo.geometric_means(rows)
        self.assertAlmostEqual(means["ort"], 1.0)
        self.assertAlmostEqual(means["best"], 0.5)
        self.assertEqual(bench_zoo.geometric_means([{"error": "x"}]), {})

    def test_networks_have_parameters(self):
        self.assertEqual(networks.parse("resnet18, vgg16,size=192,widths=[1,2],block=basic,net.json,"),
                         [("resnet18", {}), ("vgg16", {"size": "192", "widths": "[1,2]", "block": "basic"}), ("net.json", {})])
        self.assertEqual(networks.text("vgg16", {"size": "192", "widths": "[1,2]"}), "vgg16,size=192,widths=[1,2]")
        with self.assertRaisesRegex(ValueError, "size=192 follows no network"):
            networks.parse("size=192,vgg16")

    def test_batches_need_a_parameter(self):
        takes, refuses = {"spec_parameters": [{"name": "size"}, {"name": "max_batch"}]}, {"spec_parameters": [{"name": "size"}]}
        self.assertEqual([networks.for_batches(network, 1) for network in (takes, refuses)], [{}, {}])
        self.assertEqual([networks.for_batches(network, 8) for network in (takes, refuses)], [{"max_batch": "8"}, None])

    def test_table_lines_up(self):
        table = bench_zoo.Table(["vgg16", "mobilenet_v2"], ["ort"])
        line = table.line(self.ROW)
        self.assertEqual(line.split(), "vgg16 138.4 M 15.47 G 123.46 120.00 150.00 149.00 1.22 250.6 81.0% 12.3 21/17".split())
        self.assertEqual(len(line), len(table.head))
        self.assertEqual(table.line({"network": "vgg16", "error": "out of memory"}), "vgg16         out of memory")


class Reports(unittest.TestCase):
    def document(self, **changes):
        failed = {"network": "odd|<net>", "error": "out of <memory>\nand more"}
        return {"cpu": "a <CPU>", "threads": 2, "batch": 1, "versions": {"ours": "cnnc 1", "ort": "onnxruntime 2", "abacus": "abacus 3"}, "date": "2026-11-30 12:00 UTC",
                "peak": Zoo.PEAK, "networks": [{**Zoo.ROW, "left_out": {"abacus": "it has no <beads>"}}, failed],
                "geometric_mean": {"ort": 1.215, "best": 1.215}, **changes}

    def test_markdown(self):
        lines = reports.markdown(reports.Report(self.document())).splitlines()
        self.assertEqual([line.rstrip() for line in lines[:4]], ["a &lt;CPU&gt;, 2 threads, batch 1, f32, accuracy default", "cnnc 1, onnxruntime 2, abacus 3", "peak 230.0 GFLOP/s; L2 200.0 GB/s, memory 25.0 GB/s", "2026-11-30 12:00 UTC"])
        self.assertEqual(lines[5], "| network | ours, median ms | ONNX Runtime | abacus | ratio to each | of the machine's limit | compile |")
        self.assertEqual(lines[7], "| vgg16 | 123.5 | 150.0 | left out | 1.22, - | 81.0 % | 12.3 s |")
        self.assertEqual(lines[8], r"| odd\|&lt;net&gt; | out of &lt;memory&gt; and more | | | | | |")
        self.assertIn("Geometric means: ONNX Runtime 1.22, the best of them 1.22.", lines[10])

    def test_page_is_one_well_formed_file(self):
        class Parser(HTMLParser):
            def __init__(self):
                super().__init__()
                self.open, self.links, self.text = [], [], ""

            def handle_starttag(self, tag, attributes):
                self.links += [value for name, value in attributes if name in ("src", "href")]
                if tag != "meta":
                    self.open.append(tag)

            def handle_endtag(self, tag):
                assert self.open.pop() == tag

            def handle_data(self, data):
                self.text += data

        parser = Parser()
        page = reports.page(reports.Report(self.document()))
        parser.feed(page)
        self.assertEqual((parser.open, parser.links), ([], []))
        self.assertNotIn("url(", page)
        for text in ("a <CPU>", "vgg16", "15.47 G MACs", "81.0 % of the limit", "123.5 ms", "150.0 ms", "1.22 ×", "left out: it has no <beads>", "out of <memory>", "odd|<net>"):
            self.assertIn(text, parser.text)

    def test_of_no_peers_and_no_peak(self):
        bare = self.document(versions={"ours": "cnnc 1"}, networks=[{key: {} if key in ("peers", "ratio") else value for key, value in Zoo.ROW.items() if key != "roofline"}], geometric_mean={}, peak=None)
        self.assertIn("| vgg16 | 123.5 |  | 12.3 s |", reports.markdown(reports.Report(bare)))
        self.assertNotIn("limit</span>", reports.page(reports.Report(bare)))

    def test_something_else_is_refused(self):
        row = self.document()["networks"][0]
        for broken in ([], {}, self.document(networks=[{}]), self.document(networks=[{**row, "ours": {"median_ms": "1"}}]), self.document(networks=[{**row, "ratio": {}}]),
                       self.document(networks=[{**row, "ours": {"median_ms": math.nan}}]), self.document(peak={"gflops": 1}), self.document(geometric_mean={"ort": "x"})):
            with self.assertRaisesRegex(ValueError, "is no result of `cnnc bench --zoo --json`"):
                reports.Report(broken)

    def test_files_appear_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(OSError):
                reports.write(f"{folder}/none/x", "text")
            reports.write(f"{folder}/x", "text")
            self.assertEqual(os.listdir(folder), ["x"])


class Roofline(unittest.TestCase):
    def test_shares(self):
        shares = roofline.shares({"limit_ms": 2.0, "nominal_limit_ms": 4.0}, 5.0)
        self.assertEqual(shares, {"limit_ms": 2.0, "share": 0.4, "nominal_limit_ms": 4.0, "nominal_share": 0.8})
        self.assertEqual(roofline.shares_text(shares), "at 40.0% of the machine's limit, 2.000 ms (80.0% counting every multiplication of the definitions)")
        self.assertEqual(roofline.shares_text(roofline.shares({"limit_ms": 2.0, "nominal_limit_ms": 2.0}, 5.0)), "at 40.0% of the machine's limit, 2.000 ms")

    def test_a_file_with_something_else(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write("[1]")
            file.flush()
            with self.assertRaisesRegex(ValueError, "is not what `cnnc doctor --peak --format=json` prints"):
                roofline.read(file.name)


class Ncnn(unittest.TestCase):
    @staticmethod
    def model(around, axes, **pooling):
        """Pads [N, 2, 7, 8] by `around` along `axes`, then averages 3x3 windows."""
        tensors = {"pads": np.int64(around), "axes": np.int64(axes), "value": np.float32(0)}
        nodes = [helper.make_node("Pad", ["x", "pads", "value", "axes"], ["padded"]),
                 helper.make_node("AveragePool", ["padded"], ["y"], kernel_shape=[3, 3], **{"dilations": [1, 1], "strides": [2, 2], **pooling})]
        tensors = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in tensors.items()]
        graph = helper.make_graph(nodes, "pooling", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, 7, 8])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2, "H", "W"])], tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)

    def test_simplified_models_compute_the_same(self):
        x = arrays.random_input(np.float32, (1, 2, 7, 8), 1, 0)
        for around, axes, pooling in (([0, 0, 1, 1], [2, 3], {"pads": [0, 0, 1, 1]}), ([1, 2], [-1], {"pads": [0, 0, 1, 1], "count_include_pad": 1}), ([-1, 0, 0, 3], [3, 2], {"pads": [1, 1, 1, 1]}),
                                    ([0, 0], [3], {"pads": [0, 0, 1, 0]}), ([1, 1], [2], {"pads": [0, 0, 2, 2], "strides": [3, 3]}), ([0, 0], [2], {"dilations": [2, 2]}), ([0, 0], [2], {})):
            model = self.model(around, axes, **pooling)
            expected = ort.run(ort.open_session(model.SerializeToString()), {"x": x})["y"]
            ncnn_model.simplify(model)
            np.testing.assert_allclose(ort.run(ort.open_session(model.SerializeToString()), {"x": x})["y"], expected, rtol=1e-6, err_msg=f"{around} {axes} {pooling}")
            self.assertEqual(len(model.graph.node[0].input), 3)

    def test_forms_that_pnnx_knows(self):
        model = self.model([0, 0, 1, 1], [2, 3], pads=[0, 0, 1, 1])
        ncnn_model.simplify(model)
        values = {attribute.name: helper.get_attribute_value(attribute) for attribute in model.graph.node[1].attribute}
        self.assertEqual(values, {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 0, 0], "ceil_mode": 1})

    def test_signature(self):
        self.assertEqual(ncnn_model.signature(self.model([0, 0], [2]), 1), (["x"], {"y": (1, 2, 1, 1)}))

    def test_complaints_are_kept(self):
        lines = []
        with ncnn_model.complaints(lines):
            os.write(2, b"a complaint\n\nanother\n")
        self.assertEqual(lines, ["a complaint", "another"])


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        toy_model(cls.folder / "right.onnx", 2.0)
        toy_model(cls.folder / "wrong.onnx", 3.0)
        toy_model(cls.folder / "other.onnx", 2.0, "totals")

    def tool(self, script, *arguments):
        path = Path(oracle_path.ORACLE) / script
        return subprocess.run([sys.executable, str(path), *map(str, arguments)], capture_output=True, text=True, check=False)

    def test_verify_agrees(self):
        done = self.tool("verify.py", "--library", TOY, "--onnx", self.folder / "right.onnx", "--per-layer", "--batch", 3, "--format=json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        result = json.loads(done.stdout)
        self.assertEqual([row["layer"] for row in result["layers"]], ["scale", "box", "scaled", "sums"])
        self.assertEqual(result["layers"][0]["shape"], [3, 2, 3, 5])
        self.assertIsNone(result["first_mismatch"])

    def test_verify_names_the_first_layer_that_is_off(self):
        done = self.tool("verify.py", "--library", TOY, "--onnx", self.folder / "wrong.onnx", "--per-layer")
        self.assertEqual(done.returncode, 4)
        self.assertIn("first mismatch: scale at", done.stdout)

    def test_verify_takes_an_input(self):
        np.save(self.folder / "x.npy", np.full((2, 2, 3, 5), np.nan, np.float32))
        done = self.tool("verify.py", "--library", TOY, "--onnx", self.folder / "right.onnx", "--input", f"x=@{self.folder}/x.npy", "--format=json")
        self.assertEqual(json.loads(done.stdout)["layers"][0]["shape"], [2, 2, 3, 5])

    def test_verify_refuses_another_network(self):
        done = self.tool("verify.py", "--library", TOY, "--onnx", self.folder / "other.onnx")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("has no output sums", done.stderr)

    def test_bench_reports(self):
        done = self.tool("bench.py", "--library", TOY, "--onnx", self.folder / "right.onnx", "--threads", 1, "--budget", "1ms", "--format=json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        result = json.loads(done.stdout)
        self.assertEqual((result["network"], result["threads"]), ("toy2x", 1))
        self.assertAlmostEqual(result["ratio"]["ort"], result["peers"]["ort"]["median_ms"] / result["ours"]["median_ms"])
        for row in (result["ours"], result["peers"]["ort"]):
            self.assertEqual(sorted([0, row["min_ms"], row["median_ms"], row["p90_ms"]]), [0, row["min_ms"], row["median_ms"], row["p90_ms"]])
        self.assertNotIn("roofline", result)  # which the compiler measures

    def test_bench_profiles_with_the_compiler_only(self):
        done = self.tool("bench.py", "--library", TOY, "--peers=", "--per-layer", "--budget", "1ms")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("--per-layer needs the compiler: pass --cnnc", done.stderr)

    def test_bench_refuses_wrong_results(self):
        done = self.tool("bench.py", "--library", TOY, "--onnx", self.folder / "wrong.onnx", "--budget", "1ms")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("output scaled differs from ort", done.stderr)

    def test_bench_refuses_unknown_peers(self):
        done = self.tool("bench.py", "--library", TOY, "--onnx", self.folder / "right.onnx", "--peers=abacus")
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown peer 'abacus'; known: ort, openvino, ncnn", done.stderr)

    def test_run_ort(self):
        x = arrays.random_input(np.float32, (1, 2, 3, 5), 1, 0)
        arrays.save_npz(self.folder / "in.npz", {"x": x})
        for flags, names in (([], {"scaled", "sums"}), (["--all-layers"], {"scaled", "sums", "scale", "box"})):
            done = self.tool("run_ort.py", "--model", self.folder / "right.onnx", "--inputs", self.folder / "in.npz", "--outputs", self.folder / "out.npz", *flags)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            outputs = arrays.load_npz(self.folder / "out.npz")
            self.assertEqual(set(outputs), names)
            np.testing.assert_array_equal(outputs["scaled"], 2 * x)

    def test_run_ort_refuses_what_is_no_model(self):
        arrays.save_npz(self.folder / "in.npz", {"x": np.float32([1])})
        done = self.tool("run_ort.py", "--model", self.folder / "in.npz", "--inputs", self.folder / "in.npz", "--outputs", self.folder / "none.npz")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Arun_ort: onnxruntime refuses the model: .*\n\Z")
        self.assertFalse((self.folder / "none.npz").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
