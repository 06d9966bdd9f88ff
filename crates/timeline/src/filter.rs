//! Which events and calls are wanted.

mod near;

use crate::calls::{Call, Keep};
use crate::names::{Names, Syntax};
use crate::registry::Registry;
use pluto_event::{Event, FunctionId, Identity, Kind, Nanos, ProcessId, Tables};
use rustc_hash::FxHashMap;

/// What was asked for, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterSpec {
    /// Not before this time.
    pub since: Option<Nanos>,
    /// Not after this time.
    pub until: Option<Nanos>,
    /// Processes: `<0.123.0>`, `0.123.0`, each with `@node` after it where wanted, or a registered name.
    pub processes: Vec<String>,
    /// Functions: `shop:place_order/2`, `shop:place_order`, `shop:_`, `shop`, or the same in Elixir's spelling.
    pub functions: Vec<String>,
    /// Kinds of event; all where there is none. Gaps always pass.
    pub kinds: Vec<Kind>,
    /// Which calls.
    pub keep: Keep,
}

/// A part of a filter that nothing in the stream answers to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No process has this name.
    #[error("no process `{asked}` in this recording")]
    NoSuchProcess {
        /// As it was asked for.
        asked: String,
        /// Names that are there and look like it.
        near: Vec<String>,
    },
    /// No function is spelled so.
    #[error("no function `{asked}` in this recording")]
    NoSuchFunction {
        /// As it was asked for.
        asked: String,
        /// Functions that are there and look like it, in the same spelling.
        near: Vec<String>,
    },
}

/// What was asked for, in the ids of one stream.
#[derive(Clone, Debug)]
pub struct Filter {
    since: Nanos,
    until: Nanos,
    processes: Option<Vec<ProcessId>>,
    /// When those processes are wanted that were asked for by name only: while they had it.
    named: FxHashMap<ProcessId, Vec<(Nanos, Nanos)>>,
    functions: Option<Vec<FunctionId>>,
    kinds: u32,
    keep: Keep,
}

impl Default for Filter {
    /// Lets everything pass.
    fn default() -> Filter {
        Filter {
            since: Nanos::MIN,
            until: Nanos::MAX,
            processes: None,
            named: FxHashMap::default(),
            functions: None,
            kinds: u32::MAX,
            keep: Keep::default(),
        }
    }
}

impl FilterSpec {
    /// Finds the processes and functions. A name stands for each process that had it, while it had it.
    pub fn resolve(&self, tables: &Tables, registry: &Registry) -> Result<Filter, FilterError> {
        let mut filter = Filter {
            since: self.since.unwrap_or(Nanos::MIN),
            until: self.until.unwrap_or(Nanos::MAX),
            keep: self.keep,
            ..Filter::default()
        };
        if !self.kinds.is_empty() {
            let bits = self.kinds.iter().map(|&kind| kind_bit(kind));
            filter.kinds = bits.fold(kind_bit(Kind::Gap), |all, one| all | one);
        }
        if !self.processes.is_empty() {
            let mut wanted = Vec::new();
            for text in &self.processes {
                let before = wanted.len();
                find_processes(text, tables, &mut wanted);
                let holders = find_holders(text, tables, registry);
                if wanted.len() == before && holders.is_empty() {
                    let near = near::processes(name_and_node(text).0, tables, registry);
                    return Err(FilterError::NoSuchProcess { asked: text.clone(), near });
                }
                for (process, since, until) in holders {
                    filter.named.entry(process).or_default().push((since, until));
                }
            }
            filter.named.retain(|process, _| !wanted.contains(process));
            wanted.extend(filter.named.keys());
            filter.processes = Some(sorted(wanted));
        }
        if !self.functions.is_empty() {
            let mut wanted = Vec::new();
            for text in &self.functions {
                let before = wanted.len();
                find_functions(text, tables, &mut wanted);
                if wanted.len() == before {
                    let near = near::functions(text, tables);
                    return Err(FilterError::NoSuchFunction { asked: text.clone(), near });
                }
            }
            filter.functions = Some(sorted(wanted));
        }
        Ok(filter)
    }
}

fn sorted<T: Ord>(mut ids: Vec<T>) -> Vec<T> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn kind_bit(kind: Kind) -> u32 {
    1 << (kind as u32)
}

/// `name@node`, or a name on any node.
fn name_and_node(text: &str) -> (&str, Option<&str>) {
    match text.split_once('@') {
        Some((name, node)) => (name, Some(node)),
        None => (text, None),
    }
}

/// The processes that had a registered name, each with the first and the last time of it.
fn find_holders(text: &str, tables: &Tables, registry: &Registry) -> Vec<(ProcessId, Nanos, Nanos)> {
    let (name, node) = name_and_node(text);
    let names = Names::new(tables, Syntax::Auto);
    let on_node = |id: ProcessId| tables.process(id).is_ok_and(|row| node == Some(&names.node(row.node)));
    registry
        .times()
        .filter(|(id, held)| spells(name, &held.name) && (node.is_none() || on_node(*id)))
        .map(|(id, held)| (id, held.since, held.until))
        .collect()
}

fn find_processes(text: &str, tables: &Tables, wanted: &mut Vec<ProcessId>) {
    let (name, node) = name_and_node(text);
    let bare = name.trim_start_matches('<').trim_end_matches('>');
    let names = Names::new(tables, Syntax::Auto);
    let ids = (0u32..).map(ProcessId).zip(tables.processes());
    wanted.extend(ids.filter_map(|(id, process)| {
        let is_it = match process.identity {
            Identity::Pid { number, serial } => bare == format!("0.{number}.{serial}"),
            Identity::Port { number } => name == format!("#Port<0.{number}>"),
            Identity::Name { name: atom } => tables.atom(atom).is_ok_and(|atom| spells(name, atom)),
        };
        (is_it && node.is_none_or(|node| names.node(process.node) == node)).then_some(id)
    }));
}

/// Whether `text` names the atom, in either language's spelling.
fn spells(text: &str, atom: &str) -> bool {
    text == atom || text.strip_prefix(':') == Some(atom) || atom.strip_prefix("Elixir.") == Some(text)
}

fn find_functions(text: &str, tables: &Tables, wanted: &mut Vec<FunctionId>) {
    let ids = (0u32..).map(FunctionId).zip(tables.functions());
    wanted.extend(ids.filter_map(|(id, function)| {
        let module = tables.atom(function.module).ok()?;
        let name = tables.atom(function.name).ok()?;
        let (plain, arity) = match text.rsplit_once('/') {
            Some((plain, arity)) if arity.parse() == Ok(function.arity) => (plain, true),
            _ => (text, false),
        };
        let spellings =
            [format!("{module}:"), format!("'{module}':"), format!("{module}."), format!(":{module}.")];
        let elixir = module.strip_prefix("Elixir.").map(|alias| format!("{alias}."));
        let rest = spellings.iter().chain(&elixir).find_map(|prefix| plain.strip_prefix(prefix.as_str()));
        let is_it = match rest {
            Some(rest) => rest == name || rest.trim_matches(['\'', '"']) == name || (rest == "_" && !arity),
            None => !arity && spells(plain, module),
        };
        is_it.then_some(id)
    }));
}

impl Filter {
    /// The same filter for calls that a wider one has let pass: it looks at the calls' own properties only.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// The first wanted time.
    pub fn since(&self) -> Nanos {
        self.since
    }

    /// The last wanted time.
    pub fn until(&self) -> Nanos {
        self.until
    }

    /// The wanted processes, sorted; `None` for all.
    pub fn processes(&self) -> Option<&[ProcessId]> {
        self.processes.as_deref()
    }

    /// The wanted functions, sorted; `None` for all.
    pub fn functions(&self) -> Option<&[FunctionId]> {
        self.functions.as_deref()
    }

    /// Whether events of this kind are wanted.
    pub fn wants_kind(&self, kind: Kind) -> bool {
        self.kinds & kind_bit(kind) != 0
    }

    /// Whether the process is wanted; gaps of whole nodes have none.
    pub fn wants_process(&self, process: ProcessId) -> bool {
        self.processes.as_ref().is_none_or(|wanted| wanted.binary_search(&process).is_ok())
    }

    /// Whether what the process did at a time is wanted.
    fn wants_process_at(&self, process: ProcessId, time: Nanos) -> bool {
        let held =
            |times: &Vec<(Nanos, Nanos)>| times.iter().any(|&(since, until)| since <= time && time <= until);
        self.wants_process(process) && self.named.get(&process).is_none_or(held)
    }

    /// Whether the event is wanted. A gap is wanted where it may hide a wanted event.
    pub fn wants(&self, event: &Event<'_>) -> bool {
        if let pluto_event::What::Gap { since, .. } = event.what {
            let hides = event.process.is_none() || self.wants_process(event.process);
            return since <= self.until && event.time >= self.since && hides;
        }
        (self.since..=self.until).contains(&event.time)
            && self.wants_kind(event.what.kind())
            && self.wants_process_at(event.process, event.time)
            && self.wants_function(event.what.function())
    }

    fn wants_function(&self, function: FunctionId) -> bool {
        self.functions.as_ref().is_none_or(|wanted| wanted.binary_search(&function).is_ok())
    }

    /// Whether the event is needed to pair the calls of wanted processes: kinds and functions do not count, since
    /// every call matters to the nesting.
    pub fn is_needed_for_calls(&self, event: &Event<'_>) -> bool {
        (self.since..=self.until).contains(&event.time) && self.wants_process(event.process)
    }

    /// Whether the call is wanted.
    pub fn wants_call(&self, call: &Call) -> bool {
        (self.since..=self.until).contains(&call.start)
            && self.wants_process_at(call.process, call.start)
            && self.wants_function(call.function)
            && self.keep.wants(call)
    }
}
