//! Functions on floats that compiled code calls as they are, on its own stack: they need little of it and allocate nothing.

/// A function that takes one or two floats and gives one.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// What the language calls it.
    pub name: &'static str,
    /// How many it takes.
    pub takes: usize,
    address: fn() -> *const u8,
}

impl Leaf {
    /// Where it is.
    #[must_use]
    pub fn address(&self) -> *const u8 {
        (self.address)()
    }
}

macro_rules! leaves {
    ($($name:literal = $function:ident($($taken:ident),*) $value:expr;)*) => {
        $(extern "C" fn $function($($taken: f64),*) -> f64 { $value })*

        /// All of them.
        pub const LEAVES: &[Leaf] = &[$(Leaf {
            name: $name,
            takes: [$(stringify!($taken)),*].len(),
            address: || $function as *const u8,
        },)*];
    };
}

leaves! {
    "float %" = rem(a, b) a % b;
    "float.round" = round(a) a.round();
    "float.pow" = pow(a, b) a.powf(b);
    "float.exp" = exp(a) a.exp();
    "float.ln" = ln(a) a.ln();
    "float.log2" = log2(a) a.log2();
    "float.log10" = log10(a) a.log10();
    "float.sin" = sin(a) a.sin();
    "float.cos" = cos(a) a.cos();
    "float.tan" = tan(a) a.tan();
    "float.atan2" = atan2(a, b) a.atan2(b);
    "float.min" = min(a, b) a.min(b);
    "float.max" = max(a, b) a.max(b);
}
