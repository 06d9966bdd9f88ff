//! How a client that has not started an agent ends it.

use crate::message::proof;
use crate::{MessageError, Proof};
use pluto_term::{Pid, Term};

/// To the janitor of an agent: undo everything and end. The agent's own client is told, and need not be alive to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopRequest {
    /// Who asks; [`Stopped`] goes there.
    pub from: Pid,
    /// Comes back in the answer.
    pub id: u32,
}

/// The answer to [`StopRequest`]. An agent that is at its end already does not answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Stopped {
    /// That of the request.
    pub id: u32,
    /// Everything that was set, read back.
    pub proof: Proof,
}

impl StopRequest {
    /// The message.
    pub fn to_term(&self) -> Term {
        Term::tuple([Term::atom("pluto_stop"), Term::Pid(self.from.clone()), Term::int(self.id)])
    }
}

impl Stopped {
    /// Reads the message.
    pub fn from_term(term: &Term) -> Result<Stopped, MessageError> {
        let read = || match term.as_tuple()? {
            [name, id, map] if name.as_atom() == Some("pluto_stopped") => {
                Some(Stopped { id: u32::try_from(id.as_int()?).ok()?, proof: proof(map)? })
            }
            _ => None,
        };
        read().ok_or(MessageError::Unexpected { part: "pluto_stopped" })
    }
}
