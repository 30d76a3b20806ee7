"""Prints ops on given arrays as self-checking IR."""
import numpy as np

ELEMENTS = {np.dtype(np.float32): "f32", np.dtype(np.int32): "i32", np.dtype(np.uint8): "ui8"}


def kind(array):
    return "tensor<" + "".join(f"{extent}x" for extent in array.shape) + ELEMENTS[array.dtype] + ">"


class Case:
    """One function: constants, ops and checks."""

    def __init__(self, name):
        self.lines, self.values = [f"func.func @{name}() {{"], 0

    def name(self):
        self.values += 1
        return f"%v{self.values}"

    def constant(self, array):
        name, data = self.name(), np.ascontiguousarray(array)
        text = f'"0x{data.tobytes().hex().upper()}"' if data.size else ""
        self.lines.append(f"  {name} = cnn.constant dense<{text}> : {kind(data)}")
        return name, kind(data)

    def op(self, op, attributes, operands, kinds):
        """Results of types `kinds`; operands and results are pairs of name and type."""
        names = [self.name() for _ in kinds]
        types = ", ".join(kinds)
        self.lines.append(f"  {', '.join(names)} = cnn.{op} {', '.join(name for name, _ in operands)} {{{attributes}}} : "
                          f"({', '.join(operand for _, operand in operands)}) -> {types if len(kinds) == 1 else f'({types})'}")
        return list(zip(names, kinds))

    def expect(self, actual, expected, tolerance=0.0):
        check = f"expect_close {actual[0]}, {expected[0]} {{rtol = {tolerance:e}, atol = {tolerance:e}}}" if tolerance else f"expect_equal {actual[0]}, {expected[0]}"
        self.lines.append(f"  check.{check} : {actual[1]}")

    def text(self):
        return "\n".join(self.lines + ["  return", "}"])
