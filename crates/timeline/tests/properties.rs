//! What must hold for every stream: pairs against the truth that a stream was made from, figures and links against
//! slow and simple counts.

use pluto_event::{
    Event, Function, FunctionId, GapCause, Identity, Missing, Nanos, Node, NodeId, Payload, Process,
    ProcessId, Tables, What,
};
use pluto_timeline::calls::{CallsBuilder, Keep, Limits};
use pluto_timeline::links::{Certainty, Correlator, LinkKind, LinkLimits, LinksBuilder, Reach};
use pluto_timeline::live::{Ended, Live};
use pluto_timeline::script::Script;
use pluto_timeline::stat::Report;
use pluto_timeline::{Call, Calls, Ending, Filter, Gaps, Registry, Stat, source};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const FUNCTIONS: u32 = 40;
const PROCESSES: u32 = 4;
/// What the outermost calls return to.
const BASE: FunctionId = FunctionId(FUNCTIONS - 1);
/// An atom, as it is encoded.
const VALUE: Payload<'static> = Payload { form: pluto_event::Form::Full, bytes: &[119, 2, b'o', b'k'] };

fn tables() -> Tables {
    let mut tables = Tables::new();
    let name = tables.intern_atom("n@h");
    let node = tables.intern_node(Node { name, creation: 1 });
    let module = tables.intern_atom("m");
    for number in 0..FUNCTIONS {
        let name = tables.intern_atom(&format!("f{number}"));
        tables.intern_function(Function { module, name, arity: 0 });
    }
    for number in 0..PROCESSES {
        tables.intern_process(Process { node, identity: Identity::Pid { number, serial: 0 } });
    }
    tables
}

/// A call with what happens inside of it.
#[derive(Clone, Debug)]
struct Tree {
    function: u32,
    raises: bool,
    /// Whether the last call inside is a tail call; only `ReturnTo` streams can tell.
    tail: bool,
    before: i64,
    inside: Vec<Tree>,
}

fn tree() -> impl Strategy<Value = Tree> {
    let node = (0u32..5, prop::bool::weighted(0.2), any::<bool>(), 1i64..5);
    let leaf = node.clone().prop_map(|(function, raises, tail, before)| Tree {
        function,
        raises,
        tail,
        before,
        inside: Vec::new(),
    });
    leaf.prop_recursive(6, 40, 4, move |inner| {
        (node.clone(), prop::collection::vec(inner, 0..4)).prop_map(
            |((function, raises, tail, before), inside)| Tree { function, raises, tail, before, inside },
        )
    })
}

fn forest() -> impl Strategy<Value = Vec<(u32, Vec<Tree>)>> {
    let trees = prop::collection::vec(tree(), 1..5);
    prop::collection::vec(trees, 1..=PROCESSES as usize).prop_map(|trees| (0u32..).zip(trees).collect())
}

/// What really happened: process, function, begin, end, and the begin of the call around it.
type Truth = BTreeMap<(u32, Nanos), (u32, Nanos, Option<Nanos>, bool)>;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Returns,
    ReturnTo,
}

struct Player {
    mode: Mode,
    process: u32,
    now: Nanos,
    events: Vec<Event<'static>>,
    truth: Truth,
}

impl Player {
    fn at(&mut self, what: What<'static>) {
        self.events.push(Event { time: self.now, process: ProcessId(self.process), what });
    }

    /// Plays a call. `back` is where it returns to, `None` for a tail call, whose end is its caller's.
    fn play(&mut self, tree: &Tree, depth: u32, parent: Option<Nanos>, back: Option<FunctionId>) -> Nanos {
        self.now += tree.before;
        let start = self.now;
        // Where one event may end several calls, functions do not recur, so that only one reading is possible.
        let function = match self.mode {
            Mode::Returns => tree.function,
            Mode::ReturnTo => tree.function + depth * 5,
        };
        self.at(What::Call { function: FunctionId(function), arguments: VALUE });
        let mut ended = None;
        for (at, inner) in tree.inside.iter().enumerate() {
            let tail = self.mode == Mode::ReturnTo && tree.tail && at + 1 == tree.inside.len();
            let inner_back = if tail { back } else { Some(FunctionId(function)) };
            let end = self.play(inner, depth + 1, Some(start), inner_back);
            ended = tail.then_some(end);
        }
        let end = ended.unwrap_or_else(|| {
            self.now += 1;
            let function = FunctionId(function);
            match self.mode {
                Mode::Returns if tree.raises => self.at(What::Exception { function, reason: VALUE }),
                Mode::Returns => self.at(What::Return { function, value: VALUE }),
                Mode::ReturnTo => self.at(What::ReturnTo { function: back.unwrap_or(BASE) }),
            }
            self.now
        });
        self.truth.insert((self.process, start), (function, end, parent, tree.raises));
        end
    }
}

/// Plays a forest; the events of each process in order, the processes mixed by time.
fn play(forest: &[(u32, Vec<Tree>)], mode: Mode) -> (Vec<Event<'static>>, Truth) {
    let (mut events, mut truth) = (Vec::new(), Truth::new());
    for (process, trees) in forest {
        let mut player = Player { mode, process: *process, now: 0, events: Vec::new(), truth: Truth::new() };
        for tree in trees {
            player.play(tree, 0, None, Some(BASE));
        }
        events.extend(player.events);
        truth.extend(player.truth);
    }
    events.sort_by_key(|event| event.time);
    (events, truth)
}

/// Takes the events of a process (or of all) strictly between two times away, and says so.
fn cut(events: &mut Vec<Event<'static>>, process: Option<u32>, since: Nanos, until: Nanos) {
    let process = process.map_or(ProcessId::NONE, ProcessId);
    let before = events.len();
    events.retain(|event| {
        let is_gap = matches!(event.what, What::Gap { .. });
        let its = !is_gap && (process.is_none() || event.process == process);
        !(its && since < event.time && event.time < until)
    });
    let missing = Missing::Exactly((before - events.len()) as u64 + 1);
    let gap = What::Gap { node: NodeId(0), cause: GapCause::Overload, missing, since };
    let at = events.partition_point(|event| event.time <= until);
    events.insert(at, Event { time: until, process, what: gap });
}

fn calls_of(events: &[Event<'static>], gaps: &Gaps) -> Calls {
    let tables = tables();
    let mut builder = CallsBuilder::new(gaps, Limits::default(), Keep::default());
    events.iter().for_each(|event| builder.add(event, &tables));
    builder.finish()
}

/// What is told live: process, begin, function, end, and how it ended.
type Told = Vec<(ProcessId, Nanos, FunctionId, Nanos, &'static str)>;

fn told_live(events: &[Event<'static>]) -> Told {
    let tables = tables();
    let mut live = Live::default();
    let mut all: Vec<Ended> = Vec::new();
    for event in events {
        all.extend(live.add(event, &tables));
    }
    all.extend(live.finish());
    let mut told: Told =
        all.iter().map(|e| (e.process, e.start, e.function, e.end, e.ending.text())).collect();
    told.sort_unstable();
    told
}

/// The same from the calls of a whole stream.
fn told_later(calls: &Calls) -> Told {
    let timed = calls.all().iter().filter(|call| call.duration().is_some());
    let mut told: Told = timed.map(|c| (c.process, c.start, c.function, c.end, c.ending.text())).collect();
    told.sort_unstable();
    told
}

fn report_of(events: &[Event<'static>], gaps: &Gaps) -> Report {
    let tables = tables();
    let mut stat = Stat::new(gaps);
    events.iter().for_each(|event| stat.add(event, &tables));
    stat.finish(&tables)
}

/// The figures of a function, counted from calls one by one: calls, timed, total, self, errors, sorted durations.
type Naive = BTreeMap<FunctionId, (u64, u64, u64, i128, u64, Vec<u64>)>;

fn naive(calls: &Calls) -> Naive {
    let mut figures = Naive::new();
    let mut spans: BTreeMap<(FunctionId, ProcessId), Vec<(Nanos, Nanos)>> = BTreeMap::new();
    for call in calls.all() {
        figures.entry(call.function).or_default().0 += 1;
        let Some(duration) = call.duration() else { continue };
        let entry = figures.entry(call.function).or_default();
        entry.1 += 1;
        entry.3 += i128::from(duration);
        entry.4 += u64::from(call.ending == Ending::Raised);
        entry.5.push(duration);
        spans.entry((call.function, call.process)).or_default().push((call.start, call.end));
        let mut outer = call.parent.and_then(|parent| calls.get(parent));
        while let Some(call) = outer.filter(|call| call.duration().is_none()) {
            outer = call.parent.and_then(|parent| calls.get(parent));
        }
        if let Some(outer) = outer {
            figures.entry(outer.function).or_default().3 -= i128::from(duration);
        }
    }
    for ((function, _), mut spans) in spans {
        spans.sort_unstable();
        let mut covered = Nanos::MIN;
        for (start, end) in spans {
            let new = end - start.max(covered).min(end);
            figures.entry(function).or_default().2 += new as u64;
            covered = covered.max(end);
        }
    }
    for entry in figures.values_mut() {
        entry.5.sort_unstable();
    }
    figures
}

fn check_figures(report: &Report, calls: &Calls) -> Result<(), TestCaseError> {
    let naive = naive(calls);
    let rows: BTreeMap<FunctionId, _> =
        report.functions.iter().filter(|row| row.calls > 0).map(|row| (row.id, row)).collect();
    prop_assert_eq!(rows.keys().collect::<Vec<_>>(), naive.keys().collect::<Vec<_>>());
    for (id, (calls, timed, total, own, errors, durations)) in naive {
        let row = rows[&id];
        prop_assert_eq!((row.calls, row.timed), (calls, timed));
        prop_assert_eq!((row.total_ns, i128::from(row.self_ns)), (total, own.max(0)), "{:?}", id);
        prop_assert_eq!(row.errors.unwrap_or(0), errors);
        let Some(found) = row.durations else {
            prop_assert!(durations.is_empty());
            continue;
        };
        for (per_mille, value) in [(500, found.p50_ns), (900, found.p90_ns), (990, found.p99_ns)] {
            let exact = durations[(durations.len() * per_mille).div_ceil(1000).max(1) - 1];
            prop_assert!(value.abs_diff(exact) * 256 <= exact, "{value} for {exact}");
        }
        prop_assert_eq!(Some(&found.max_ns), durations.last());
    }
    Ok(())
}

/// Every pair that was found is true, and none touches a gap.
fn check_pairs(calls: &Calls, truth: &Truth, gaps: &Gaps) -> Result<(), TestCaseError> {
    let start_of = |call: &Call| call.parent.and_then(|parent| calls.get(parent)).map(|parent| parent.start);
    for call in calls.all().iter().filter(|call| call.duration().is_some()) {
        let &(function, end, parent, raises) = &truth[&(call.process.0, call.start)];
        prop_assert_eq!((call.function, call.end), (FunctionId(function), end));
        prop_assert!(gaps.is_complete(call.process, NodeId(0), call.start, call.end));
        if call.ending.is_certain() {
            prop_assert_eq!(call.ending == Ending::Raised, raises);
        }
        // The call around it is found, unless it reaches into a gap.
        if let Some(outer) = start_of(call) {
            prop_assert_eq!(Some(outer), parent);
        }
    }
    Ok(())
}

fn gap_of(last: Nanos) -> impl Strategy<Value = (Option<u32>, Nanos, Nanos)> {
    (prop::option::of(0..PROCESSES), 0..=last, 0..=last / 2)
        .prop_map(|(process, since, length)| (process, since, since + length))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn returns_are_paired_as_they_were_made(forest in forest()) {
        let (events, truth) = play(&forest, Mode::Returns);
        let gaps = Gaps::default();
        let calls = calls_of(&events, &gaps);
        prop_assert_eq!(calls.all().len(), truth.len());
        prop_assert!(calls.all().iter().all(|call| call.ending.is_certain()) && calls.unmatched.is_empty());
        check_pairs(&calls, &truth, &gaps)?;
        let parents = calls.all().iter().filter(|call| call.parent.is_some()).count();
        prop_assert_eq!(parents, truth.values().filter(|call| call.2.is_some()).count());
        check_figures(&report_of(&events, &gaps), &calls)?;
    }

    #[test]
    fn return_to_ends_tail_calls_together(forest in forest()) {
        let (events, truth) = play(&forest, Mode::ReturnTo);
        let gaps = Gaps::default();
        let calls = calls_of(&events, &gaps);
        prop_assert_eq!(calls.all().iter().filter(|call| call.duration().is_some()).count(), truth.len());
        check_pairs(&calls, &truth, &gaps)?;
        check_figures(&report_of(&events, &gaps), &calls)?;
    }

    #[test]
    fn gaps_make_no_pair_and_spoil_no_other(
        forest in forest(),
        cuts in prop::collection::vec(gap_of(60), 1..4),
        return_to in any::<bool>(),
    ) {
        let mode = if return_to { Mode::ReturnTo } else { Mode::Returns };
        let (mut events, truth) = play(&forest, mode);
        for (process, since, until) in cuts {
            cut(&mut events, process, since, until);
        }
        let gaps = Gaps::collect(events.iter().copied());
        let calls = calls_of(&events, &gaps);
        check_pairs(&calls, &truth, &gaps)?;
        check_figures(&report_of(&events, &gaps), &calls)?;
        // Live, a gap is not known before it is over: an end inside of one is told, the others are those of later.
        let (live, later) = (told_live(&events), told_later(&calls));
        for told in &live {
            let in_a_gap = !gaps.is_complete(told.0, NodeId(0), told.3, told.3);
            prop_assert!(in_a_gap || later.contains(told), "{:?}", told);
        }
        if mode == Mode::Returns {
            // A reading of `ReturnTo` may be taken back by an end inside of the gap, and then nothing is told.
            prop_assert!(later.iter().all(|told| live.contains(told)));
        }
        if mode == Mode::Returns {
            let found: BTreeSet<(u32, Nanos)> = calls
                .all()
                .iter()
                .filter(|call| call.duration().is_some())
                .map(|call| (call.process.0, call.start))
                .collect();
            for (&(process, start), &(_, end, _, _)) in &truth {
                let whole = gaps.is_complete(ProcessId(process), NodeId(0), start, end);
                prop_assert_eq!(whole, found.contains(&(process, start)));
            }
        }
    }

    /// Streams that no program would make: the two engines still agree, and nothing panics.
    #[test]
    fn figures_and_trees_agree_on_any_stream(
        soup in prop::collection::vec((0u32..2, 0u8..7, 0u32..4, 0i64..3), 0..200),
    ) {
        let mut now = 0;
        let events: Vec<Event<'static>> = soup
            .into_iter()
            .map(|(process, kind, function, step)| {
                now += step;
                let function = FunctionId(function);
                let what = match kind {
                    0..=2 => What::Call { function, arguments: Payload::ABSENT },
                    3 => What::Return { function, value: VALUE },
                    4 => What::Exception { function, reason: VALUE },
                    5 => What::ReturnTo { function },
                    _ => What::ReturnTo { function: BASE },
                };
                Event { time: now, process: ProcessId(process), what }
            })
            .collect();
        let gaps = Gaps::default();
        let calls = calls_of(&events, &gaps);
        for call in calls.all() {
            if let Some(parent) = call.parent.and_then(|parent| calls.get(parent)) {
                prop_assert!(parent.start <= call.start && parent.process == call.process);
            }
        }
        prop_assert_eq!(told_live(&events), told_later(&calls));
        let report = report_of(&events, &gaps);
        let calls_seen: u64 = report.functions.iter().map(|row| row.calls).sum();
        let timed: u64 = report.functions.iter().map(|row| row.timed).sum();
        prop_assert_eq!(calls_seen, calls.all().len() as u64);
        prop_assert_eq!(timed, calls.all().iter().filter(|call| call.duration().is_some()).count() as u64);
        check_figures(&report, &calls)?;
    }
}

/// A message: sender, receiver, one of few contents, and how long it is under way.
fn messages() -> impl Strategy<Value = Vec<(u32, u32, u8, i64, i64)>> {
    let message = (0..PROCESSES, 0..PROCESSES, 0u8..3, 1i64..4, 0i64..20);
    prop::collection::vec(message, 0..60)
}

const CONTENTS: [&[u8]; 3] = [&[97, 0], &[97, 1], &[97, 2]];

proptest! {
    /// What is found while events are shown one after the other is what is found over the whole, and what is found of a
    /// part is never taken to be certain where it is wrong.
    #[test]
    fn what_is_shown_agrees_with_all_links(
        messages in prop::collection::vec((0_usize..3, 0_usize..3, 0_usize..4, 1_i64..4, 1_i64..9), 1..60),
        ahead in 1_u64..20,
        back in 0_u64..10,
        wanted in 1_usize..8,
    ) {
        let (mut now, mut rows) = (10, Vec::new());
        let mut arrived: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for (id, &(from, to, content, step, under_way)) in messages.iter().enumerate() {
            let content = ["one", "two", "{#Ref<0.0.0.ID>,three}", "shape {tuple,2}"][content];
            let content = content.replace("ID", &id.to_string());
            let (from, to) = (["A", "B", "C"][from], ["A", "B", "C"][to]);
            now += step * 10;
            let last = arrived.entry((messages[id].0, messages[id].1)).or_default();
            *last = (now + under_way * 10 + 1).max(*last + 10);
            rows.push((now, id, format!("{now} {from} send {to} {content}")));
            rows.push((*last, id, format!("{last} {to} deliver {from} {content}")));
        }
        rows.sort_by_key(|row| row.0);
        let births = ["1 A spawn B m:f/0 []", "2 A spawn C m:f/0 []", "3 B spawned A m:f/0 []"];
        let lines = births.into_iter().chain(rows.iter().map(|row| row.2.as_str()));
        let script = Script::parse(&lines.collect::<Vec<_>>().join("\n")).unwrap();
        let (filter, registry) = (Filter::default(), Registry::new());
        let links = source::links(&script, &filter, LinkLimits::default()).unwrap();
        let mut whole = BTreeMap::new();
        for link in &links.links {
            whole.insert(link.from.event, (link.to, link.certainty));
            whole.insert(link.to.event, (link.from, link.certainty));
        }
        let message = |position: u64| rows.get((position as usize).checked_sub(births.len())?).map(|row| row.1);
        let mut all = Correlator::new(&script, &registry, &filter, Reach::default());
        let mut part = Correlator::new(&script, &registry, &filter, Reach { ahead, back });
        for (position, event) in (0..).zip(script.events()) {
            let found = all.of(Some(position), &event).unwrap();
            prop_assert_eq!(found.peer, whole.get(&position).copied());
            if !(position as usize).is_multiple_of(wanted) {
                continue;
            }
            if let Some((other, Certainty::Certain)) = part.of(Some(position), &event).unwrap().peer {
                prop_assert_eq!(message(other.event), message(position));
            }
        }
    }

    #[test]
    fn certain_messages_are_right(
        messages in messages(),
        shift in prop::collection::vec(0i64..6, PROCESSES as usize),
        gap in prop::option::of(gap_of(120)),
    ) {
        let mut events: Vec<(usize, bool, Event<'static>)> = Vec::new();
        for process in 0..PROCESSES {
            let what = What::Spawned { parent: ProcessId::NONE, function: BASE, arguments: VALUE };
            events.push((usize::MAX, false, Event { time: 0, process: ProcessId(process), what }));
        }
        let mut now = 0;
        let mut arrived: BTreeMap<(u32, u32), Nanos> = BTreeMap::new();
        for (id, &(from, to, content, step, under_way)) in messages.iter().enumerate() {
            now += step * 10;
            let message = Payload::full(CONTENTS[usize::from(content)]);
            let what = What::Send { to: ProcessId(to), message, receiver_exists: true };
            events.push((id, false, Event { time: now, process: ProcessId(from), what }));
            // The order between two processes is kept; the last digit keeps all times apart.
            let last = arrived.entry((from, to)).or_default();
            *last = (now + under_way * 10 + 1 + i64::from(from)).max(*last + 10);
            let what = What::Deliver { from: ProcessId(from), message };
            events.push((id, true, Event { time: *last, process: ProcessId(to), what }));
        }
        if let Some((process, since, until)) = gap {
            let (since, until) = (since * 10, until * 10);
            let its = |event: &Event<'_>| process.is_none_or(|process| event.process == ProcessId(process));
            events.retain(|(_, _, e)| !(its(e) && since < e.time && e.time < until));
            let process = process.map_or(ProcessId::NONE, ProcessId);
            let what = What::Gap { node: NodeId(0), cause: GapCause::Overload, missing: Missing::Unknown, since };
            events.push((usize::MAX, false, Event { time: until, process, what }));
        }
        // Processes are late by different amounts, which changes the order between them only.
        events.sort_by_key(|(_, _, event)| {
            let late = shift.get(event.process.0 as usize).copied().unwrap_or(0);
            (event.time + late * 10, event.process)
        });
        let gaps = Gaps::collect(events.iter().map(|(_, _, event)| *event));
        let tables = tables();
        let registry = Registry::new();
        let mut builder = LinksBuilder::new(&gaps, &registry, LinkLimits::default());
        events.iter().for_each(|(_, _, event)| builder.add(event, &tables));
        let links = builder.finish();
        let mut matched = 0;
        for link in links.links.iter().filter(|link| link.kind == LinkKind::Message) {
            let (from, to) = (&events[link.from.event as usize], &events[link.to.event as usize]);
            prop_assert!(!from.1 && to.1);
            if link.certainty == Certainty::Certain || gap.is_none() {
                prop_assert_eq!(from.0, to.0);
            }
            prop_assert!(gaps.is_complete(link.from.process, NodeId(0), link.from.time, link.to.time));
            matched += 1;
        }
        if gap.is_none() {
            prop_assert_eq!(matched, messages.len());
            prop_assert!(links.links.iter().all(|link| link.certainty == Certainty::Certain));
        }
    }
}
