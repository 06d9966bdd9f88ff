//! `pluto adjust`: changes a running trace, whoever runs it.

use super::surveying::{name, running, survey, unanswered};
use crate::args::{AdjustArgs, FixedArgs};
use crate::failure::Failure;
use crate::output;
use pluto_capture::target::{Adjustment, Asked, ask_owner};
use std::io::Write;

/// Asks the owner of a trace to trace other patterns.
pub(crate) async fn run(args: AdjustArgs) -> Result<u8, Failure> {
    fixed(&args)?;
    if args.add.is_empty() && args.remove.is_empty() {
        return Err(Failure::new("nothing to change").hint("--add PATTERN and --remove PATTERN say what"));
    }
    for text in args.add.iter().chain(&args.remove) {
        pluto_matchspec::parse(text).map_err(|error| Failure::new(error.render(text).trim_end()))?;
    }
    let (connection, survey) = survey(&args.node, &args.connect).await?;
    let node = name(&connection).to_owned();
    let traces = running(&survey, args.session);
    let (_, janitor) = match traces.as_slice() {
        [one] => *one,
        [] => {
            return Err(
                Failure::new(format!("{node}: no trace of Pluto is running")).hint("see `pluto list`")
            );
        }
        several => {
            let numbers: Vec<String> =
                several.iter().map(|(agent, _)| agent.slot.number().to_string()).collect();
            return Err(Failure::new(format!("{node}: {} traces of Pluto are running", several.len()))
                .hint(format!("say which with --session {}", numbers.join(" or "))));
        }
    };
    let asked = Asked::Adjust(Adjustment { add: args.add, remove: args.remove, force: args.force });
    let answer = ask_owner(&connection, janitor, &asked).await;
    connection.close().await;
    match answer {
        Ok(summary) => {
            let mut out = output::standard();
            writeln!(out, "{node}: {summary}")?;
            out.flush()?;
            Ok(0)
        }
        Err(error) => Err(unanswered(&connection, &error)),
    }
}

/// Refuses what was decided when the trace began.
fn fixed(args: &AdjustArgs) -> Result<(), Failure> {
    let FixedArgs { rate, level, timing, send, deliver, life, process } = &args.fixed;
    let given = [
        (rate.is_some(), "--rate"),
        (level.is_some(), "--level"),
        (*timing, "--timing"),
        (*send, "--send"),
        (*deliver, "--deliver"),
        (*life, "--life"),
        (process.is_some(), "--process"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, option)) => Err(Failure::new(format!("a running trace cannot change its {option}")).hint(
            format!("`pluto stop {}` ends it; start it again with the {option} that you want", args.node),
        )),
        None => Ok(()),
    }
}
