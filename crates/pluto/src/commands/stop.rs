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
    let mut out = output::standard();
    let node = name(&connection);
    match args.node.format {
        ReportFormat::Json => writeln!(
            out,
            "{}",
            serde_json::json!({"node": node, "stopped": traces.len(), "left": left, "still_running": still})
        )?,
        ReportFormat::Text if traces.is_empty() => writeln!(out, "{node}: no trace of Pluto is running")?,
        ReportFormat::Text if left == 0 && still == 0 => writeln!(
            out,
            "{node}: {} stopped; everything that was set was read back and is undone, the agent is unloaded",
            traces.len()
        )?,
        ReportFormat::Text => {
            writeln!(
                out,
                "{node}: {} stopped, {left} things left behind, {still} agents still there",
                traces.len()
            )?;
        }
    }
    out.flush()?;
    Ok(u8::from(left > 0 || still > 0))
}
