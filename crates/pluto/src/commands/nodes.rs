//! `pluto nodes`: what a host's port mapper knows.

use crate::args::{NodesArgs, ReportFormat};
use crate::failure::Failure;
use crate::{connect, output};
use std::io::Write;

/// Lists the nodes of a host.
pub(crate) async fn run(args: NodesArgs) -> Result<u8, Failure> {
    let mut nodes = connect::names(&args.host, args.connect_timeout.0).await?;
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    let mut out = output::standard();
    match args.format {
        ReportFormat::Json => {
            let list: Vec<_> =
                nodes.iter().map(|node| serde_json::json!({"name": node.name, "port": node.port})).collect();
            writeln!(out, "{}", serde_json::json!({"host": args.host, "nodes": list}))?;
        }
        ReportFormat::Text => {
            let width = nodes.iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
            for node in &nodes {
                writeln!(out, "{:width$}  port {}", node.name, node.port)?;
            }
            if nodes.is_empty() {
                let host = if args.host == "localhost" { "this host" } else { &args.host };
                output::note(&format!("no node is registered with the epmd of {host}"));
            }
        }
    }
    out.flush()?;
    Ok(0)
}
