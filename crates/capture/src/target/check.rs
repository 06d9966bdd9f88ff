//! What a trace is likely to cost, asked before it is armed or changed: large terms, and the rate of its events.

use super::preview::{Sizes, WAIT, WAIT_CALLED, bytes_of};
use super::resolve::{ResolveError, behaviours};
use super::{Counts, EVENT_BYTES_MAX, LargeTerm, NodePlan, PlannedFunction, Prediction, patterns_of};
use crate::probe::{CaptureLimits, Selection};
use crate::session::SessionError;
use pluto_agent::{Info, Mfa, SessionKind};
use pluto_dist::Connection;
use pluto_matchspec::{CompileError, Level, Pattern, risks};
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
    /// A function is called, and no call came by while it was looked at; as often as it is called, it may be too much.
    #[error("{function} is called {per_second:.0} times/s, and no call was seen in {} s that would tell its size",
        WAIT_CALLED.as_secs())]
    Unseen {
        /// The function, as `module:name/arity`.
        function: String,
        /// How often it was called while calls were counted.
        per_second: f64,
    },
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
            CheckError::Unseen { .. } => Some(
                "ask again when the node has time, or --level calls, which copies nothing large; --force goes on unseen",
            ),
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
    /// `counts` are their calls. `running` is the plan that is traced already, with its agent: its functions are not looked
    /// at again.
    ///
    /// # Errors
    /// Where a call had large arguments, or cannot be looked at.
    pub async fn check_terms(
        &self,
        connection: &Connection,
        counts: &Counts,
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
            match self.size(connection, planned, counts.per_second(&planned.function)).await? {
                Some(size) => _ = sizes.insert(planned.function.clone(), size),
                None => self.check_unseen(planned, counts)?,
            }
        }
        Ok(sizes)
    }

    /// What one call of a function takes; `None` where none came by.
    async fn size(
        &self,
        connection: &Connection,
        planned: &PlannedFunction,
        per_second: f64,
    ) -> Result<Option<u64>, CheckError> {
        // Calls that were counted may all be of other processes, or with other arguments.
        let is_called = per_second > 0.0 && self.sees_every_call(planned);
        let shapes = self.preview(planned, Level::Calls)?;
        let called = shapes.look(connection, if is_called { WAIT_CALLED } else { WAIT }).await?;
        if let Some(large) = called.iter().find_map(|message| shapes.large_term(message)) {
            return Err(CheckError::Large(large));
        }
        if called.is_empty() {
            return Ok(None);
        }
        let whole = self.preview(planned, self.probe.level)?.look(connection, WAIT_CALLED).await?;
        Ok((!whole.is_empty()).then(|| bytes_of(&whole)))
    }

    /// Refuses a function that was not seen and is called so often that it would be over the limit if each call took the
    /// most that a call may take.
    fn check_unseen(&self, planned: &PlannedFunction, counts: &Counts) -> Result<(), CheckError> {
        let per_second = counts.per_second(&planned.function);
        let most = self.sampled(per_second) * EVENT_BYTES_MAX as f64;
        match self.probe.limits.bytes_per_s {
            Some(max) if most > max as f64 && self.sees_every_call(planned) => {
                Err(CheckError::Unseen { function: planned.function.to_string(), per_second })
            }
            _ => Ok(()),
        }
    }

    /// Whether each call of a function that is counted is traced too.
    fn sees_every_call(&self, planned: &PlannedFunction) -> bool {
        let patterns = patterns_of(&self.patterns, &planned.function);
        let takes_all = |pattern: &&Pattern| pattern.arguments.is_none() && pattern.condition.is_none();
        self.probe.processes == Selection::All && patterns.iter().any(takes_all)
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
