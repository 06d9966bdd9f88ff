//! What a live VM does with our match specs, on every OTP release of this machine.

mod conditions;
mod events;
mod operations;
mod projection;
mod support;
