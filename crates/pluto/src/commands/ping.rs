//! `pluto ping`: what a node is, and how far away.

use super::surveying::each;
use crate::args::{ReportFormat, SeveralArgs};
use crate::connect::{ANSWER, connect};
use crate::failure::Failure;
use crate::output::{self, Colour};
use pluto_capture::clock;
use pluto_term::Term;
use pluto_timeline::count;
use std::io::Write;

/// Attaches to nodes and says what they are.
pub(crate) async fn run(args: SeveralArgs, colour: Colour) -> Result<u8, Failure> {
    each(&args.nodes, colour, async |node| ping(node, &args).await).await
}

async fn ping(node: &str, args: &SeveralArgs) -> Result<(), Failure> {
    let connection = connect(node, &args.connect).await?;
    let failed = |error: pluto_dist::CallError| Failure::new(format!("{node}: {error}"));
    let clock = clock::estimate(&connection).await.map_err(failed)?;
    let mut facts = Vec::new();
    for key in ["otp_release", "version"] {
        let answer =
            connection.call("erlang", "system_info", vec![Term::atom(key)], ANSWER).await.map_err(failed)?;
        facts.push(pluto_capture::text(&answer).unwrap_or_default());
    }
    let mut counts = [0_u64; 2];
    for (count, key) in counts.iter_mut().zip(["process_count", "schedulers_online"]) {
        let answer =
            connection.call("erlang", "system_info", vec![Term::atom(key)], ANSWER).await.map_err(failed)?;
        *count = answer.as_int().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    }
    let peer = connection.peer().clone();
    connection.close().await;
    let (Some(otp), Some(erts)) = (facts.first(), facts.get(1)) else { return Ok(()) };
    let [processes, schedulers] = counts;
    let micros = clock.round_trip.as_micros();
    let mut out = output::standard();
    match args.format {
        ReportFormat::Json => writeln!(
            out,
            "{}",
            serde_json::json!({
                "node": peer.name.as_str(), "creation": peer.creation, "otp": otp, "erts": erts, "processes": processes,
                "schedulers": schedulers, "round_trip_us": micros, "clock_offset_ns": clock.offset,
                "clock_error_ns": clock.error, "attached_as": peer.our_name.as_str(),
            })
        )?,
        ReportFormat::Text => writeln!(
            out,
            "{}: OTP {otp} (ERTS {erts}), {}, {}, {micros} us away",
            peer.name.as_str(),
            count(processes, "process"),
            count(schedulers, "scheduler")
        )?,
    }
    out.flush()?;
    Ok(())
}
