"""golden_test.py itself: it must fail where the golden file says something else than the library."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "compiler" / "oracle"))

import arrays  # noqa: E402

BIN = sys.argv.pop(1)
SETTING = "squeezenet1_1 size=117 classes=10"


class Notices(unittest.TestCase):
    def fails(self, edit, why):
        """golden_test.py fails for the reason `why` when `edit` has changed the arrays of the golden file."""
        kept = arrays.load_npz(ROOT / "models" / "squeezenet" / "golden.npz")
        edit(kept)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "golden.npz"
            arrays.save_npz(path, kept)
            done = subprocess.run([sys.executable, HERE / "golden_test.py", "--bin", BIN, path, SETTING], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertIn(why, done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_value(self):
        def edit(kept):
            kept[f"results/{SETTING}/logits"][0, 3] *= 1.001

        self.fails(edit, "differs from torch")

    def test_output(self):
        def edit(kept):
            kept[f"results/{SETTING}/probabilities"] = kept.pop(f"results/{SETTING}/logits")

        self.fails(edit, "the results are logits; the golden file has probabilities")

    def test_digest(self):
        def edit(kept):
            kept[f"digests/{SETTING}"][0] ^= 1

        self.fails(edit, "is out of date")


if __name__ == "__main__":
    unittest.main()
