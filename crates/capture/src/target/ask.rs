//! What one client of a node asks of another, or of the other's agent: to change or to end its trace.

use super::Adjustment;
use crate::session::pass_on;
use pluto_agent::{Proof, StopRequest, Stopped};
use pluto_dist::{CallError, Connection, Delivery, Lost, Mailbox, MailboxLimits, SendError};
use pluto_term::{Limits, Pid, Term};
use std::time::Duration;

/// How long an answer may take: undoing a trace on a node with many processes takes seconds.
const ANSWER: Duration = Duration::from_secs(30);

/// Why the owner of a trace, or its agent, did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The trace has ended, or is ending.
    #[error("the trace has no owner any more")]
    NoOwner,
    /// The agent ended before there was an answer.
    #[error("the trace has ended before its owner answered")]
    Ended,
    /// The owner refused.
    #[error("{}", .0.why)]
    Refused(Refused),
    /// There was no answer, and the agent is still there.
    #[error("there was no answer within {} s", ANSWER.as_secs())]
    Silent,
    /// The answer was something else.
    #[error("the answer cannot be read")]
    Strange,
    /// The node could not be asked.
    #[error("the node could not be asked: {0}")]
    Call(#[from] CallError),
    /// The node took no message.
    #[error("cannot send to the node: {0}")]
    Send(#[from] SendError),
    /// The connection was lost.
    #[error("the connection to the node was lost")]
    Lost(Lost),
}

/// Why the owner of a trace does not change it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// In words.
    pub why: String,
    /// What can be done about it.
    pub hint: Option<String>,
    /// The reason of the agent, where it was the agent that refused.
    pub agent: Option<Term>,
}

/// Asks the owner of a trace, whose agent has this janitor, for something. The answer is the change in words.
///
/// # Errors
/// See [`AskError`].
pub async fn ask_owner(connection: &Connection, janitor: &Pid, asked: &Asked) -> Result<String, AskError> {
    let (me, mut mailbox) = watching(connection, janitor).await?;
    let owner = owner(connection, janitor).await?.ok_or(AskError::NoOwner)?;
    let message = Term::tuple([Term::atom("pluto_asked"), Term::Pid(me.clone()), asked.to_term()]);
    pass_on(connection, &me, &owner, message).await?;
    let answer = heard(&mut mailbox).await?.ok_or(AskError::Ended)?;
    match answer.as_tuple() {
        Some([name, answer]) if name.as_atom() == Some("pluto_answered") => read_answer(answer),
        _ => Err(AskError::Strange),
    }
}

/// Has the agent with this janitor undo everything and end, and waits until it is unloaded. Its owner need not be alive
/// to it. `None`: it was at its end already, and has given its proof to its owner, if to anybody.
///
/// # Errors
/// See [`AskError`].
pub async fn stop_agent(connection: &Connection, janitor: &Pid) -> Result<Option<Proof>, AskError> {
    let (me, mut mailbox) = watching(connection, janitor).await?;
    connection.send(janitor, &StopRequest { from: me, id: 1 }.to_term()).await?;
    let mut proof = None;
    while let Some(message) = heard(&mut mailbox).await? {
        proof = Some(Stopped::from_term(&message).map_err(|_| AskError::Strange)?.proof);
    }
    Ok(proof)
}

/// A process of ours that is told when the janitor ends, which is when the agent is unloaded.
async fn watching(connection: &Connection, janitor: &Pid) -> Result<(Pid, Mailbox), AskError> {
    let (me, mailbox) = connection.mailbox(MailboxLimits::default()).await.map_err(AskError::Lost)?;
    connection.monitor(&me, janitor).await?;
    Ok((me, mailbox))
}

/// The next message; `None` where the janitor has ended.
async fn heard(mailbox: &mut Mailbox) -> Result<Option<Term>, AskError> {
    match tokio::time::timeout(ANSWER, mailbox.recv()).await.map_err(|_elapsed| AskError::Silent)? {
        Some(Delivery::Message(message)) => {
            message.term(&Limits::default()).map(Some).map_err(|_| AskError::Strange)
        }
        Some(Delivery::Down { .. }) => Ok(None),
        Some(Delivery::ConnectionLost(why)) => Err(AskError::Lost(why)),
        _ => Err(AskError::Strange),
    }
}

/// The client of an agent: the process on another node that its janitor watches, besides us.
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

fn read_answer(answer: &Term) -> Result<String, AskError> {
    let text = |term: &Term| term.as_binary().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    match answer.as_tuple() {
        Some([name, summary]) if name.as_atom() == Some("adjusted") => text(summary).ok_or(AskError::Strange),
        Some([name, why, hint, agent]) if name.as_atom() == Some("refused") => {
            let agent = (agent.as_atom() != Some("none")).then(|| agent.clone());
            let why = text(why).ok_or(AskError::Strange)?;
            Err(AskError::Refused(Refused { why, hint: text(hint), agent }))
        }
        _ => Err(AskError::Strange),
    }
}

/// A request to the owner of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Trace other patterns.
    Adjust(Adjustment),
}

impl Asked {
    /// The request as it is sent.
    #[must_use]
    pub fn to_term(&self) -> Term {
        let texts = |texts: &[String]| Term::list(texts.iter().map(|text| Term::binary(text.as_str())));
        match self {
            Asked::Adjust(Adjustment { add, remove, force }) => Term::tuple([
                Term::atom("adjust"),
                texts(add),
                texts(remove),
                Term::atom(if *force { "true" } else { "false" }),
            ]),
        }
    }

    /// Reads a request; `None` for one that this version does not know.
    #[must_use]
    pub fn from_term(term: &Term) -> Option<Asked> {
        match term.as_tuple()? {
            [name, add, remove, force] if name.as_atom() == Some("adjust") => {
                let force = force.as_atom() == Some("true");
                Some(Asked::Adjust(Adjustment { add: texts(add)?, remove: texts(remove)?, force }))
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
pub fn refusal(refused: Refused) -> Term {
    let none = || Term::atom("none");
    let hint = refused.hint.map_or_else(none, |hint| Term::binary(hint.as_str()));
    let agent = refused.agent.unwrap_or_else(none);
    Term::tuple([Term::atom("refused"), Term::binary(refused.why.as_str()), hint, agent])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_read_back() {
        for force in [false, true] {
            let adjustment = Adjustment { add: vec!["a:b/1".into()], remove: vec![], force };
            let asked = Asked::Adjust(adjustment);
            assert_eq!(Asked::from_term(&asked.to_term()), Some(asked));
        }
        assert_eq!(Asked::from_term(&Term::atom("dance")), None);
    }

    #[test]
    fn refusals_read_back() {
        let whole = Refused {
            why: "no".to_owned(),
            hint: Some("yes".to_owned()),
            agent: Some(Term::tuple([Term::atom("not_now")])),
        };
        for refused in [whole.clone(), Refused { hint: None, agent: None, ..whole }] {
            match read_answer(&refusal(refused.clone())) {
                Err(AskError::Refused(read)) => assert_eq!(read, refused),
                other => panic!("{other:?}"),
            }
        }
    }
}
