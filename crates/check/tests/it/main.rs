//! The checker on whole programs.

mod cases;
mod dump;
mod packages;
mod properties;
mod stress;
mod support;
mod whole;
