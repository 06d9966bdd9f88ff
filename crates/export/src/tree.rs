//! Call trees as JSON lines: one object for each call, which names the call around it, and one for each gap.

use crate::row::Rows;
use pluto_event::{Event, ProcessId, Tables, What};
use pluto_timeline::calls::{Call, CallId, Calls};
use pluto_timeline::gaps::{Gap, Gaps};
use pluto_timeline::show::{LeftOut, TreeOptions, TreeSink, walk_trees};
use pluto_timeline::{Ending, Filter, Registry};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

/// One call.
#[derive(Debug, Serialize)]
struct CallRow<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time_ns: Option<i64>,
    kind: &'static str,
    /// The number of the call, by which those inside of it name it.
    call: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_is_certain: Option<bool>,
    depth: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Cow<'t, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<String>,
    ending: Ending,
    ending_is_certain: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ns: Option<u64>,
    /// The value, or what was raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// The registered name that the process had when the call began.
    #[serde(skip_serializing_if = "Option::is_none")]
    process_name: Option<&'t str>,
    /// The position in the recording of the event with which the call began.
    event: u64,
}

struct JsonTrees<'a, 't, W> {
    out: &'a mut W,
    rows: Rows<'t>,
    calls: &'a Calls,
}

/// Writes the calls that the filter wants with everything inside of them, and the gaps between. Says what is left out.
pub fn json_trees(
    out: &mut impl Write,
    (tables, registry): (&Tables, &Registry),
    calls: &Calls,
    gaps: &Gaps,
    filter: &Filter,
    options: TreeOptions,
) -> io::Result<LeftOut> {
    let rows = Rows::new(tables, registry).with_times(calls.has_times);
    let mut trees = JsonTrees { out, rows, calls };
    walk_trees(&mut trees, tables, calls, gaps, filter, options)
}

impl<W: Write> JsonTrees<'_, '_, W> {
    fn line(&mut self, row: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, row)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write> TreeSink for JsonTrees<'_, '_, W> {
    fn process(&mut self, _process: ProcessId) -> io::Result<()> {
        Ok(())
    }

    fn gap(&mut self, gap: &Gap) -> io::Result<()> {
        let what = What::Gap { node: gap.node, cause: gap.cause, missing: gap.missing, since: gap.since };
        let row = self.rows.row(&Event { time: gap.until, process: gap.process, what });
        self.line(&row)
    }

    fn call(&mut self, id: CallId, call: &Call, depth: usize) -> io::Result<()> {
        let what = What::Call { function: call.function, arguments: call.arguments() };
        let row = self.rows.row(&Event { time: call.start, process: call.process, what });
        // The call around the outermost wanted one is not among the lines.
        let parent = call.parent.filter(|_| depth > 0);
        let row = CallRow {
            time_ns: row.time_ns,
            kind: row.kind,
            call: id.0,
            parent: parent.map(|parent| parent.0),
            parent_is_certain: parent.map(|_| self.calls.parent_is_certain(call)),
            depth,
            node: row.node,
            process: row.process,
            module: row.module,
            function: row.function,
            arity: row.arity,
            arguments: row.term,
            ending: call.ending,
            ending_is_certain: call.ending.is_certain(),
            duration_ns: call.duration(),
            outcome: self.rows.term(call.outcome()),
            process_name: row.process_name,
            event: call.event,
        };
        self.line(&row)
    }
}
