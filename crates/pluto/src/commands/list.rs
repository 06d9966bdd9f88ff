//! `pluto list`: what traces nodes.

use super::surveying::{each, function_text, name, survey, term_text};
use crate::args::{ReportFormat, SeveralArgs};
use crate::failure::Failure;
use crate::output::{self, Colour};
use pluto_agent::{AboutAgent, FoundAgent, Survey};
use pluto_term::Term;
use pluto_timeline::count;
use pluto_timeline::time::timestamp_text;
use std::io::Write;

/// Functions that are listed one by one.
const FUNCTIONS_LISTED: usize = 50;

/// Lists the traces of nodes.
pub(crate) async fn run(args: SeveralArgs, colour: Colour) -> Result<u8, Failure> {
    each(&args.nodes, colour, async |node| list(node, &args).await).await
}

async fn list(node: &str, args: &SeveralArgs) -> Result<(), Failure> {
    let (connection, survey) = survey(node, &args.connect).await?;
    connection.close().await;
    let mut out = output::standard();
    match args.format {
        ReportFormat::Json => writeln!(out, "{}", json(name(&connection), &survey))?,
        ReportFormat::Text => write!(out, "{}", text(name(&connection), &survey))?,
    }
    out.flush()?;
    Ok(())
}

/// What traces a node, for people.
pub(crate) fn text(node: &str, survey: &Survey) -> String {
    let mut lines = vec![format!("{node}: OTP {}", survey.otp)];
    for agent in &survey.agents {
        lines.push(format!("  pluto     {} {}", agent.slot.number(), agent_text(agent)));
    }
    for session in &survey.sessions {
        if !session.as_str().starts_with("pluto_agent_") {
            lines.push(format!("  session   {}", session.as_str()));
        }
    }
    for (tracer, processes) in &survey.tracers {
        lines.push(format!("  tracer    {} of {}", term_text(tracer), count(*processes, "process")));
    }
    for (kind, tracer) in &survey.new {
        lines.push(format!("  tracer    {} of {}", term_text(tracer), kind.as_str()));
    }
    for kind in &survey.messages {
        lines.push(format!("  pattern   on {}", kind.as_str()));
    }
    for (function, kinds) in survey.patterns.iter().take(FUNCTIONS_LISTED) {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        lines.push(format!("  pattern   {} ({})", function_text(function), kinds.join(", ")));
    }
    let listed = survey.patterns.len().min(FUNCTIONS_LISTED) as u64;
    if survey.pattern_count > listed {
        let more = count(survey.pattern_count - listed, "function");
        lines.push(format!("  pattern   and {more} more"));
    }
    if survey.control_word != 0 {
        lines.push(format!("  control word {}", survey.control_word));
    }
    if lines.len() == 1 {
        lines.push("  nothing traces this node".to_owned());
    }
    lines.join("\n") + "\n"
}

/// What an agent of ours does, and for whom.
fn agent_text(agent: &FoundAgent) -> String {
    let about = match (&agent.janitor, &agent.about) {
        (None, _) => return "left behind".to_owned(),
        (Some(_), None) => return "ending".to_owned(),
        (Some(_), Some(about)) => about,
    };
    let processes = match about.processes {
        None => "all processes".to_owned(),
        Some(n) => count(n, "process"),
    };
    let messages: String = about.messages.iter().map(|kind| format!(", {}", kind.as_str())).collect();
    let since = match about.since_ms {
        Some(ms) => {
            let nanos = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000_000);
            // To the second.
            format!(" since {:.19}Z", timestamp_text(nanos))
        }
        None => String::new(),
    };
    format!(
        "{}{since}: {}{messages} in {processes}, {}; for {} on {}",
        about.phase,
        count(about.functions, "function"),
        count(about.events, "event"),
        term_text(&Term::Pid(about.client.clone())),
        about.client.node.as_str()
    )
}

fn json(node: &str, survey: &Survey) -> serde_json::Value {
    let agents: Vec<_> = survey
        .agents
        .iter()
        .map(|agent| {
            serde_json::json!({
                "session": agent.slot.number(), "loaded": agent.loaded, "running": agent.janitor.is_some(),
                "about": agent.about.as_ref().map(about_json),
            })
        })
        .collect();
    let tracers: Vec<_> = survey
        .tracers
        .iter()
        .map(|(tracer, processes)| serde_json::json!({"tracer": term_text(tracer), "processes": processes}))
        .collect();
    let new: Vec<_> = survey
        .new
        .iter()
        .map(|(kind, tracer)| serde_json::json!({"kind": kind.as_str(), "tracer": term_text(tracer)}))
        .collect();
    let patterns: Vec<_> = survey
        .patterns
        .iter()
        .map(|(function, kinds)| {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            serde_json::json!({"function": function_text(function), "kinds": kinds})
        })
        .collect();
    serde_json::json!({
        "node": node,
        "otp": survey.otp,
        "pluto": agents,
        "sessions": survey.sessions.iter().map(|session| session.as_str()).collect::<Vec<_>>(),
        "tracers": tracers,
        "new": new,
        "message_patterns": survey.messages.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "patterns": patterns,
        "pattern_count": survey.pattern_count,
        "control_word": survey.control_word,
    })
}

fn about_json(about: &AboutAgent) -> serde_json::Value {
    serde_json::json!({
        "phase": about.phase,
        "since_ms": about.since_ms,
        "functions": about.functions,
        "processes": about.processes,
        "messages": about.messages.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "events": about.events,
        "owner": term_text(&Term::Pid(about.client.clone())),
        "owner_node": about.client.node.as_str(),
    })
}
