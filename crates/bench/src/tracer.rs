//! The ways of tracing that are compared, and switching one of them on and off.

use crate::error::Result;
use crate::pluto::{Level, Pluto, Session};
use crate::subject::Subject;

/// Which events a tracer of OTP's own is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Events {
    /// Calls with their arguments.
    Calls,
    /// Calls, and the return to the caller.
    ReturnTo,
    /// Calls, and the value returned.
    ReturnTrace,
}

impl Events {
    /// How many events one call makes.
    pub(crate) fn per_call(self) -> u64 {
        match self {
            Events::Calls => 1,
            Events::ReturnTo | Events::ReturnTrace => 2,
        }
    }

    fn flags(self) -> &'static str {
        match self {
            Events::Calls | Events::ReturnTrace => "[call, monotonic_timestamp]",
            Events::ReturnTo => "[call, return_to, monotonic_timestamp]",
        }
    }

    fn spec(self) -> &'static str {
        match self {
            Events::Calls | Events::ReturnTo => "[]",
            Events::ReturnTrace => "[{'_', [], [{return_trace}]}]",
        }
    }
}

/// A way of tracing the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracer {
    Untraced,
    /// `erlang:trace` with an off-heap sink that counts.
    Bare(Events),
    /// OTP's `dbg` with a handler that counts.
    Dbg(Events),
    /// A process on the node that formats and prints each call and return, as tracers in a shell do.
    Shell,
    Pluto(Level),
}

/// A tracer that is on.
pub(crate) enum Running {
    Nothing,
    Bare,
    Dbg,
    Shell,
    Pluto(Session),
}

impl Tracer {
    /// How many events one call makes.
    pub(crate) fn events_per_call(self) -> u64 {
        match self {
            Tracer::Untraced => 0,
            Tracer::Bare(events) | Tracer::Dbg(events) => events.per_call(),
            Tracer::Shell | Tracer::Pluto(Level::Timing) => 2,
            Tracer::Pluto(Level::Calls) => 1,
        }
    }

    /// Whether it can be tried: Pluto only where there is one.
    pub(crate) fn available(self, pluto: Option<&Pluto>) -> bool {
        pluto.is_some() || !matches!(self, Tracer::Pluto(_))
    }

    /// Switches it on for all functions of the subject; returns when it is armed.
    pub(crate) fn start(self, subject: &mut Subject, pluto: Option<&Pluto>) -> Result<Running> {
        Ok(match self {
            Tracer::Untraced => Running::Nothing,
            Tracer::Bare(events) => {
                subject.run(&format!("pluto_bench:bare_start({}, {}).", events.flags(), events.spec()));
                Running::Bare
            }
            Tracer::Dbg(events) => {
                subject.run(&format!("pluto_bench:dbg_start({}, {}).", events.flags(), events.spec()));
                Running::Dbg
            }
            Tracer::Shell => {
                subject.run("pluto_bench:format_start([call, monotonic_timestamp]).");
                Running::Shell
            }
            Tracer::Pluto(level) => match pluto {
                Some(pluto) => Running::Pluto(pluto.record(&subject.target(), level)?),
                None => Running::Nothing,
            },
        })
    }
}

impl Running {
    /// Switches it off and gives the number of events that it saw.
    pub(crate) fn stop(self, subject: &mut Subject) -> Result<u64> {
        let counted = match self {
            Running::Nothing => 0,
            Running::Bare => subject.number("pluto_bench:bare_stop().")?,
            Running::Dbg => subject.number("pluto_bench:dbg_stop().")?,
            Running::Shell => subject.number("pluto_bench:format_stop().")?,
            Running::Pluto(session) => return Ok(session.stop()?.events),
        };
        Ok(counted.unsigned_abs())
    }
}
