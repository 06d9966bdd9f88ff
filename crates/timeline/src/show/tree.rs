//! Calls as one tree for each process.

use super::{Lines, Role};
use crate::calls::{Call, CallId, Calls};
use crate::count;
use crate::filter::Filter;
use crate::gaps::{Gap, Gaps};
use pluto_event::{NodeId, ProcessId, Tables};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// How deep a line is indented at most; deeper calls say their depth instead.
const INDENT_LIMIT: usize = 40;

/// What is written of the trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeOptions {
    /// Calls and gaps at most.
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

/// Takes trees as they are walked: each process, then its calls with what is inside of them, and the gaps between.
pub trait TreeSink {
    /// What follows is of this process.
    fn process(&mut self, process: ProcessId) -> io::Result<()>;

    /// Events are missing here. A gap that concerns several processes is given once, with the first of them.
    fn gap(&mut self, gap: &Gap) -> io::Result<()>;

    /// A call, and how many wanted ones are around it.
    fn call(&mut self, id: CallId, call: &Call, depth: usize) -> io::Result<()>;
}

/// What a walk left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Calls.
    pub calls: usize,
    /// Gaps.
    pub gaps: usize,
}

/// Walks, for each process, the calls that the filter wants with everything inside of them, and the gaps between.
pub fn walk_trees(
    sink: &mut impl TreeSink,
    tables: &Tables,
    calls: &Calls,
    gaps: &Gaps,
    filter: &Filter,
    options: TreeOptions,
) -> io::Result<LeftOut> {
    let roots = wanted_roots(calls, filter);
    let mut pending = Pending::new(gaps, filter);
    let mut walk =
        Walk { sink, calls, shape: Shape::of(calls), options, given: 0, left_out: LeftOut::default() };
    let mut at = 0;
    while let Some(&(process, _)) = roots.get(at) {
        let end = at + roots.get(at..).unwrap_or_default().partition_point(|&(other, _)| other == process);
        let node = tables.process(process).map_or(NodeId::NONE, |row| row.node);
        let mut gaps = pending.take(process, node).into_iter().peekable();
        // A process of which nothing is given has no heading.
        if walk.given < options.calls {
            walk.sink.process(process)?;
        }
        for &(_, root) in roots.get(at..end).unwrap_or_default() {
            let start = calls.get(root).map_or(i64::MAX, |call| call.start);
            while let Some(gap) = gaps.next_if(|gap| gap.until <= start) {
                walk.gap(gap)?;
            }
            walk.tree(root, &mut gaps)?;
        }
        gaps.try_for_each(|gap| walk.gap(gap))?;
        at = end;
    }
    if roots.is_empty() {
        gaps.records().iter().try_for_each(|gap| walk.gap(gap))?;
    }
    Ok(walk.left_out)
}

/// Writes the trees as text, and says what is left out.
pub fn write_trees(
    out: &mut impl Write,
    lines: &Lines<'_>,
    calls: &Calls,
    gaps: &Gaps,
    filter: &Filter,
    options: TreeOptions,
) -> io::Result<()> {
    let mut text = Text { out, lines, calls };
    let left_out = walk_trees(&mut text, lines.names.tables(), calls, gaps, filter, options)?;
    text.finish(left_out, gaps)
}

/// The outermost wanted calls, by process in the order of their first call, then by beginning.
fn wanted_roots(calls: &Calls, filter: &Filter) -> Vec<(ProcessId, CallId)> {
    // Parents come before their children, so one pass knows of each call whether it is inside of a wanted one.
    let mut inside = vec![false; calls.all().len()];
    let mut roots = Vec::new();
    let mut rank = FxHashMap::default();
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

/// The gaps that were not given yet, in the order of the stream.
struct Pending<'g> {
    own: FxHashMap<ProcessId, Vec<(usize, &'g Gap)>>,
    wide: Vec<(usize, &'g Gap)>,
}

impl<'g> Pending<'g> {
    fn new(gaps: &'g Gaps, filter: &Filter) -> Pending<'g> {
        let mut pending = Pending { own: FxHashMap::default(), wide: Vec::new() };
        let reaches = |gap: &Gap| gap.since <= filter.until() && gap.until >= filter.since();
        for (at, gap) in gaps.records().iter().enumerate().filter(|(_, gap)| reaches(gap)) {
            match gap.process.is_none() {
                true => pending.wide.push((at, gap)),
                false => pending.own.entry(gap.process).or_default().push((at, gap)),
            }
        }
        pending
    }

    /// Those that concern a process.
    fn take(&mut self, process: ProcessId, node: NodeId) -> Vec<&'g Gap> {
        let mut taken = self.own.remove(&process).unwrap_or_default();
        self.wide.retain(|&(at, gap)| {
            let concerns = gap.concerns(process, node);
            if concerns {
                taken.push((at, gap));
            }
            !concerns
        });
        taken.sort_unstable_by_key(|&(at, _)| at);
        taken.into_iter().map(|(_, gap)| gap).collect()
    }
}

struct Walk<'a, S> {
    sink: &'a mut S,
    calls: &'a Calls,
    shape: Shape,
    options: TreeOptions,
    given: usize,
    left_out: LeftOut,
}

impl<S: TreeSink> Walk<'_, S> {
    fn gap(&mut self, gap: &Gap) -> io::Result<()> {
        if self.given >= self.options.calls {
            self.left_out.gaps += 1;
            return Ok(());
        }
        self.given += 1;
        self.sink.gap(gap)
    }

    /// One wanted call and what is inside, without recursion: nesting may be as deep as the observed program's.
    fn tree<'g>(
        &mut self,
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
            while let Some(gap) = gaps.next_if(|gap| gap.until < call.start) {
                self.gap(gap)?;
            }
            if self.given >= self.options.calls || depth > self.options.depth {
                self.left_out.calls += 1;
                continue;
            }
            self.given += 1;
            self.sink.call(id, call, depth)?;
        }
        Ok(())
    }
}

/// Trees as indented lines.
struct Text<'a, W> {
    out: &'a mut W,
    lines: &'a Lines<'a>,
    calls: &'a Calls,
}

impl<W: Write> TreeSink for Text<'_, W> {
    fn process(&mut self, process: ProcessId) -> io::Result<()> {
        let name = self.lines.names.process(process);
        writeln!(self.out, "{}", self.lines.colour.paint(Role::Process, &name))
    }

    fn gap(&mut self, gap: &Gap) -> io::Result<()> {
        let time = self.lines.time(gap.until);
        writeln!(self.out, "{time}  {}", self.lines.gap(gap))
    }

    fn call(&mut self, _id: CallId, call: &Call, depth: usize) -> io::Result<()> {
        let time = self.lines.time(call.start);
        let indent = "  ".repeat(depth.min(INDENT_LIMIT) + 1);
        let deep = if depth > INDENT_LIMIT { format!("[{depth}] ") } else { String::new() };
        let guess =
            if call.parent.is_some() && depth > 0 && !self.calls.parent_is_certain(call) { "~ " } else { "" };
        writeln!(self.out, "{time}{indent}{deep}{guess}{}", self.lines.call(self.calls, call))
    }
}

impl<W: Write> Text<'_, W> {
    fn finish(self, left_out: LeftOut, gaps: &Gaps) -> io::Result<()> {
        if left_out.calls > 0 {
            writeln!(self.out, "… {}", count(left_out.calls as u64, "more call"))?;
        }
        if self.calls.left_out > 0 {
            let were = if self.calls.left_out == 1 { "was" } else { "were" };
            let calls = count(self.calls.left_out, "call");
            writeln!(self.out, "… {calls} over the limit {were} not kept")?;
        }
        if !self.calls.unmatched.is_empty() {
            let ends = count(self.calls.unmatched.len() as u64, "end");
            writeln!(self.out, "{ends} without a call")?;
        }
        let gaps = left_out.gaps as u64 + gaps.not_kept();
        if gaps > 0 {
            writeln!(self.out, "… {}", count(gaps, "more gap"))?;
        }
        Ok(())
    }
}
