//! One call of a function, to see what its arguments look like before they are copied whole, and how large it is then.

use super::{NodePlan, PlannedFunction};
use crate::decode::{Decoded, Decoder, Keep, intern_function, intern_node};
use crate::pipeline::{Input, Queue};
use crate::probe::Probe;
use crate::redact::Redaction;
use crate::session::{Session, SessionError};
use pluto_agent::{Command, EventBatch, Mfa, Plan, Rate, Reply};
use pluto_dist::{Connection, Message};
use pluto_event::Tables;
use pluto_matchspec::{CompileError, Level, Risk, Sampling, risks};
use pluto_term::Limits;
use rustc_hash::FxHashMap;
use std::time::Duration;

/// How long one call of a function is waited for, and its return. A function that is not called meanwhile shows nothing.
pub(super) const WAIT: Duration = Duration::from_millis(500);

/// The same of a function that is known to be called.
pub(super) const WAIT_CALLED: Duration = Duration::from_secs(3);

/// What a call of each function took, its return included: bytes of events. Functions that were not called have none.
pub type Sizes = FxHashMap<Mfa, u64>;

/// A plan that lets one call of one function through.
#[derive(Clone, Debug)]
pub(super) struct Preview {
    plan: Plan,
    /// How many events one call makes.
    events: usize,
    planned: PlannedFunction,
}

/// A function that is likely to carry large terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeTerm {
    /// The function, as `module:name/arity`.
    pub function: String,
    /// What it was given, or is known to be given.
    pub risk: Risk,
}

impl NodePlan {
    /// A preview of a function of the plan at a level.
    pub(super) fn preview(&self, planned: &PlannedFunction, level: Level) -> Result<Preview, CompileError> {
        let patterns = super::patterns_of(&self.patterns, &planned.function);
        // A spec that takes credits, of which the agent gives one and no more.
        let sampling = Sampling::PerSecond(1);
        let probe = Probe { level, timing: false, sampling, ..self.probe.clone() };
        let planned = PlannedFunction::compile(&planned.function, &patterns, &probe, self.otp, &[])?;
        let plan = Plan {
            functions: vec![planned.spec()],
            flags: planned.compiled.process_flags.atoms(),
            rate: Rate::Once(1),
            ..self.to_agent()
        };
        let events = if level == Level::Calls { 1 } else { 2 };
        Ok(Preview { plan, events, planned })
    }
}

impl Preview {
    /// Looks at one call, with an agent of its own: the batches of its events, none where nobody called.
    pub(super) async fn look(
        &self,
        connection: &Connection,
        wait: Duration,
    ) -> Result<Vec<Message>, SessionError> {
        let Queue { input, mut inputs } = Queue::default();
        let mut session = Session::attach(connection.clone(), 0, input).await?;
        self.arm(&mut session).await?;
        let (mut batches, mut events) = (Vec::new(), 0);
        while events < self.events
            && let Ok(Some(input)) = tokio::time::timeout(wait, inputs.recv()).await
        {
            let Input::Batch(_, message) = input else { continue };
            events +=
                EventBatch::read(message.reader(&Limits::default())).ok().flatten().map_or(0, |b| b.len);
            batches.push(message);
        }
        session.command(|id| Command::Stop { id }).await?;
        session.wait_until_gone().await;
        Ok(batches)
    }

    /// Arms the preview.
    async fn arm(&self, session: &mut Session) -> Result<(), SessionError> {
        let plan = self.plan.clone();
        match session.command(|id| Command::Arm { id, plan }).await? {
            Reply::Armed(_) => Ok(()),
            _ => Err(SessionError::OutOfTurn),
        }
    }

    /// The first argument in a batch of events that may be large: a map, a list, or a tuple over a size.
    pub(super) fn large_term(&self, message: &Message) -> Option<LargeTerm> {
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
            let Mfa { function, arity, .. } = &self.planned.function;
            if let Some(risk) = risks(function, u32::from(*arity), &[], observed).into_iter().next() {
                return Some(LargeTerm { function: self.planned.function.to_string(), risk });
            }
        }
        None
    }
}

/// How many bytes the events of batches take.
pub(super) fn bytes_of(batches: &[Message]) -> u64 {
    let mut bytes = 0;
    for message in batches {
        let Ok(Some(mut batch)) = EventBatch::read(message.reader(&Limits::default())) else { continue };
        for _ in 0..batch.len {
            bytes += batch.events.skip_deep().map_or(0, <[u8]>::len);
        }
    }
    bytes as u64
}
