"""Small networks over odd shapes: reference, ONNX Runtime and compiled library must agree. See matrix.py for the networks."""

import subprocess
import unittest

import detectors
import matrix
from oracle_test import OracleTest


class OpsAgainstOrt(OracleTest):
    nets = matrix.every_net()

    def test_reference(self):
        self.each(self.check_reference)

    def test_library(self):
        self.workshop.compile(self.nets)
        self.each(self.check_library)

    def test_library_of_another_target(self):
        """Vectors of another width: every third network for AVX2."""
        nets = self.nets[1::3]
        self.workshop.compile(nets, "x86-64-v3")
        self.each(self.check_library, nets)

    def test_export_is_valid_onnx(self):
        import onnx

        self.each(lambda net: onnx.checker.check_model(str(self.workshop.path / f"{net.name}.onnx"), full_check=True))

    def test_every_op_is_covered(self):
        """Each op that a spec can hold occurs in some network, and so has an ONNX row."""
        listed = subprocess.run(["cnnc-oracle-nets", "--ops"], capture_output=True, text=True, check=True).stdout.split()
        tested = {layer["op"] for net in (*self.nets, *detectors.Detectors.nets) for layer in net.layers}
        self.assertEqual(set(listed) - tested, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
