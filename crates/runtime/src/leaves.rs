//! Functions on floats that compiled code calls as they are, on its own stack: they need little of it and allocate nothing.

/// A function that takes one or two floats and gives one.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// What the language calls it.
    pub name: &'static str,
    /// What objects call it.
    pub symbol: &'static str,
    /// How many it takes.
    pub takes: usize,
    address: fn() -> *const u8,
}

impl Leaf {
    /// Where it is.
    #[must_use]
    pub(crate) fn address(&self) -> *const u8 {
        (self.address)()
    }
}

macro_rules! leaves {
    ($($name:literal = $function:ident($($taken:ident),*) $value:expr;)*) => {
        $(#[unsafe(no_mangle)]
        extern "C" fn $function($($taken: f64),*) -> f64 { $value })*

        /// All of them.
        pub const LEAVES: &[Leaf] = &[$(Leaf {
            name: $name,
            symbol: stringify!($function),
            takes: [$(stringify!($taken)),*].len(),
            address: || $function as *const u8,
        },)*];
    };
}

leaves! {
    "float %" = pluto_rem(a, b) a % b;
    "float.round" = pluto_round(a) a.round();
    "float.pow" = pluto_pow(a, b) a.powf(b);
    "float.exp" = pluto_exp(a) a.exp();
    "float.ln" = pluto_ln(a) a.ln();
    "float.log2" = pluto_log2(a) a.log2();
    "float.log10" = pluto_log10(a) a.log10();
    "float.sin" = pluto_sin(a) a.sin();
    "float.cos" = pluto_cos(a) a.cos();
    "float.tan" = pluto_tan(a) a.tan();
    "float.atan2" = pluto_atan2(a, b) a.atan2(b);
    "float.min" = pluto_min(a, b) a.min(b);
    "float.max" = pluto_max(a, b) a.max(b);
}
