//! The checker on whole programs.

mod cases;
mod support;
mod whole;
