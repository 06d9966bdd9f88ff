//! `pluto clean`: what an unclean end of a tracing tool left on a node.

use super::surveying::{call_with, function_text, name, survey};
use crate::args::{CleanArgs, ReportFormat};
use crate::failure::Failure;
use crate::output;
use pluto_agent::Removal;
use std::io::Write;

/// Exit status where something is left.
const LEFT: u8 = 1;

/// Shows what was left behind, and removes it where that is asked for. Status 1 where something stays.
pub(crate) async fn run(args: CleanArgs) -> Result<u8, Failure> {
    let (connection, survey) = survey(&args.node.node, &args.node.connect).await?;
    let leftovers = survey.leftovers();
    let removed = if args.remove && !leftovers.is_empty() {
        let call = Removal::call(&leftovers)
            .map_err(|error| Failure::new(format!("the built-in removal is broken: {error}")))?;
        let result = call_with(&connection, call).await?;
        Removal::from_result(&result)
            .map_err(|error| Failure::new(format!("{}: {error}", name(&connection))))?
    } else {
        vec![false; leftovers.len()]
    };
    connection.close().await;
    let status = if removed.iter().all(|&removed| removed) { 0 } else { LEFT };
    let text = text(&args, name(&connection), &leftovers, &removed);
    output::result(status, &text, |out| match args.node.format {
        ReportFormat::Json => {
            let items: Vec<_> = leftovers
                .iter()
                .zip(&removed)
                .map(|(item, removed)| serde_json::json!({"what": what(item), "removed": removed}))
                .collect();
            writeln!(out, "{}", serde_json::json!({"node": name(&connection), "leftovers": items}))
        }
        ReportFormat::Text => writeln!(out, "{text}"),
    })
}

fn text(args: &CleanArgs, node: &str, leftovers: &[Removal], removed: &[bool]) -> String {
    let verb = |removed: bool| match (args.remove, removed) {
        (false, _) => "found",
        (true, true) => "removed",
        (true, false) => "could not remove",
    };
    let found = leftovers.iter().zip(removed);
    let mut lines: Vec<String> =
        found.map(|(item, &removed)| format!("{} {}", verb(removed), what(item))).collect();
    if leftovers.is_empty() {
        lines.push(format!("{node}: nothing was left behind"));
    } else if !args.remove {
        lines.push("--remove removes this".to_owned());
    }
    lines.join("\n")
}

fn what(item: &Removal) -> String {
    match item {
        Removal::Agent(slot) => format!("the module {} of an agent whose processes are gone", slot.module()),
        Removal::Pattern(function) => {
            format!("the trace pattern of {}, whose tracer is gone", function_text(function))
        }
        Removal::Messages(kind) => {
            format!("the trace pattern of {} events, whose tracer is gone", kind.as_str())
        }
        Removal::ControlWord => "the trace control word".to_owned(),
    }
}
