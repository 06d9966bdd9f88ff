//! What one client of a node asks of another: to stop or to change its trace.

use crate::session::pass_on;
use pluto_dist::{CallError, Connection, Delivery, Lost, MailboxLimits};
use pluto_term::{Limits, Pid, Term};
use std::time::Duration;

/// How long the owner of a trace may take: undoing a trace on a node with many processes takes seconds.
const ANSWER: Duration = Duration::from_secs(30);

/// Why the owner of a trace did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The trace has ended, or is ending.
    #[error("the trace has no owner any more")]
    NoOwner,
    /// The owner refused.
    #[error("{0}")]
    Refused(String),
    /// The owner did not answer.
    #[error("the owner of the trace did not answer within {} s", ANSWER.as_secs())]
    Silent,
    /// The owner answered something else.
    #[error("the owner of the trace answered out of turn")]
    Strange,
    /// The node could not be asked.
    #[error("the node could not be asked: {0}")]
    Call(#[from] CallError),
    /// The connection was lost.
    #[error("the connection to the node was lost")]
    Lost(Lost),
}

/// What the owner of a trace did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It stopped; so many things differ from before.
    Stopped {
        /// How many things are left behind.
        left: u64,
    },
    /// It changed the trace.
    Adjusted {
        /// The change in words.
        summary: String,
    },
}

/// Asks the owner of a trace, whose agent has this janitor, for something.
///
/// # Errors
/// See [`AskError`].
pub async fn ask_owner(connection: &Connection, janitor: &Pid, asked: &Asked) -> Result<Answer, AskError> {
    let owner = owner(connection, janitor).await?.ok_or(AskError::NoOwner)?;
    let (me, mut mailbox) = connection.mailbox(MailboxLimits::default()).await.map_err(AskError::Lost)?;
    let message = Term::tuple([Term::atom("pluto_asked"), Term::Pid(me.clone()), asked.to_term()]);
    pass_on(connection, &me, &owner, message).await?;
    let delivery = tokio::time::timeout(ANSWER, mailbox.recv()).await.map_err(|_elapsed| AskError::Silent)?;
    let message = match delivery {
        Some(Delivery::Message(message)) => {
            message.term(&Limits::default()).map_err(|_| AskError::Strange)?
        }
        Some(Delivery::ConnectionLost(why)) => return Err(AskError::Lost(why)),
        _ => return Err(AskError::Strange),
    };
    match message.as_tuple() {
        Some([name, answer]) if name.as_atom() == Some("pluto_answered") => read_answer(answer),
        _ => Err(AskError::Strange),
    }
}

/// The client of an agent: the process on another node that its janitor watches.
async fn owner(connection: &Connection, janitor: &Pid) -> Result<Option<Pid>, AskError> {
    let arguments = vec![Term::Pid(janitor.clone()), Term::atom("monitors")];
    let answer = connection.call("erlang", "process_info", arguments, ANSWER).await?;
    let Some([_, monitors]) = answer.as_tuple() else { return Ok(None) };
    let here = &janitor.node;
    Ok(monitors.as_list().unwrap_or_default().iter().find_map(|monitor| match monitor.as_tuple()? {
        [_, Term::Pid(pid)] if pid.node != *here => Some(pid.clone()),
        _ => None,
    }))
}

fn read_answer(answer: &Term) -> Result<Answer, AskError> {
    let text = |term: &Term| term.as_binary().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    match answer.as_tuple() {
        Some([name, value]) => match (name.as_atom(), value) {
            (Some("stopped"), left) => {
                let left = left.as_int().and_then(|n| u64::try_from(n).ok()).ok_or(AskError::Strange)?;
                Ok(Answer::Stopped { left })
            }
            (Some("adjusted"), summary) => {
                Ok(Answer::Adjusted { summary: text(summary).ok_or(AskError::Strange)? })
            }
            (Some("refused"), why) => Err(AskError::Refused(text(why).ok_or(AskError::Strange)?)),
            _ => Err(AskError::Strange),
        },
        _ => Err(AskError::Strange),
    }
}

/// A request to the owner of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Undo everything and end.
    Stop,
    /// Trace other patterns.
    Adjust {
        /// Patterns to trace too.
        add: Vec<String>,
        /// Patterns to trace no more.
        remove: Vec<String>,
    },
}

impl Asked {
    /// The request as it is sent.
    #[must_use]
    pub fn to_term(&self) -> Term {
        let texts = |texts: &[String]| Term::list(texts.iter().map(|text| Term::binary(text.as_str())));
        match self {
            Asked::Stop => Term::atom("stop"),
            Asked::Adjust { add, remove } => Term::tuple([Term::atom("adjust"), texts(add), texts(remove)]),
        }
    }

    /// Reads a request; `None` for one that this version does not know.
    #[must_use]
    pub fn from_term(term: &Term) -> Option<Asked> {
        if term.as_atom() == Some("stop") {
            return Some(Asked::Stop);
        }
        match term.as_tuple()? {
            [name, add, remove] if name.as_atom() == Some("adjust") => {
                Some(Asked::Adjust { add: texts(add)?, remove: texts(remove)? })
            }
            _ => None,
        }
    }
}

fn texts(list: &Term) -> Option<Vec<String>> {
    list.as_list()?.iter().map(|text| String::from_utf8(text.as_binary()?.to_vec()).ok()).collect()
}

/// The answer to a request that is not done.
#[must_use]
pub fn refusal(why: &str) -> Term {
    Term::tuple([Term::atom("refused"), Term::binary(why)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_read_back() {
        let adjust = Asked::Adjust { add: vec!["a:b/1".into()], remove: vec![] };
        for asked in [Asked::Stop, adjust] {
            assert_eq!(Asked::from_term(&asked.to_term()), Some(asked));
        }
        assert_eq!(Asked::from_term(&Term::atom("dance")), None);
    }
}
