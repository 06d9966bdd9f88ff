//! `pluto ping`: what a node is, and how far away.

use crate::args::{NodeArgs, ReportFormat};
use crate::connect::{ANSWER, connect};
use crate::failure::Failure;
use crate::output;
use pluto_capture::clock;
use pluto_term::Term;
use std::io::Write;

/// Attaches to a node and says what it is.
pub(crate) async fn run(args: NodeArgs) -> Result<u8, Failure> {
    let connection = connect(&args.node, &args.connect).await?;
    let failed = |error: pluto_dist::CallError| Failure::new(format!("{}: {error}", args.node));
    let clock = clock::estimate(&connection).await.map_err(failed)?;
    let mut facts = Vec::new();
    for key in ["otp_release", "version"] {
        let answer =
            connection.call("erlang", "system_info", vec![Term::atom(key)], ANSWER).await.map_err(failed)?;
        facts.push(pluto_capture::text(&answer).unwrap_or_default());
    }
    let mut counts = Vec::new();
    for key in ["process_count", "schedulers_online"] {
        let answer =
            connection.call("erlang", "system_info", vec![Term::atom(key)], ANSWER).await.map_err(failed)?;
        counts.push(answer.as_int().unwrap_or(0));
    }
    let peer = connection.peer().clone();
    connection.close().await;
    let (Some(otp), Some(erts)) = (facts.first(), facts.get(1)) else { return Ok(2) };
    let (processes, schedulers) = (counts.first().unwrap_or(&0), counts.get(1).unwrap_or(&0));
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
            "{}: OTP {otp} (ERTS {erts}), {processes} processes, {schedulers} schedulers, {micros} us away",
            peer.name.as_str()
        )?,
    }
    out.flush()?;
    Ok(0)
}
