//! Functions on floats that the language itself lacks.

crate::function::table! { outside: false;
    "std.math.host_asin" = |_, x: f64| x.asin();
    "std.math.host_acos" = |_, x: f64| x.acos();
    "std.math.host_atan" = |_, x: f64| x.atan();
    "std.math.host_sinh" = |_, x: f64| x.sinh();
    "std.math.host_cosh" = |_, x: f64| x.cosh();
    "std.math.host_tanh" = |_, x: f64| x.tanh();
    "std.math.host_cbrt" = |_, x: f64| x.cbrt();
    "std.math.host_hypot" = |_, x: f64, y: f64| x.hypot(y);
    "std.math.host_exp_m1" = |_, x: f64| x.exp_m1();
    "std.math.host_ln_1p" = |_, x: f64| x.ln_1p();
    "std.math.host_trunc" = |_, x: f64| x.trunc();
    "std.math.host_bits" = |_, x: f64| x.to_bits() as i64;
    "std.math.host_of_bits" = |_, bits: i64| f64::from_bits(bits as u64);
}
