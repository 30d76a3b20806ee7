"""The Python loader on the toy libraries in CNNC_TOY_DIR, and the C example of docs/abi.md (CNNC_ABI_EXAMPLE)."""

import gc
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "runtime" / "python"))

import numpy as np

import cnnc

TOYS = pathlib.Path(os.environ["CNNC_TOY_DIR"])


def load(name, **options):
    return cnnc.load(TOYS / f"lib{name}.so", **options)


def ramp(batch):
    return (np.arange(batch * 30, dtype=np.float32) % 97).reshape(batch, 2, 3, 5)


def box_sums(x):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return sum(padded[:, :, dy : dy + 3, dx : dx + 5] for dy in range(3) for dx in range(3))


class Runs(unittest.TestCase):
    def setUp(self):
        self.model = load("toy2x", threads=2)
        self.addCleanup(self.model.close)

    def expect(self, got, x):
        self.assertEqual(list(got), ["scaled", "sums"])
        np.testing.assert_array_equal(got["scaled"], 2 * x)
        np.testing.assert_array_equal(got["sums"], box_sums(2 * x))

    def test_dense(self):
        self.expect(self.model(ramp(2)), ramp(2))

    def test_by_name_and_into_given_arrays(self):
        scaled = np.empty((2, 3, 5, 2), np.float32).transpose(0, 3, 1, 2)
        got = self.model(x=ramp(2), out={"scaled": scaled})
        self.assertIs(got["scaled"], scaled)
        self.expect(got, ramp(2))

    def test_views(self):
        hwc = np.arange(2 * 3 * 5 * 2, dtype=np.float32).reshape(2, 3, 5, 2)
        x = ramp(4)
        for view in (hwc.transpose(0, 3, 1, 2), x[::-1], x[:, ::-1, ::-1, ::-1], x[::2], np.broadcast_to(x[:1], (3, 2, 3, 5))):
            self.expect(self.model(view), np.ascontiguousarray(view))

    def test_bound_calls(self):
        x, scaled = ramp(2), np.empty((2, 2, 3, 5), np.float32)
        call = self.model.bind(x, out={"scaled": scaled})
        self.assertIs(call.outputs["scaled"], scaled)
        self.assertIs(call.inputs["x"], x)
        self.expect(call(), ramp(2))
        x += 1
        self.expect(call(), ramp(2) + 1)

    def test_bound_calls_are_checked(self):
        largest = self.model.inputs[0].max_shape[0]
        with self.assertRaisesRegex(cnnc.CnncError, f"a batch of at most {largest}, got {largest + 1}"):
            self.model.bind(ramp(largest + 1))
        with self.assertRaisesRegex(cnnc.CnncError, "no output is named"):
            self.model.bind(ramp(1), out={"nosuch": ramp(1)})
        wrong = self.model.bind(np.zeros((1, 2, 3, 4), np.float32))
        with self.assertRaisesRegex(cnnc.CnncError, "x"):
            wrong()
        call = self.model.bind(ramp(1))
        self.model.close()
        with self.assertRaisesRegex(cnnc.CnncError, "the model is closed"):
            call()

    def test_bound_calls_are_traced(self):
        layers = []
        with load("toy2x", trace=lambda event: layers.append(event.layer)) as model:
            self.expect(model.bind(ramp(1))(), ramp(1))
        self.assertEqual(layers, ["scale", "pad", "box"])

    def test_single_image_comes_back_as_one(self):
        got = self.model(ramp(1)[0])
        self.assertEqual(got["sums"].shape, (2, 3, 5))
        np.testing.assert_array_equal(got["sums"], box_sums(2 * ramp(1))[0])

    def test_batches_beyond_the_maximum_run_in_pieces(self):
        for batch in (0, 1, 4, 5, 11):
            self.expect(self.model(ramp(batch)), ramp(batch))

    def test_lists_foreign_bytes_and_misaligned_data(self):
        self.expect(self.model(ramp(1).tolist()), ramp(1))
        self.expect(self.model(ramp(1).astype(">f4")), ramp(1))
        misaligned = np.frombuffer(b"z" + ramp(1).tobytes(), np.uint8)[1:].view(np.float32).reshape(1, 2, 3, 5)
        self.expect(self.model(misaligned), ramp(1))

    def test_dlpack(self):
        class Foreign:
            def __init__(self, array):
                self.array = array

            def __dlpack__(self, **options):
                return self.array.__dlpack__(**options)

            def __dlpack_device__(self):
                return self.array.__dlpack_device__()

        self.expect(self.model(Foreign(ramp(2))), ramp(2))

    def test_read_only_input(self):
        x = ramp(2)
        x.flags.writeable = False
        self.expect(self.model(x), x)

    def test_many_threads(self):
        wrong = []

        def work(batch):
            for _ in range(50):
                if not np.array_equal(self.model(ramp(batch))["sums"], box_sums(2 * ramp(batch))):
                    wrong.append(batch)

        threads = [threading.Thread(target=work, args=(1 + i % 4,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_profile(self):
        with self.model.profiling():
            self.model(ramp(3))
        self.model(ramp(3))
        entries = self.model.profile()
        self.assertEqual([(e.layer, e.calls) for e in entries], [("scale", 3), ("pad", 3), ("box", 3)])
        self.assertEqual(entries[2].macs, 270)

    def test_mixed_batch(self):
        with load("mixed") as model:
            got = model(np.array([[1, 2, 3], [5, 6, 7]], np.float32), bias=np.array([10, 20, 30], np.float32))
        np.testing.assert_array_equal(got, np.array([13, 24, 35], np.float32))


class Properties(unittest.TestCase):
    def test_info(self):
        model = load("toy3x")
        self.assertEqual((model.name, model.target, model.metadata), ("toy3x", "toy-cpu", {"network": "toy3x"}))
        self.assertEqual(str(model.inputs[0]), "x: float32[1..4, 2, 3, 5] NCHW")
        self.assertTrue(model.outputs[1].batched)
        self.assertGreater(model.workspace_bytes, 0)

    def test_two_libraries(self):
        two, three = load("toy2x"), load("toy3x")
        np.testing.assert_array_equal(three(ramp(1))["scaled"], 3 * ramp(1))
        np.testing.assert_array_equal(two(ramp(1))["scaled"], 2 * ramp(1))


class Tracing(unittest.TestCase):
    def test_layers_unblocked(self):
        seen = {}
        model = load("toy2x", trace=lambda event: seen.__setitem__((event.layer, event.image), (event.array(), event.block, event.halo)))
        x = ramp(2)
        model(x)
        self.assertEqual(len(seen), 6)
        for image in range(2):
            padded, block, halo = seen["pad", image]
            self.assertEqual((block, halo), (4, (1, 1, 1, 1)))
            np.testing.assert_array_equal(padded, 2 * x[image : image + 1])
            np.testing.assert_array_equal(seen["box", image][0], box_sums(2 * x)[image : image + 1])

    def test_exception_stops_the_run(self):
        layers = []

        def trace(event):
            layers.append(event.layer)
            if event.layer == "pad":
                raise KeyError("stop here")

        model = load("toy2x", trace=trace)
        with self.assertRaisesRegex(KeyError, "stop here"):
            model(ramp(2))
        self.assertEqual(layers, ["scale", "pad"])


class Errors(unittest.TestCase):
    def expect(self, code, text, call):
        with self.assertRaises(cnnc.CnncError) as caught:
            call()
        self.assertEqual(caught.exception.code, code)
        self.assertIn(text, str(caught.exception))

    def test_loading(self):
        self.expect(cnnc.Status.INVALID_ARGUMENT, "nonexistent", lambda: cnnc.load("nonexistent.so"))
        self.expect(cnnc.Status.TARGET, "alien-isa", lambda: load("alien"))
        self.expect(cnnc.Status.INTERNAL, "layer 'pad'", lambda: load("broken"))
        self.expect(cnnc.Status.WEIGHTS, "weights_path", lambda: load("external"))
        self.expect(cnnc.Status.INVALID_ARGUMENT, "threads", lambda: load("toy2x", threads=-2))

    def test_external_weights(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "weights.bin"
            weights = np.zeros(32, np.float32)
            weights[16] = 2
            weights.tofile(path)
            np.testing.assert_array_equal(load("external", weights=path)(ramp(1))["scaled"], 2 * ramp(1))
            weights[3] = 1
            weights.tofile(path)
            self.expect(cnnc.Status.WEIGHTS, "SHA-256", lambda: load("external", weights=path))

    def test_inputs(self):
        model = load("toy2x")
        self.expect(cnnc.Status.SHAPE, "got [1, 2, 3, 6]", lambda: model(np.zeros((1, 2, 3, 6), np.float32)))
        self.expect(cnnc.Status.DTYPE, "expected f32, got f64", lambda: model(np.zeros((1, 2, 3, 5))))
        self.expect(cnnc.Status.DTYPE, "expected f32", lambda: model(np.zeros((1, 2, 3, 5), np.complex128)))
        self.expect(cnnc.Status.INVALID_ARGUMENT, "missing", model)
        self.expect(cnnc.Status.INVALID_ARGUMENT, "unknown", lambda: model(y=ramp(1)))
        self.expect(cnnc.Status.INVALID_ARGUMENT, "2 inputs", lambda: model(ramp(1), ramp(1)))
        self.expect(cnnc.Status.INVALID_ARGUMENT, "overlaps", lambda: (lambda x: model(x, out={"scaled": x}))(ramp(1)))
        self.expect(cnnc.Status.INVALID_ARGUMENT, "no output", lambda: model(ramp(1), out={"nothing": ramp(1)}))
        self.expect(cnnc.Status.INVALID_ARGUMENT, "writable", lambda: model(ramp(1), out={"sums": [0]}))
        failing = ramp(1)
        failing[0, 0, 0, 0] = 666
        self.expect(cnnc.Status.INTERNAL, "layer 'scale'", lambda: model(failing))

    def test_closed(self):
        model = load("toy2x")
        model.close()
        model.close()
        self.expect(cnnc.Status.INVALID_ARGUMENT, "closed", lambda: model(ramp(1)))

    def test_threads_end_with_the_model(self):
        count = lambda: len(os.listdir("/proc/self/task"))
        before = count()
        model = load("toy2x", threads=4)
        self.assertEqual(count(), before + 3)
        del model
        gc.collect()
        self.assertEqual(count(), before)


class Documentation(unittest.TestCase):
    def example(self, name):
        return subprocess.run([os.environ["CNNC_ABI_EXAMPLE"], TOYS / f"lib{name}.so"], capture_output=True, text=True, timeout=60)

    def test_example_of_the_abi_page(self):
        done = self.example("toy2x")
        self.assertEqual((done.returncode, done.stdout), (0, "toy2x: 2 outputs, first one is 'scaled'\n"), done.stderr)
        done = self.example("alien")
        self.assertEqual(done.returncode, 1)
        self.assertIn("alien-isa", done.stderr)


if __name__ == "__main__":
    unittest.main()
