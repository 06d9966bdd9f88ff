//! Which functions are likely to be handed, or to return, terms of any size.
//!
//! Levels [`Returns`](crate::Level::Returns) and [`Full`](crate::Level::Full) copy terms inside the VM without bound:
//! no match spec can see a term's depth, its sharing, or a return value. So they are refused for such functions
//! unless they are forced.

use pluto_term::{Atom, Limits, Reader, Term};

/// The largest tuple that is taken for a record with small fields.
const TUPLE_SIZE_MAX: i64 = 16;

/// Arguments of a function that are looked at.
const CALLS_MAX: usize = 1_000;

/// Why a level that copies terms without bound is likely to copy a large one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Risk {
    /// A callback of an OTP behaviour, which is given the state of its process or returns it.
    Callback,
    /// An argument was a map.
    Map {
        /// Which argument, from 1.
        argument: u32,
        /// The largest number of keys seen.
        keys: i64,
    },
    /// An argument was a list that is not empty.
    List {
        /// Which argument, from 1.
        argument: u32,
    },
    /// An argument was a tuple of more than 16 elements.
    WideTuple {
        /// Which argument, from 1.
        argument: u32,
        /// The largest number of elements seen.
        size: i64,
    },
}

impl std::fmt::Display for Risk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Risk::Callback => f.write_str("a callback of a behaviour is given the state of its process"),
            Risk::Map { argument, keys } => write!(f, "argument {argument} was a map of {keys} keys"),
            Risk::List { argument } => write!(f, "argument {argument} was a list"),
            Risk::WideTuple { argument, size } => {
                write!(f, "argument {argument} was a tuple of {size} elements")
            }
        }
    }
}

/// Callbacks that carry state, by name and arity: of `gen_server`, `gen_statem`, `gen_event`, `gen_fsm` and their
/// likes in Elixir.
const CALLBACKS: [(&str, u32); 17] = [
    ("handle_call", 3),
    ("handle_call", 2),
    ("handle_cast", 2),
    ("handle_info", 2),
    ("handle_info", 3),
    ("handle_continue", 2),
    ("handle_event", 2),
    ("handle_event", 3),
    ("handle_event", 4),
    ("handle_sync_event", 4),
    ("handle_events", 3),
    ("handle_demand", 2),
    ("handle_batch", 4),
    ("code_change", 3),
    ("code_change", 4),
    ("terminate", 2),
    ("terminate", 3),
];

/// Callbacks that are such only in a module that says so.
const CALLBACKS_OF_BEHAVIOURS: [(&str, u32); 3] = [("init", 1), ("format_status", 1), ("format_status", 2)];

/// Why `returns` or `full` on this function needs to be forced; nothing where it does not.
///
/// `behaviours` are those of the module's attributes `behaviour` and `behavior`. `observed` are lists of shapes, as
/// events carry them, of calls that were seen at level `calls`; the first 1,000 are looked at.
#[must_use]
pub fn risks<'a>(
    function: &Atom,
    arity: u32,
    behaviours: &[Atom],
    observed: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Risk> {
    let mut risks = Vec::new();
    if is_callback(function.as_str(), arity, behaviours) {
        risks.push(Risk::Callback);
    }
    for bytes in observed.into_iter().take(CALLS_MAX) {
        let Ok(Term::List(shapes)) = Reader::new(bytes, &Limits::default()).term() else { continue };
        for (argument, shape) in (1..).zip(&shapes) {
            if let Some(risk) = risk_of_shape(argument, shape) {
                add(&mut risks, risk);
            }
        }
    }
    risks
}

fn is_callback(function: &str, arity: u32, behaviours: &[Atom]) -> bool {
    let is = |callbacks: &[(&str, u32)]| callbacks.contains(&(function, arity));
    let machine = behaviours.iter().any(|behaviour| matches!(behaviour.as_str(), "gen_statem" | "gen_fsm"));
    let process = behaviours.iter().any(|behaviour| {
        let name = behaviour.as_str();
        name.starts_with("gen_")
            || matches!(name, "supervisor" | "Elixir.GenServer" | "Elixir.GenStage" | "Elixir.Broadway")
    });
    // A state of a state machine is a function of three arguments with any name (of two in gen_fsm).
    is(&CALLBACKS) || (process && is(&CALLBACKS_OF_BEHAVIOURS)) || (machine && matches!(arity, 2 | 3))
}

fn risk_of_shape(argument: u32, shape: &Term) -> Option<Risk> {
    match shape.as_tuple()? {
        [kind, keys] if kind.as_atom() == Some("map") => Some(Risk::Map { argument, keys: keys.as_int()? }),
        [kind] if kind.as_atom() == Some("list") => Some(Risk::List { argument }),
        [kind, size, ..] if kind.as_atom() == Some("tuple") => {
            let size = size.as_int()?;
            (size > TUPLE_SIZE_MAX).then_some(Risk::WideTuple { argument, size })
        }
        _ => None,
    }
}

/// One risk of a kind for each argument, with the largest figure.
fn add(risks: &mut Vec<Risk>, risk: Risk) {
    for known in risks.iter_mut() {
        match (known, &risk) {
            (Risk::Map { argument: a, keys: most }, Risk::Map { argument: b, keys }) if a == b => {
                *most = (*most).max(*keys);
                return;
            }
            (Risk::WideTuple { argument: a, size: most }, Risk::WideTuple { argument: b, size })
                if a == b =>
            {
                *most = (*most).max(*size);
                return;
            }
            (Risk::List { argument: a }, Risk::List { argument: b }) if a == b => return,
            _ => {}
        }
    }
    risks.push(risk);
}
