//! The checker on whole programs.

mod cases;
mod properties;
mod stress;
mod support;
mod whole;
