//! The checker on whole programs.

mod cases;
mod stress;
mod support;
mod whole;
