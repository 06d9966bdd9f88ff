//! One event of each function before whole terms are asked for: the VM copies them without a bound, so what they look
//! like is seen first.

use super::refused;
use crate::failure::Failure;
use pluto_capture::pipeline::{Input, Queue};
use pluto_capture::session::Session;
use pluto_capture::target::{LargeTerm, NodePlan};
use pluto_dist::Connection;
use std::time::Duration;

/// How long one call of a function is waited for. A function that is not called meanwhile shows nothing.
const WAIT: Duration = Duration::from_millis(300);

/// Functions that are looked at; more than that are traced by force only.
const FUNCTIONS_MAX: usize = 20;

/// Arms one event of each function, with shapes only, and refuses functions that are given large terms.
pub(super) async fn refuse_large_terms(
    connection: &Connection,
    plan: &NodePlan,
    node: &str,
) -> Result<(), Failure> {
    let previews = plan.previews().map_err(|error| Failure::new(format!("{node}: {error}")))?;
    let hint = "--level calls shows shapes safely; --force copies the terms whole";
    if previews.len() > FUNCTIONS_MAX {
        let count = previews.len();
        let text = format!(
            "{node}: {count} functions at a level that copies whole terms, more than {FUNCTIONS_MAX}"
        );
        return Err(Failure::new(text).hint(hint));
    }
    for preview in previews {
        let Queue { input, mut inputs } = Queue::default();
        let mut session =
            Session::attach(connection.clone(), 0, input).await.map_err(|error| refused(node, &error))?;
        preview.arm(&mut session).await.map_err(|error| refused(node, &error))?;
        let large = match tokio::time::timeout(WAIT, inputs.recv()).await {
            Ok(Some(Input::Batch(_, message))) => preview.large_term(&message),
            _ => None,
        };
        let stop = |id| pluto_agent::Command::Stop { id };
        session.command(stop).await.map_err(|error| refused(node, &error))?;
        session.wait_until_gone().await;
        if let Some(LargeTerm { function, risk }) = large {
            let text = format!("{node}: {function} is likely to carry large terms: {risk}");
            return Err(Failure::new(text).hint(hint));
        }
    }
    Ok(())
}
