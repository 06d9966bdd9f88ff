//! The call that brings the agent onto a node.

use crate::{BeamError, Slot};
use pluto_term::{DecodeError, Limits, Pid, Term, decode};

/// The janitor: abstract forms of `erl/janitor.txt`, as external-term bytes.
const JANITOR: &[u8] = include_bytes!("../compiled/janitor.etf");

/// How to start an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The process on our side that all messages go to. The agent undoes everything when it is gone.
    pub client: Pid,
    /// The name to try.
    pub slot: Slot,
    /// After this many milliseconds without [`crate::Command::Renew`] the agent undoes everything and ends.
    pub lease_ms: u32,
}

/// The parts that are built in cannot be used. Only a broken build does this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The agent's module.
    #[error(transparent)]
    Beam(#[from] BeamError),
    /// The janitor's forms.
    #[error("the embedded janitor cannot be read")]
    Janitor(#[from] DecodeError),
}

impl Start {
    /// The lease that the product uses.
    pub const LEASE_MS: u32 = 3000;

    /// The arguments for a `spawn_request` of `erl_eval:exprs/2`.
    pub fn call(&self) -> Result<(&'static str, &'static str, Vec<Term>), StartError> {
        let (forms, _) = decode(JANITOR, &Limits::default())?;
        let bind = |name: &str, value: Term| Term::tuple([Term::atom(name), value]);
        let options = Term::map([(Term::atom("lease_ms"), Term::int(self.lease_ms))]);
        // Sorted by name: erl_eval takes an ordered list.
        let bindings = Term::list([
            bind("Adopt", Term::atom("none")),
            bind("Beam", Term::binary(self.slot.beam()?)),
            bind("Client", Term::Pid(self.client.clone())),
            bind("Forms", forms.clone()),
            bind("Module", Term::atom(&self.slot.module())),
            bind("Options", options),
        ]);
        Ok(("erl_eval", "exprs", vec![forms, bindings]))
    }
}
