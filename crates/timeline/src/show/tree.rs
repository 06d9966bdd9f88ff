//! Calls as one tree for each process.

use super::{Lines, Role};
use crate::calls::{Call, CallId, Calls};
use crate::filter::Filter;
use crate::gaps::{Gap, Gaps};
use crate::time::time_text;
use pluto_event::{NodeId, ProcessId, Tables};
use std::io::{self, Write};

/// How deep a line is indented at most; deeper calls say their depth instead.
const INDENT_LIMIT: usize = 40;

/// What is written of the trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeOptions {
    /// Calls at most.
    pub calls: usize,
    /// Nested levels at most, counted from the call that the filter wants.
    pub depth: usize,
}

impl Default for TreeOptions {
    /// Ten thousand calls of any depth.
    fn default() -> TreeOptions {
        TreeOptions { calls: 10_000, depth: usize::MAX }
    }
}

/// The first child and the next sibling of each call, in the order of the calls.
struct Shape {
    first: Vec<Option<CallId>>,
    next: Vec<Option<CallId>>,
}

impl Shape {
    fn of(calls: &Calls) -> Shape {
        let mut shape = Shape { first: vec![None; calls.all().len()], next: vec![None; calls.all().len()] };
        for (at, call) in calls.all().iter().enumerate().rev() {
            let (Some(parent), Ok(id)) = (call.parent, u32::try_from(at).map(CallId)) else { continue };
            let Some(first) = shape.first.get_mut(parent.0 as usize) else { continue };
            let next = first.replace(id);
            if let Some(slot) = shape.next.get_mut(at) {
                *slot = next;
            }
        }
        shape
    }

    fn first(&self, id: CallId) -> Option<CallId> {
        self.first.get(id.0 as usize).copied().flatten()
    }

    fn next(&self, id: CallId) -> Option<CallId> {
        self.next.get(id.0 as usize).copied().flatten()
    }
}

/// Writes, for each process, the calls that the filter wants with everything inside of them, and the gaps between.
/// Says what is left out.
pub fn write_trees(
    out: &mut impl Write,
    lines: &Lines<'_>,
    calls: &Calls,
    gaps: &Gaps,
    filter: &Filter,
    options: TreeOptions,
) -> io::Result<()> {
    let roots = wanted_roots(calls, filter);
    let mut writer = Writer { lines, calls, shape: Shape::of(calls), options, written: 0, left_out: 0 };
    let mut at = 0;
    while let Some(&(process, _)) = roots.get(at) {
        let end = at + roots.get(at..).unwrap_or_default().partition_point(|&(other, _)| other == process);
        let mut pending = gaps_of(process, gaps, filter, lines.names.tables()).peekable();
        // A process of which nothing is shown has no heading; its gaps are shown, and its calls are counted.
        if writer.written < options.calls || pending.peek().is_some() {
            writeln!(out, "{}", lines.colour.paint(Role::Process, &lines.names.process(process)))?;
        }
        for &(_, root) in roots.get(at..end).unwrap_or_default() {
            let start = calls.get(root).map_or(i64::MAX, |call| call.start);
            while let Some(gap) = pending.next_if(|gap| gap.until <= start) {
                writer.gap(out, gap)?;
            }
            writer.tree(out, root, &mut pending)?;
        }
        for gap in pending {
            writer.gap(out, gap)?;
        }
        at = end;
    }
    if roots.is_empty() {
        for gap in gaps.records() {
            writer.gap(out, gap)?;
        }
    }
    writer.finish(out, gaps)
}

/// The outermost wanted calls, by process in the order of their first call, then by beginning.
fn wanted_roots(calls: &Calls, filter: &Filter) -> Vec<(ProcessId, CallId)> {
    // Parents come before their children, so one pass knows of each call whether it is inside of a wanted one.
    let mut inside = vec![false; calls.all().len()];
    let mut roots = Vec::new();
    let mut rank = rustc_hash::FxHashMap::default();
    for (at, call) in calls.all().iter().enumerate() {
        let Ok(id) = u32::try_from(at).map(CallId) else { break };
        let parent =
            call.parent.is_some_and(|parent| inside.get(parent.0 as usize).copied().unwrap_or(false));
        let wanted = parent || filter.wants_call(call);
        if let Some(slot) = inside.get_mut(at) {
            *slot = wanted;
        }
        if wanted && !parent {
            let order = rank.len();
            rank.entry(call.process).or_insert(order);
            roots.push((call.process, id));
        }
    }
    roots.sort_by_key(|&(process, id)| (rank.get(&process).copied(), id));
    roots
}

fn gaps_of<'a>(
    process: ProcessId,
    gaps: &'a Gaps,
    filter: &'a Filter,
    tables: &Tables,
) -> impl Iterator<Item = &'a Gap> {
    let node = tables.process(process).map_or(NodeId::NONE, |row| row.node);
    gaps.records().iter().filter(move |gap| {
        gap.concerns(process, node) && gap.since <= filter.until() && gap.until >= filter.since()
    })
}

struct Writer<'a> {
    lines: &'a Lines<'a>,
    calls: &'a Calls,
    shape: Shape,
    options: TreeOptions,
    written: usize,
    left_out: usize,
}

impl Writer<'_> {
    fn gap(&self, out: &mut impl Write, gap: &Gap) -> io::Result<()> {
        let time = self.lines.colour.paint(Role::Time, &time_text(gap.until));
        writeln!(out, "{time}  {}", self.lines.gap(gap))
    }

    /// One wanted call and what is inside, without recursion: nesting may be as deep as the observed program's.
    fn tree<'g>(
        &mut self,
        out: &mut impl Write,
        root: CallId,
        gaps: &mut std::iter::Peekable<impl Iterator<Item = &'g Gap>>,
    ) -> io::Result<()> {
        let mut open = vec![(root, 0usize)];
        while let Some((id, depth)) = open.pop() {
            let Some(call) = self.calls.get(id) else { continue };
            if id != root
                && let Some(next) = self.shape.next(id)
            {
                open.push((next, depth));
            }
            if let Some(first) = self.shape.first(id) {
                open.push((first, depth + 1));
            }
            if self.written >= self.options.calls || depth > self.options.depth {
                self.left_out += 1;
                continue;
            }
            while let Some(gap) = gaps.next_if(|gap| gap.until < call.start) {
                self.gap(out, gap)?;
            }
            self.line(out, call, depth)?;
        }
        Ok(())
    }

    fn line(&mut self, out: &mut impl Write, call: &Call, depth: usize) -> io::Result<()> {
        self.written += 1;
        let time = self.lines.colour.paint(Role::Time, &time_text(call.start));
        let indent = "  ".repeat(depth.min(INDENT_LIMIT) + 1);
        let deep = if depth > INDENT_LIMIT { format!("[{depth}] ") } else { String::new() };
        let guess =
            if call.parent.is_some() && depth > 0 && !self.calls.parent_is_certain(call) { "~ " } else { "" };
        writeln!(out, "{time}{indent}{deep}{guess}{}", self.lines.call(self.calls, call))
    }

    fn finish(&self, out: &mut impl Write, gaps: &Gaps) -> io::Result<()> {
        if self.left_out > 0 {
            writeln!(out, "… {} more calls", self.left_out)?;
        }
        if self.calls.left_out > 0 {
            writeln!(out, "… {} calls over the limit were not kept", self.calls.left_out)?;
        }
        if !self.calls.unmatched.is_empty() {
            writeln!(out, "{} ends without a call", self.calls.unmatched.len())?;
        }
        if gaps.not_kept() > 0 {
            writeln!(out, "… {} more gaps", gaps.not_kept())?;
        }
        Ok(())
    }
}
