"""What the tests of small networks share: three oracles that must agree."""

import unittest

from workshop import Workshop, difference


class OracleTest(unittest.TestCase):
    """A subclass sets `nets`; its workshop is built once."""

    nets = []

    @classmethod
    def setUpClass(cls):
        cls.workshop = Workshop(cls.nets)
        cls.addClassCleanup(cls.workshop.close)

    def each(self, check, nets=None):
        """Runs check(net) for every network, or for some of them, as a subtest."""
        nets = self.nets if nets is None else nets
        self.assertTrue(nets)
        for net in nets:
            with self.subTest(net=net.name):
                check(net)

    def expect(self, who, got, expected, bounds):
        """Every expected output is there and within its bound."""
        for name, array in expected.items():
            problem = difference(got[name], array, bounds[name])
            if problem:
                self.fail(f"{who}: output {name} {problem}")

    def oracles(self, net):
        """(ONNX Runtime's outputs, the reference's, bounds)."""
        status, message = self.workshop.rejection(net)
        self.assertEqual(status, 0, message)
        ort = self.workshop.ort(net)
        reference = self.workshop.reference(net, {name: array.shape for name, array in ort.items()})
        return ort, reference, self.workshop.bounds(net, reference)

    def check_reference(self, net):
        """The f64 reference against ONNX Runtime on our export."""
        ort, reference, bounds = self.oracles(net)
        self.expect("onnxruntime", ort, reference, bounds)

    def check_library(self, net):
        """The compiled library against the reference, with one thread and with two: the same bits."""
        _, reference, bounds = self.oracles(net)
        one, two = self.workshop.library(net, 1), self.workshop.library(net, 2)
        self.expect("library", one, reference, bounds)
        self.expect("two threads", two, one, {name: 0.0 for name in one})
