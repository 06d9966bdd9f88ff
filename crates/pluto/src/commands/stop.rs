//! `pluto stop`: ends Pluto's traces on a node, whoever runs them.

use super::surveying::{name, running, survey, survey_again, unanswered};
use crate::args::{ReportFormat, StopArgs};
use crate::failure::Failure;
use crate::output;
use pluto_capture::target::stop_agent;
use pluto_timeline::count;
use std::io::Write;

/// Has each agent undo everything and end, whether its owner is alive to it or not, and looks at the node again. Status 1
/// where something is left.
pub(crate) async fn run(args: StopArgs) -> Result<u8, Failure> {
    let (connection, before) = survey(&args.node.node, &args.node.connect).await?;
    let traces = running(&before, args.session);
    let (mut left, mut ended) = (0, 0);
    for (_, janitor) in &traces {
        match stop_agent(&connection, janitor).await {
            Ok(Some(proof)) => left += proof.left_count,
            // It has given its proof to its owner. What it would have left can be seen by anybody.
            Ok(None) => ended += 1,
            Err(error) => return Err(unanswered(&connection, &error)),
        }
    }
    let after = survey_again(&connection).await?;
    let still = running(&after, args.session).len();
    if ended > 0 {
        left += after.leftovers().len() as u64;
    }
    connection.close().await;
    let (node, stopped) = (name(&connection), traces.len() - ended);
    let text = match (traces.len(), left, still) {
        (0, ..) => format!("{node}: no trace of Pluto is running"),
        (_, 0, 0) if ended > 0 => {
            format!("{node}: {stopped} stopped, {ended} had ended before; nothing is left behind")
        }
        (_, 0, 0) => format!(
            "{node}: {stopped} stopped; everything that was set was read back and is undone, the agent is unloaded"
        ),
        _ => format!(
            "{node}: {stopped} stopped, {} left behind, {} still there",
            count(left, "thing"),
            count(still as u64, "agent")
        ),
    };
    output::result(u8::from(left > 0 || still > 0), &text, |out| match args.node.format {
        ReportFormat::Json => {
            let json = serde_json::json!({
                "node": node, "stopped": stopped, "ended_before": ended, "left": left, "still_running": still,
            });
            writeln!(out, "{json}")
        }
        ReportFormat::Text => writeln!(out, "{text}"),
    })
}
