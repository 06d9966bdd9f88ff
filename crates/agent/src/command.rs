//! What the client tells the guardian.

use crate::plan::specs_to_term;
use crate::{FunctionSpec, Mfa, Plan};
use pluto_term::Term;

/// A message to the guardian. All but [`Command::Renew`] are answered by [`crate::Message::Reply`] with the same id.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Extends the lease.
    Renew,
    /// Sets a plan.
    Arm {
        /// Comes back in the reply.
        id: u32,
        /// What to set.
        plan: Plan,
    },
    /// Changes from the armed plan to this one.
    Adjust {
        /// Comes back in the reply.
        id: u32,
        /// What is to be set afterwards.
        plan: Plan,
    },
    /// Gives functions of the armed plan other match specifications. Answered like [`Command::Arm`].
    Specs {
        /// Comes back in the reply.
        id: u32,
        /// The functions.
        functions: Vec<FunctionSpec>,
    },
    /// Counts calls for a time, without events.
    Count {
        /// Comes back in the reply.
        id: u32,
        /// The functions.
        functions: Vec<Mfa>,
        /// For how long; at most 10,000.
        milliseconds: u32,
    },
    /// Asks for the registered names that this was not told before, at most 4,096.
    Names {
        /// Comes back in the reply.
        id: u32,
    },
    /// Asks how the agent is.
    Status {
        /// Comes back in the reply.
        id: u32,
    },
    /// Undoes everything and ends the agent.
    Stop {
        /// Comes back in the reply.
        id: u32,
    },
}

impl Command {
    /// The message.
    pub fn to_term(&self) -> Term {
        let with_id = |id: u32, request| Term::tuple([Term::atom("pluto"), Term::int(id), request]);
        match self {
            Command::Renew => Term::tuple([Term::atom("pluto"), Term::atom("renew")]),
            Command::Arm { id, plan } => with_id(*id, Term::tuple([Term::atom("arm"), plan.to_term()])),
            Command::Adjust { id, plan } => with_id(*id, Term::tuple([Term::atom("adjust"), plan.to_term()])),
            Command::Specs { id, functions } => {
                with_id(*id, Term::tuple([Term::atom("specs"), specs_to_term(functions)]))
            }
            Command::Count { id, functions, milliseconds } => {
                let functions = Term::list(functions.iter().map(Mfa::to_term));
                with_id(*id, Term::tuple([Term::atom("count"), functions, Term::int(*milliseconds)]))
            }
            Command::Names { id } => with_id(*id, Term::tuple([Term::atom("names")])),
            Command::Status { id } => with_id(*id, Term::tuple([Term::atom("status")])),
            Command::Stop { id } => with_id(*id, Term::atom("stop")),
        }
    }
}
