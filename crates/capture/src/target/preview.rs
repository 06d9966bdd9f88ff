//! One call of a function, to see what its arguments look like before they are copied whole.

use super::{NodePlan, PlannedFunction};
use crate::decode::{Decoded, Decoder, Keep, intern_function, intern_node};
use crate::redact::Redaction;
use crate::session::{Session, SessionError};
use pluto_agent::{Command, EventBatch, FunctionSpec, Mfa, Plan, Rate, Reply};
use pluto_dist::Message;
use pluto_event::Tables;
use pluto_matchspec::{CompileError, Level, Pattern, Risk, Sampling, Timing, risks};
use pluto_term::Limits;

/// A plan that lets one call of one function through, with shapes only.
#[derive(Clone, Debug)]
pub struct Preview {
    plan: Plan,
    planned: PlannedFunction,
}

/// An argument that may be large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeTerm {
    /// The function, as `module:name/arity`.
    pub function: String,
    /// What it was given.
    pub risk: Risk,
}

impl NodePlan {
    /// A preview of each function of the plan.
    ///
    /// # Errors
    /// Where a function cannot be traced with shapes only.
    pub fn previews(&self) -> Result<Vec<Preview>, CompileError> {
        let mut previews = Vec::new();
        for planned in self.functions() {
            let Some(pattern) = self.pattern_of(planned) else { continue };
            let arity = u32::from(planned.function.arity);
            // Specs that take credits, of which the agent gives one and no more.
            let sampling = Sampling::PerSecond(1);
            let compiled =
                pluto_matchspec::compile(pattern, arity, Level::Calls, Timing::Off, self.otp(), sampling)?;
            let spec =
                FunctionSpec { function: planned.function.clone(), match_spec: compiled.match_spec.clone() };
            let plan = Plan {
                functions: vec![spec],
                flags: compiled.process_flags.atoms(),
                rate: Rate::Once(1),
                ..self.to_agent()
            };
            previews.push(Preview {
                plan,
                planned: PlannedFunction { function: planned.function.clone(), compiled },
            });
        }
        Ok(previews)
    }

    fn pattern_of(&self, planned: &PlannedFunction) -> Option<&Pattern> {
        let has = |functions: &[PlannedFunction]| functions.iter().any(|f| f.function == planned.function);
        self.functions.iter().find(|(_, functions)| has(functions)).map(|(pattern, _)| pattern)
    }
}

impl Preview {
    /// Arms the preview.
    ///
    /// # Errors
    /// Where the agent refuses, or cannot be heard.
    pub async fn arm(&self, session: &mut Session) -> Result<(), SessionError> {
        let plan = self.plan.clone();
        match session.command(|id| Command::Arm { id, plan }).await? {
            Reply::Armed(_) => Ok(()),
            _ => Err(SessionError::OutOfTurn),
        }
    }

    /// The first argument in a batch of events that may be large: a map, a list, or a tuple over a size.
    #[must_use]
    pub fn large_term(&self, message: &Message) -> Option<LargeTerm> {
        let mut tables = Tables::new();
        let node = intern_node(&mut tables, "preview", 0);
        let mut decoder = Decoder::new(node, 0, Keep::Shape, None, Redaction::Keep);
        let expected = self.planned.expected();
        let function = intern_function(&mut tables, &expected.module, &expected.name, expected.arity);
        decoder.expect(function, expected.projection);
        let batch = EventBatch::read(message.reader(&Limits::default())).ok()??;
        let mut reader = batch.events;
        for _ in 0..batch.len {
            let Ok(Decoded::Event(event)) = decoder.message(&mut reader, &mut tables) else { continue };
            let observed = [event.what.payload().bytes];
            let Mfa { module, function, arity } = &self.planned.function;
            if let Some(risk) = risks(function, u32::from(*arity), &[], observed).into_iter().next() {
                let function = format!("{}:{}/{arity}", module.as_str(), function.as_str());
                return Some(LargeTerm { function, risk });
            }
        }
        None
    }
}
