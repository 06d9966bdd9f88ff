//! The registered names of the processes that exist: people think in names, and a trace has pids.

use super::resolve::{LOOKUP, ResolveError};
use pluto_agent::RegisteredNames;
use pluto_dist::Connection;

/// Asks a node for the names of its processes.
///
/// # Errors
/// Where the node cannot be asked, or its answer cannot be read.
pub async fn registered_names(connection: &Connection) -> Result<RegisteredNames, ResolveError> {
    let strange = ResolveError::Strange { what: "its registered names" };
    let Ok((module, function, arguments)) = RegisteredNames::call() else { return Err(strange) };
    let answer = connection.call(module, function, arguments, LOOKUP).await?;
    RegisteredNames::from_result(&answer).map_err(|_| strange)
}
