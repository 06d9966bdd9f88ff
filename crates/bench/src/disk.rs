//! Bytes that an event takes on disk, in recordings of real systems.

use std::time::Duration;

use pluto_testnode::{Node, NodeOptions, Release};

use crate::error::{Doing as _, Result};
use crate::pluto::{Cookie, Level, Pluto, Target};
use crate::recorded::{Content, Recorded};
use crate::report::{Outcome, Report, Verdict};

/// The bar: bytes for each call or return, with over a thousand processes.
const BAR_BYTES: f64 = 24.0;
const PROCESSES: usize = 1_000;

/// How long the sample shop is recorded.
const RECORDED: Duration = Duration::from_secs(8);

/// Orders a second of the shop's 1,000 customers.
const ORDERS: u32 = 500;

/// Records the sample shop on one release.
pub(crate) fn measure(release: &Release, pluto: Option<&Pluto>, report: &mut Report) -> Result<()> {
    let Some(pluto) = pluto else { return Ok(()) };
    let built = tempfile::tempdir().doing(|| "make a temporary folder".to_owned())?;
    let ebin = pluto_examples::build_erlang(release.command("erlc"), built.path())?;
    let mut arguments = vec!["-pa".to_owned(), ebin.display().to_string()];
    arguments.extend(["-kernel", "logger_level", "critical"].map(str::to_owned));
    let mut node = Node::start_with(release, NodeOptions { arguments, ..NodeOptions::default() });
    node.eval(&format!("ok = shop:start(), shop_load:start(#{{rate => {ORDERS}, seconds => 3600}}), ok."));
    let patterns = vec!["shop_orders:_", "shop_stock:_", "shop_payment:_"];
    let target = Target { node: node.name(), cookie: Cookie::Known(node.cookie()), patterns };
    let session = pluto.record(&target, Level::Timing)?;
    std::thread::sleep(RECORDED);
    let recorded = session.stop()?;
    let content = recorded.content(pluto)?;
    verdict(release.otp(), "the sample shop", &recorded, &content, report)
}

/// Weighs a recording against the bar.
pub(crate) fn verdict(
    otp: u32,
    what: &str,
    recorded: &Recorded,
    content: &Content,
    report: &mut Report,
) -> Result<()> {
    let per_event = recorded.bytes()? as f64 / recorded.events as f64;
    report.verdict(Verdict {
        what: format!("bytes on disk, a call or return event with its scalar arguments, {what}"),
        otp,
        measured: format!("{per_event:.1} ({} events of {} processes)", recorded.events, content.processes),
        bar: format!("at most {BAR_BYTES}, with {PROCESSES} processes or more"),
        outcome: if content.processes < PROCESSES {
            Outcome::NotMeasured
        } else {
            Outcome::at_most(per_event, BAR_BYTES)
        },
    });
    Ok(())
}
