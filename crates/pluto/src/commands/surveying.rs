//! What `ping`, `list`, `clean`, `stop` and `adjust` share: asking a node what traces it.

use crate::args::ConnectArgs;
use crate::connect::connect;
use crate::failure::Failure;
use crate::output::{self, Colour};
use crate::values::NodeList;
use pluto_agent::{FoundAgent, Mfa, Survey};
use pluto_capture::target::{AskError, Refused};
use pluto_dist::{CallError, Connection};
use pluto_term::{Pid, PrintLimits, Syntax, Term};
use std::time::Duration;

/// How long a node may take to look at all of its processes and functions.
const SURVEY: Duration = Duration::from_secs(30);

/// Asks each of several nodes. One that cannot be asked is said, and the next one is asked all the same.
pub(crate) async fn each(
    nodes: &NodeList,
    colour: Colour,
    mut ask: impl AsyncFnMut(&str) -> Result<(), Failure>,
) -> Result<u8, Failure> {
    let mut failed: Option<Failure> = None;
    for node in &nodes.0 {
        if let Err(failure) = ask(node).await
            && let Some(before) = failed.replace(failure)
        {
            output::note(before.render(colour.err).trim_end());
        }
    }
    failed.map_or(Ok(0), Err)
}

/// Connects to a node and asks what traces it.
pub(crate) async fn survey(node: &str, args: &ConnectArgs) -> Result<(Connection, Survey), Failure> {
    let connection = connect(node, args).await?;
    let survey = survey_again(&connection).await?;
    Ok((connection, survey))
}

/// Asks a node what traces it.
pub(crate) async fn survey_again(connection: &Connection) -> Result<Survey, Failure> {
    let call =
        Survey::call().map_err(|error| Failure::new(format!("the built-in survey is broken: {error}")))?;
    let result = call_with(connection, call).await?;
    Survey::from_result(&result).map_err(|error| Failure::new(format!("{}: {error}", name(connection))))
}

/// Makes a call that the agent crate has prepared.
pub(crate) async fn call_with(
    connection: &Connection,
    (module, function, arguments): (&'static str, &'static str, Vec<Term>),
) -> Result<Term, Failure> {
    let failed = |error: CallError| Failure::new(format!("{}: {error}", name(connection)));
    connection.call(module, function, arguments, SURVEY).await.map_err(failed)
}

/// The full name of the node.
pub(crate) fn name(connection: &Connection) -> &str {
    connection.peer().name.as_str()
}

/// The traces of Pluto that have an owner: those that were asked for, or all.
pub(crate) fn running(survey: &Survey, session: Option<u8>) -> Vec<(&FoundAgent, &Pid)> {
    let wanted = |agent: &&FoundAgent| session.is_none_or(|session| agent.slot.number() == session);
    survey
        .agents
        .iter()
        .filter(wanted)
        .filter_map(|agent| agent.janitor.as_ref().map(|janitor| (agent, janitor)))
        .collect()
}

/// Says why the owner of a trace did not do what it was asked for.
pub(crate) fn unanswered(connection: &Connection, error: &AskError) -> Failure {
    let node = name(connection);
    let failure = Failure::new(format!("{node}: {error}"));
    match error {
        AskError::NoOwner | AskError::Ended | AskError::Silent => failure
            .hint("an agent without an owner undoes everything by itself within its lease; see `pluto list`"),
        AskError::Refused(Refused { agent: Some(reason), hint, .. }) => {
            let failure = super::capturing::refused_because(node, reason);
            match hint {
                Some(hint) => failure.hint(hint.as_str()),
                None => failure,
            }
        }
        AskError::Refused(Refused { hint: Some(hint), .. }) => failure.hint(hint.as_str()),
        _ => failure,
    }
}

/// A function as `module:name/arity`.
pub(crate) fn function_text(function: &Mfa) -> String {
    format!("{}:{}/{}", function.module.as_str(), function.function.as_str(), function.arity)
}

/// A term in Erlang's spelling.
pub(crate) fn term_text(term: &Term) -> String {
    term.display(Syntax::Erlang, &PrintLimits::default()).to_string()
}
