//! Against live nodes of every OTP release that this machine has.

#[path = "live/calls.rs"]
mod calls;
#[path = "live/links.rs"]
mod links;
#[path = "live/pressure.rs"]
mod pressure;
#[path = "live/refusals.rs"]
mod refusals;
#[path = "live/support.rs"]
mod support;
#[path = "live/ticks.rs"]
mod ticks;
#[path = "live/tls.rs"]
mod tls;
#[path = "live/traffic.rs"]
mod traffic;
