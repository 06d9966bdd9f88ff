//! `pluto stop`: ends Pluto's traces on a node, whoever runs them.

use super::surveying::{name, running, survey, survey_again, unanswered};
use crate::args::{ReportFormat, StopArgs};
use crate::failure::Failure;
use crate::output;
use pluto_capture::target::{Answer, Asked, ask_owner};
use std::io::Write;
use std::time::{Duration, Instant};

/// How long an agent may take to unload itself after it has undone everything.
const UNLOAD: Duration = Duration::from_secs(10);

/// Asks the owner of each trace to stop, and looks at the node again. Status 1 where something is left.
pub(crate) async fn run(args: StopArgs) -> Result<u8, Failure> {
    let (connection, before) = survey(&args.node.node, &args.node.connect).await?;
    let traces = running(&before, args.session);
    let mut left = 0;
    for (_, janitor) in &traces {
        match ask_owner(&connection, janitor, &Asked::Stop).await {
            Ok(Answer::Stopped { left: more }) => left += more,
            Ok(Answer::Adjusted { .. }) => {
                return Err(Failure::new("the owner of the trace answered out of turn"));
            }
            Err(error) => return Err(unanswered(&connection, &error)),
        }
    }
    let deadline = Instant::now() + UNLOAD;
    let still = loop {
        let after = survey_again(&connection).await?;
        let still = running(&after, args.session).len();
        if still == 0 || Instant::now() > deadline {
            break still;
        }
    };
    connection.close().await;
    let (node, stopped) = (name(&connection), traces.len());
    let text = match (stopped, left, still) {
        (0, ..) => format!("{node}: no trace of Pluto is running"),
        (_, 0, 0) => format!(
            "{node}: {stopped} stopped; everything that was set was read back and is undone, the agent is unloaded"
        ),
        _ => format!("{node}: {stopped} stopped, {left} things left behind, {still} agents still there"),
    };
    output::result(u8::from(left > 0 || still > 0), &text, |out| match args.node.format {
        ReportFormat::Json => {
            let json =
                serde_json::json!({"node": node, "stopped": stopped, "left": left, "still_running": still});
            writeln!(out, "{json}")
        }
        ReportFormat::Text => writeln!(out, "{text}"),
    })
}
