//! Changing what a running trace traces.

use super::{CheckError, NodePlan, Refused, ResolveError, patterns_of, planned, resolve};
use crate::pipeline::{ExpectedFunction, Told};
use crate::run::Unsettled;
use crate::session::{Session, SessionError};
use pluto_agent::Mfa;
use pluto_event::Nanos;
use pluto_matchspec::{CompileError, Level, Pattern, Requests};
use pluto_term::Term;

/// A change of a running trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adjustment {
    /// Patterns to trace too.
    pub add: Vec<String>,
    /// Patterns to trace no more.
    pub remove: Vec<String>,
    /// Whether to add also what would be refused for what it is likely to cost.
    pub force: bool,
}

/// Why a running trace was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdjustError {
    /// A pattern cannot be read; rendered with its place.
    #[error("{0}")]
    Pattern(String),
    /// A pattern to remove is not one of the trace's.
    #[error("{pattern} is none of the patterns that are traced")]
    NotTraced {
        /// As it was asked for.
        pattern: String,
        /// Those that are.
        traced: Vec<String>,
    },
    /// A pattern asks for what the trace does not keep.
    #[error("{0}: a running trace cannot begin to keep values or times; stop it, and start it again")]
    Fixed(String),
    /// A pattern cannot be traced on the node.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A pattern cannot be made into a match specification together with others of its functions.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// What was asked for is likely to cost too much.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The agent refused, or cannot be heard.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The agent refused when it had made a part of the change, and has undone everything.
    #[error("the agent refused half-way: {reason:?}")]
    Unsettled {
        /// The agent's reason.
        reason: Term,
        /// What became of the trace.
        became: Unsettled,
    },
}

impl AdjustError {
    /// What the asker is told.
    #[must_use]
    pub fn to_refused(&self) -> Refused {
        let hint = match self {
            AdjustError::Check(error) => error.hint().map(str::to_owned),
            AdjustError::Resolve(error) => error.hint(),
            AdjustError::NotTraced { traced, .. } => Some(traced_text(traced)),
            AdjustError::Unsettled { became: Unsettled::Restored, .. } => {
                Some("what was traced before is traced again, after a gap".to_owned())
            }
            AdjustError::Unsettled { became: Unsettled::Ended, .. } => {
                Some("what was traced before was refused as well, so the trace has ended".to_owned())
            }
            _ => None,
        };
        let agent = match self {
            AdjustError::Unsettled { reason, .. }
            | AdjustError::Session(SessionError::Refused(reason))
            | AdjustError::Check(CheckError::Session(SessionError::Refused(reason))) => Some(reason.clone()),
            _ => None,
        };
        Refused { why: self.to_string(), hint, agent }
    }
}

impl NodePlan {
    /// This plan with patterns added and removed. What is added has to pass the checks of a new trace.
    pub(crate) async fn adjusted(
        &self,
        session: &mut Session,
        adjustment: &Adjustment,
    ) -> Result<NodePlan, AdjustError> {
        let mut next = self.clone();
        for text in &adjustment.remove {
            let pattern = parse(text)?;
            let before = next.patterns.len();
            next.patterns.retain(|(known, _)| known.to_string() != pattern.to_string());
            if next.patterns.len() == before {
                return Err(AdjustError::NotTraced { pattern: text.clone(), traced: self.patterns() });
            }
        }
        let mut probe = self.probe.clone();
        probe.force = adjustment.force;
        for text in &adjustment.add {
            let pattern = parse(text)?;
            let Requests { returns, time } = pattern.requests;
            let timed = self.probe.timing || self.probe.level != Level::Calls;
            if (returns && self.probe.level == Level::Calls) || (time && !timed) {
                return Err(AdjustError::Fixed(text.clone()));
            }
            let resolved = resolve::functions(session.connection(), &probe, &pattern).await?;
            next.reduced.retain(|function| !resolved.functions.contains(function));
            next.patterns.push((pattern, resolved.functions));
            next.left_out.extend(resolved.left_out);
        }
        next.probe.patterns = next.patterns.iter().map(|(pattern, _)| pattern.clone()).collect();
        next.functions = planned(&next.patterns, &next.probe, next.otp)?;
        next.functions.retain(|planned| !next.reduced.contains(&planned.function));
        next.keep_learned(self);
        if !adjustment.add.is_empty() && !adjustment.force {
            let counts = next.count(session).await?;
            let running = Some((self, session.info()));
            let sizes = next.check_terms(session.connection(), &counts, running).await?;
            next.predict(counts, &sizes).check(&next.probe.limits)?;
        }
        Ok(next)
    }

    /// Takes over what was learned of functions that are traced as before.
    fn keep_learned(&mut self, before: &NodePlan) {
        for planned in &mut self.functions {
            let patterns = patterns_of(&self.patterns, &planned.function);
            if patterns == patterns_of(&before.patterns, &planned.function)
                && let Some(known) = before.functions.iter().find(|known| known.function == planned.function)
            {
                *planned = known.clone();
            }
        }
    }

    /// Takes out functions that the node traces no more.
    pub(crate) fn reduce(&mut self, functions: &[Mfa]) {
        self.functions.retain(|planned| !functions.contains(&planned.function));
        self.reduced.extend_from_slice(functions);
    }

    /// What is traced since a time.
    pub(crate) fn told_at(&self, time: Nanos) -> Told {
        let without = self.reduced.iter().map(ToString::to_string).collect();
        Told::Patterns { time, patterns: self.patterns(), without }
    }

    /// The patterns that are traced.
    fn patterns(&self) -> Vec<String> {
        self.probe.patterns.iter().map(ToString::to_string).collect()
    }

    /// What is traced, in words.
    pub(crate) fn summary(&self) -> String {
        let mut text = format!("now traced: {}", self.patterns().join(" "));
        for (why, functions) in [
            ("left out, as the VM takes '_' for every function", &self.left_out),
            ("not traced any more, as it was too much", &self.reduced),
        ] {
            if !functions.is_empty() {
                let names: Vec<String> = functions.iter().map(ToString::to_string).collect();
                text.push_str(&format!("; {why}: {}", names.join(" ")));
            }
        }
        text
    }

    /// What is expected of functions that the other plan does not trace, or traces otherwise.
    pub(crate) fn expected_besides(&self, other: &NodePlan) -> Vec<ExpectedFunction> {
        let same = |function: &Mfa| {
            other.traces(function)
                && patterns_of(&self.patterns, function) == patterns_of(&other.patterns, function)
        };
        let new = self.functions.iter().filter(|planned| !same(&planned.function));
        new.map(super::PlannedFunction::expected).collect()
    }

    /// What is expected of functions that the other plan does not trace at all.
    pub(crate) fn expected_only_here(&self, other: &NodePlan) -> Vec<ExpectedFunction> {
        let new = self.functions.iter().filter(|planned| !other.traces(&planned.function));
        new.map(super::PlannedFunction::expected).collect()
    }
}

/// Patterns that are named where one is asked for that is not among them.
const PATTERNS_NAMED: usize = 10;

fn traced_text(patterns: &[String]) -> String {
    let named: Vec<&str> = patterns.iter().take(PATTERNS_NAMED).map(String::as_str).collect();
    match patterns.len().saturating_sub(named.len()) {
        _ if named.is_empty() => "no function is traced".to_owned(),
        0 => format!("traced: {}", named.join(" ")),
        more => format!("traced: {} and {more} more", named.join(" ")),
    }
}

fn parse(text: &str) -> Result<Pattern, AdjustError> {
    pluto_matchspec::parse(text).map_err(|error| AdjustError::Pattern(error.render(text)))
}
