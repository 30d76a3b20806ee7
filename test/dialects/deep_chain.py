"""Prints a chain of 20000 additions of 1 that checks itself. The operand has more elements than are folded."""
kind = "tensor<4097xf32>"
print(f"func.func @chain() {{\n  %one = cnn.constant dense<1.0> : {kind}\n  %v0 = cnn.constant dense<0.0> : {kind}")
for number in range(20000):
    print(f"  %v{number + 1} = cnn.add %v{number}, %one : ({kind}, {kind}) -> {kind}")
print(f"  %e = cnn.constant dense<20000.0> : {kind}\n  check.expect_equal %v20000, %e : {kind}\n  return\n}}")
