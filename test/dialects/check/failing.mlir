// RUN: cnnc-opt %s --run-checks --split-input-file --verify-diagnostics

func.func @relative() {
  %a = cnn.constant dense<[[100.0, 100.0], [100.2, 90.0]]> : tensor<2x2xf32>
  %e = cnn.constant dense<100.0> : tensor<2x2xf32>
  check.expect_close %a, %e {rtol = 3.0e-3, atol = 0.0} : tensor<2x2xf32> // expected-error {{fails: element [1, 1] is 90, expected 100; 1 of 4 elements differ}}
  return
}

// The next function still runs.
func.func @infinity() {
  %a = cnn.constant dense<[1.0, 0x7F800000, 3.0e38]> : tensor<3xf32>
  %e = cnn.constant dense<[1.0, 0xFF800000, 0x7F800000]> : tensor<3xf32>
  check.expect_close %a, %e : tensor<3xf32> // expected-error {{fails: element [1] is +Inf, expected -Inf; 2 of 3 elements differ}}
  return
}

func.func @nan() {
  %a = cnn.constant dense<0x7FC00000> : tensor<1xf32>
  %e = cnn.constant dense<0.0> : tensor<1xf32>
  check.expect_equal %a, %e : tensor<1xf32> // expected-error {{fails: element [0] is NaN, expected 0; 1 of 1 elements differ}}
  return
}

// -----

// expected-error @+1 {{holds no check to run: checks stand in functions without arguments}}
module {
  func.func @empty() {
    return
  }
}

// -----

func.func @no_reference() {
  %a = cnn.constant dense<0.0> : tensor<1xf32>
  func.call @other() : () -> () // expected-error {{has no reference to interpret it by}}
  check.expect_equal %a, %a : tensor<1xf32>
  return
}

func.func private @other()

// -----

func.func @shapes() {
  %a = cnn.constant dense<0.0> : tensor<1xf32>
  %b = cnn.constant dense<0.0> : tensor<2xf32>
  // expected-error @+1 {{'check.expect_equal' op requires all operands to have the same type}}
  "check.expect_equal"(%a, %b) : (tensor<1xf32>, tensor<2xf32>) -> ()
  return
}
