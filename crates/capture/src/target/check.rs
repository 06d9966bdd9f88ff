//! What a trace is likely to cost, asked before it is armed or changed: large terms, and the rate of its events.

use super::preview::{Sizes, WAIT, WAIT_CALLED, bytes_of};
use super::resolve::{ResolveError, behaviours};
use super::{LargeTerm, NodePlan, PlannedFunction, Prediction};
use crate::probe::CaptureLimits;
use crate::session::SessionError;
use pluto_agent::{Info, Mfa, SessionKind};
use pluto_dist::Connection;
use pluto_matchspec::{CompileError, Level, risks};
use pluto_term::Atom;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// Functions that are looked at; more than that are traced by force only.
const PREVIEWS_MAX: usize = 20;

/// Why a trace is not armed or changed unless it is forced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A function cannot be looked at with shapes only.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The node could not be asked what the functions are for.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The agent refuses to look, or cannot be heard.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// More functions than one looks at.
    #[error("{count} functions at a level that copies whole terms, more than {max}")]
    TooManyPreviews {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// Before OTP 27 there is one tracer at a time, and it is the trace that is to be changed.
    #[error("terms cannot be looked at before they are copied whole while a trace runs on this release")]
    NoPreview,
    /// A call had a large argument, or the function is one that is given large terms.
    #[error("{} is likely to carry large terms: {}", .0.function, .0.risk)]
    Large(LargeTerm),
    /// Too many events are to be expected.
    #[error("predicted {predicted:.0} events/s, over the limit of {max}")]
    EventsOver {
        /// Events a second.
        predicted: f64,
        /// The limit.
        max: u64,
    },
    /// Too many bytes are to be expected.
    #[error("predicted {predicted:.0} bytes/s, over the limit of {max}")]
    BytesOver {
        /// Bytes a second.
        predicted: f64,
        /// The limit.
        max: u64,
    },
    /// Too much of a core of the node is to be expected.
    #[error("predicted {:.1} % of a core, over the limit of {} %", predicted * 100.0, max * 100.0)]
    CpuOver {
        /// The share of a core.
        predicted: f64,
        /// The limit.
        max: f64,
    },
}

impl CheckError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            CheckError::TooManyPreviews { .. } | CheckError::Large(_) | CheckError::NoPreview => {
                Some("--level calls shows shapes safely; --force copies the terms whole")
            }
            CheckError::EventsOver { .. } | CheckError::BytesOver { .. } | CheckError::CpuOver { .. } => {
                Some(
                    "narrow the pattern, sample with --rate 1/100 or --rate 500/s, raise the limit, or use --force",
                )
            }
            CheckError::Compile(_) | CheckError::Resolve(_) | CheckError::Session(_) => None,
        }
    }
}

impl CheckError {
    /// Whether it says that the trace would be too much; otherwise it could not be looked at.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.hint().is_some()
    }
}

impl Prediction {
    /// Whether what is predicted is within the limits.
    ///
    /// # Errors
    /// Where it is not.
    pub fn check(&self, limits: &CaptureLimits) -> Result<(), CheckError> {
        if let Some(max) = limits.events_per_s
            && self.events_per_s > max as f64
        {
            return Err(CheckError::EventsOver { predicted: self.events_per_s, max });
        }
        if let (Some(predicted), Some(max)) = (self.bytes_per_s, limits.bytes_per_s)
            && predicted > max as f64
        {
            return Err(CheckError::BytesOver { predicted, max });
        }
        match limits.cpu {
            Some(max) if self.node_cpu > max => Err(CheckError::CpuOver { predicted: self.node_cpu, max }),
            _ => Ok(()),
        }
    }
}

impl NodePlan {
    /// At a level that copies whole terms, refuses functions that are known to be given large ones, looks at one call of
    /// each other one with shapes only, and where these are small, at another one as it will be copied, for its size.
    /// `running` is the plan that is traced already, with its agent: its functions are not looked at again.
    ///
    /// # Errors
    /// Where a call had large arguments, or cannot be looked at.
    pub async fn check_terms(
        &self,
        connection: &Connection,
        running: Option<(&NodePlan, &Info)>,
    ) -> Result<Sizes, CheckError> {
        let mut sizes = Sizes::default();
        if self.probe.level == Level::Calls {
            return Ok(sizes);
        }
        let known = |function| running.is_some_and(|(plan, _)| plan.traces(function));
        let functions: Vec<_> = self.functions().filter(|planned| !known(&planned.function)).collect();
        if let Some(large) = known_to_be_large(connection, &functions).await? {
            return Err(CheckError::Large(large));
        }
        if functions.len() > PREVIEWS_MAX {
            return Err(CheckError::TooManyPreviews { count: functions.len(), max: PREVIEWS_MAX });
        }
        if !functions.is_empty() && running.is_some_and(|(_, agent)| agent.session == SessionKind::Legacy) {
            return Err(CheckError::NoPreview);
        }
        for planned in functions {
            let shapes = self.preview(planned, Level::Calls)?;
            let called = shapes.look(connection, WAIT).await?;
            if let Some(large) = called.iter().find_map(|message| shapes.large_term(message)) {
                return Err(CheckError::Large(large));
            }
            if !called.is_empty() {
                let whole = self.preview(planned, self.probe.level)?;
                let whole = whole.look(connection, WAIT_CALLED).await?;
                if !whole.is_empty() {
                    sizes.insert(planned.function.clone(), bytes_of(&whole));
                }
            }
        }
        Ok(sizes)
    }

    pub(super) fn traces(&self, function: &Mfa) -> bool {
        self.functions.iter().any(|planned| planned.function == *function)
    }
}

/// The first function that is given large terms by what it is for, such as the state of a server.
async fn known_to_be_large(
    connection: &Connection,
    functions: &[&PlannedFunction],
) -> Result<Option<LargeTerm>, ResolveError> {
    let mut by_module: FxHashMap<&Atom, Vec<Atom>> = FxHashMap::default();
    for planned in functions {
        let Mfa { module, function, arity } = &planned.function;
        let behaviours = match by_module.entry(module) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(behaviours(connection, module).await?),
        };
        if let Some(risk) = risks(function, u32::from(*arity), behaviours, []).into_iter().next() {
            return Ok(Some(LargeTerm { function: planned.function.to_string(), risk }));
        }
    }
    Ok(None)
}
