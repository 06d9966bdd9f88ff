//! The ways of tracing that are compared, and switching one of them on and off.

use tempfile::TempDir;

use crate::error::{Doing as _, Result};
use crate::pluto::{Level, Pluto, Session};
use crate::subject::Subject;

/// Which events a tracer of OTP's own is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Events {
    /// Calls with their arguments.
    Calls,
    /// Calls with their first argument alone, which a match spec picks.
    FirstArgument,
    /// Calls, and the return to the caller.
    ReturnTo,
    /// Calls, and the value returned.
    ReturnTrace,
}

impl Events {
    /// How many events one call makes.
    pub(crate) fn per_call(self) -> u64 {
        match self {
            Events::Calls | Events::FirstArgument => 1,
            Events::ReturnTo | Events::ReturnTrace => 2,
        }
    }

    fn flags(self) -> &'static str {
        match self {
            Events::Calls | Events::ReturnTrace => "[call, monotonic_timestamp]",
            Events::FirstArgument => "[call, arity, monotonic_timestamp]",
            Events::ReturnTo => "[call, return_to, monotonic_timestamp]",
        }
    }

    fn spec(self) -> &'static str {
        match self {
            Events::Calls | Events::ReturnTo => "[]",
            Events::FirstArgument => "first_argument",
            Events::ReturnTrace => "[{'_', [], [{return_trace}]}]",
        }
    }
}

/// What `dbg` does with each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handler {
    /// A handler that counts, and keeps nothing.
    Counting,
    /// `dbg:trace_port(file, …)`: the events are written to disk, as Pluto's are.
    File,
    /// The handler that `dbg:tracer()` has, here into the null device.
    Printing,
}

/// A way of tracing the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracer {
    Untraced,
    /// `erlang:trace` with an off-heap sink that counts.
    Bare(Events),
    /// OTP's `dbg`.
    Dbg(Handler, Events),
    /// A process on the node that formats and prints each call and return, as tracers in a shell do.
    Shell,
    Pluto(Level),
}

/// A tracer that is on.
pub(crate) enum Running {
    Nothing,
    Bare,
    Dbg,
    /// With the folder of the file that it writes.
    DbgFile(TempDir),
    Shell,
    Pluto(Session),
}

impl Tracer {
    /// How many events one call makes.
    pub(crate) fn events_per_call(self) -> u64 {
        match self {
            Tracer::Untraced => 0,
            Tracer::Bare(events) | Tracer::Dbg(_, events) => events.per_call(),
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
            Tracer::Dbg(handler, events) => return start_dbg(handler, events, subject),
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

fn start_dbg(handler: Handler, events: Events, subject: &mut Subject) -> Result<Running> {
    let (handler, running) = match handler {
        Handler::Counting => ("counting".to_owned(), Running::Dbg),
        Handler::Printing => ("printing".to_owned(), Running::Dbg),
        Handler::File => {
            let folder = tempfile::tempdir().doing(|| "make a temporary folder".to_owned())?;
            (format!("{{file, \"{}\"}}", folder.path().join("trace").display()), Running::DbgFile(folder))
        }
    };
    subject.run(&format!("pluto_bench:dbg_start({handler}, {}, {}).", events.flags(), events.spec()));
    Ok(running)
}

impl Running {
    /// Switches it off and gives the number of events that it saw.
    pub(crate) fn stop(self, subject: &mut Subject) -> Result<u64> {
        let counted = match self {
            Running::Nothing => 0,
            Running::Bare => subject.number("pluto_bench:bare_stop().")?,
            Running::Dbg => subject.number("pluto_bench:dbg_stop().")?,
            // The file is read before its folder goes.
            Running::DbgFile(_folder) => subject.number("pluto_bench:dbg_stop().")?,
            Running::Shell => subject.number("pluto_bench:format_stop().")?,
            Running::Pluto(session) => return Ok(session.stop()?.events),
        };
        Ok(counted.unsigned_abs())
    }
}
