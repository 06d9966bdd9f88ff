//! Looking things up on a node: its release, its modules' functions, its processes.

use crate::probe::Probe;
use pluto_agent::Mfa;
use pluto_dist::{CallError, Connection};
use pluto_matchspec::{CompileError, Otp, Pattern, Spelling};
use pluto_source::near_misses;
use pluto_term::{Atom, Pid, PrintLimits, Syntax, Term};
use std::time::Duration;

/// How long a look-up may take.
pub(super) const LOOKUP: Duration = Duration::from_secs(10);

/// Functions that one pattern may stand for without `force`.
const FUNCTIONS_MAX: usize = 1_000;

/// Names that are suggested for one that is not there.
const SUGGESTIONS_MAX: usize = 3;

/// Why a pattern or a process cannot be traced on a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The module is not loaded on the node.
    #[error("module {module} is not loaded on the node")]
    NoModule {
        /// The module, in the spelling of the pattern.
        module: String,
        /// Whether the node could load it; it does so at the first call.
        on_disk: bool,
        /// Loaded modules with names like it, in the spelling of the pattern.
        near: Vec<String>,
    },
    /// The module has no such function.
    #[error("module {module} has no function {function}{}", arity.map_or(String::new(), |a| format!("/{a}")))]
    NoFunction {
        /// The module, in the spelling of the pattern.
        module: String,
        /// The function.
        function: String,
        /// Its arity, where the pattern says one.
        arity: Option<u32>,
        /// Functions of the module with names like it, with their arity.
        near: Vec<String>,
    },
    /// The only functions that the pattern stands for have a name that stands for all functions to the VM.
    #[error("{function} cannot be traced: to the VM '_' stands for every function of the module")]
    Wildcard {
        /// The first of them, as `module:name/arity`.
        function: String,
    },
    /// The pattern stands for more functions than one should trace at once.
    #[error("the pattern stands for {count} functions, more than {max}")]
    TooManyFunctions {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// The pattern cannot be made into a match specification for this release.
    #[error("the pattern cannot be traced on this node: {0}")]
    Compile(#[from] CompileError),
    /// The node has no such process.
    #[error("there is no process {process} on the node")]
    NoProcess {
        /// As it was asked for.
        process: String,
        /// Registered names like it, in the same spelling.
        near: Vec<String>,
    },
    /// What was asked for is not the spelling of a process.
    #[error("{process} is not a process: a pid as <0.123.0>, or a registered name")]
    NotAProcess {
        /// As it was asked for.
        process: String,
    },
    /// The node answered something unexpected.
    #[error("the node's answer about {what} cannot be read")]
    Strange {
        /// What was asked.
        what: &'static str,
    },
    /// The node could not be asked.
    #[error("the node could not be asked: {0}")]
    Call(#[from] CallError),
}

impl ResolveError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            ResolveError::NoModule { near, .. }
            | ResolveError::NoFunction { near, .. }
            | ResolveError::NoProcess { near, .. }
                if !near.is_empty() =>
            {
                return Some(format!("did you mean {}?", near.join(", ")));
            }
            ResolveError::NoModule { on_disk: true, .. } => {
                "the node has its code, and loads it at the first call; Pluto loads nothing for you"
            }
            ResolveError::Wildcard { .. } => "the other functions of the module can be traced by their names",
            ResolveError::TooManyFunctions { .. } => "narrow the pattern, or use --force",
            ResolveError::NotAProcess { .. } | ResolveError::NoProcess { .. } => {
                "processes are spelled as <0.123.0> or by registered name"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// The OTP release of a node.
pub(super) async fn release(connection: &Connection) -> Result<Otp, ResolveError> {
    let answer = connection.call("erlang", "system_info", vec![Term::atom("otp_release")], LOOKUP).await?;
    text(&answer)
        .and_then(|text| text.parse().ok())
        .map(Otp)
        .ok_or(ResolveError::Strange { what: "its release" })
}

/// The text of a list of characters.
#[must_use]
pub fn text(term: &Term) -> Option<String> {
    term.as_list()?.iter().map(|character| char::from_u32(u32::try_from(character.as_int()?).ok()?)).collect()
}

/// What a pattern stands for on a node.
pub(super) struct Resolved {
    pub(super) functions: Vec<Mfa>,
    /// Functions that cannot be traced, by their name.
    pub(super) left_out: Vec<Mfa>,
}

/// The functions that a pattern stands for.
pub(super) async fn functions(
    connection: &Connection,
    probe: &Probe,
    pattern: &Pattern,
) -> Result<Resolved, ResolveError> {
    let module = pattern.module.clone();
    let loaded = connection.call("erlang", "module_loaded", vec![Term::Atom(module.clone())], LOOKUP).await?;
    if loaded.as_atom() != Some("true") {
        return Err(no_module(connection, pattern).await?);
    }
    let all = module_functions(connection, &module).await?;
    let matching = all.iter().filter(|function| is_wanted(pattern, function));
    let (left_out, wanted): (Vec<&(Atom, u8)>, Vec<_>) = matching.partition(|(name, _)| name.as_str() == "_");
    let mfa =
        |(name, arity): &(Atom, u8)| Mfa { module: module.clone(), function: name.clone(), arity: *arity };
    if let ([], [first, ..]) = (wanted.as_slice(), left_out.as_slice()) {
        return Err(ResolveError::Wildcard { function: mfa(first).to_string() });
    }
    if wanted.is_empty() {
        return Err(no_function(pattern, &all));
    }
    if wanted.len() > FUNCTIONS_MAX && !probe.force {
        return Err(ResolveError::TooManyFunctions { count: wanted.len(), max: FUNCTIONS_MAX });
    }
    let mfas = |functions: Vec<&(Atom, u8)>| functions.into_iter().map(mfa).collect();
    Ok(Resolved { functions: mfas(wanted), left_out: mfas(left_out) })
}

/// Whether a function is meant by a pattern. A pattern for the whole module leaves out what the compiler adds.
fn is_wanted(pattern: &Pattern, (name, arity): &(Atom, u8)) -> bool {
    let arity_fits = pattern.arity.is_none_or(|wanted| wanted == u32::from(*arity));
    match &pattern.function {
        Some(wanted) => wanted == name && arity_fits,
        None => {
            let made = matches!(name.as_str(), "module_info" | "behaviour_info" | "__info__" | "__struct__");
            arity_fits && !made && !name.as_str().starts_with('-')
        }
    }
}

/// All functions of a module, the local ones too.
async fn module_functions(connection: &Connection, module: &Atom) -> Result<Vec<(Atom, u8)>, ResolveError> {
    let arguments = vec![Term::Atom(module.clone()), Term::atom("functions")];
    let answer = connection.call("erlang", "get_module_info", arguments, LOOKUP).await?;
    let strange = ResolveError::Strange { what: "a module's functions" };
    let pairs = answer.as_list().ok_or(strange)?;
    Ok(pairs
        .iter()
        .filter_map(|pair| match pair.as_tuple()? {
            [Term::Atom(name), arity] => Some((name.clone(), u8::try_from(arity.as_int()?).ok()?)),
            _ => None,
        })
        .collect())
}

/// The behaviours that a module says it has.
pub(super) async fn behaviours(connection: &Connection, module: &Atom) -> Result<Vec<Atom>, ResolveError> {
    let arguments = vec![Term::Atom(module.clone()), Term::atom("attributes")];
    let answer = connection.call("erlang", "get_module_info", arguments, LOOKUP).await?;
    let attributes = answer.as_list().ok_or(ResolveError::Strange { what: "a module's attributes" })?;
    let named = |attribute: &Term| match attribute.as_tuple() {
        Some([name, values]) if matches!(name.as_atom(), Some("behaviour" | "behavior")) => {
            values.as_list().map(|values| values.iter().filter_map(Term::as_atom).map(Atom::new).collect())
        }
        _ => None,
    };
    Ok(attributes.iter().filter_map(named).flat_map(|list: Vec<Atom>| list).collect())
}

async fn no_module(connection: &Connection, pattern: &Pattern) -> Result<ResolveError, ResolveError> {
    let loaded = connection.call("erlang", "loaded", vec![], LOOKUP).await?;
    let spelled = |name: &Atom| module_text(name, pattern.spelling);
    let atom = |name: &Term| name.as_atom().map(Atom::new);
    let names: Vec<String> =
        loaded.as_list().unwrap_or_default().iter().filter_map(atom).map(|name| spelled(&name)).collect();
    let module = spelled(&pattern.module);
    // Names are compared as they are spelled: a prefix that all share would make the distant look near.
    let near = near_misses(&module, names.iter().map(String::as_str));
    let near = near.into_iter().map(str::to_owned).collect();
    let which = connection.call("code", "which", vec![Term::Atom(pattern.module.clone())], LOOKUP).await?;
    let on_disk = which.as_atom() != Some("non_existing");
    Ok(ResolveError::NoModule { module, on_disk, near })
}

/// A module as one writes it in a spelling: `MyApp.Orders` and `:shop` in Elixir's, `'Elixir.MyApp.Orders'` and `shop` in
/// Erlang's.
fn module_text(module: &Atom, spelling: Spelling) -> String {
    let syntax = match spelling {
        Spelling::Elixir => Syntax::Elixir,
        Spelling::Erlang | Spelling::Recon => Syntax::Erlang,
    };
    Term::Atom(module.clone()).display(syntax, &PrintLimits::NONE).to_string()
}

fn no_function(pattern: &Pattern, all: &[(Atom, u8)]) -> ResolveError {
    let wanted = pattern.function.as_ref().map_or("_", Atom::as_str);
    let mut names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let near_names: Vec<&str> = match names.binary_search(&wanted) {
        Ok(_) => vec![wanted],
        Err(_) => near_misses(wanted, names),
    };
    let near = near_names
        .iter()
        .flat_map(|near| all.iter().filter(move |(name, _)| name.as_str() == *near))
        .map(|(name, arity)| format!("{}/{arity}", name.as_str()))
        .take(SUGGESTIONS_MAX)
        .collect();
    ResolveError::NoFunction {
        module: module_text(&pattern.module, pattern.spelling),
        function: wanted.to_owned(),
        arity: pattern.arity,
        near,
    }
}

/// The pids of processes that are named by pid or by registered name.
pub(super) async fn processes(connection: &Connection, wanted: &[String]) -> Result<Vec<Pid>, ResolveError> {
    let mut pids = Vec::with_capacity(wanted.len());
    for process in wanted {
        pids.push(self::process(connection, process).await?);
    }
    Ok(pids)
}

async fn process(connection: &Connection, wanted: &str) -> Result<Pid, ResolveError> {
    let no_process = |near| ResolveError::NoProcess { process: wanted.to_owned(), near };
    if wanted.starts_with('<') || wanted.starts_with("#PID<") {
        let text = wanted.trim_start_matches("#PID");
        let characters = Term::list(text.bytes().map(|byte| Term::int(i64::from(byte))));
        return match connection.call("erlang", "list_to_pid", vec![characters], LOOKUP).await {
            Ok(Term::Pid(pid)) => alive(connection, pid).await?.ok_or_else(|| no_process(Vec::new())),
            Ok(_) | Err(CallError::Error { .. }) => {
                Err(ResolveError::NotAProcess { process: wanted.to_owned() })
            }
            Err(error) => Err(error.into()),
        };
    }
    let not_a_name = |_| ResolveError::NotAProcess { process: wanted.to_owned() };
    let syntax = if wanted.starts_with(char::is_uppercase) { Syntax::Elixir } else { Syntax::Erlang };
    let Term::Atom(name) = pluto_term::parse(wanted, syntax).map_err(not_a_name)? else {
        return Err(ResolveError::NotAProcess { process: wanted.to_owned() });
    };
    match connection.call("erlang", "whereis", vec![Term::Atom(name.clone())], LOOKUP).await? {
        Term::Pid(pid) => Ok(pid),
        _ => Err(no_process(near_names(connection, &name, syntax).await?)),
    }
}

/// The registered names of a node that look like one that is not there.
async fn near_names(
    connection: &Connection,
    wanted: &Atom,
    syntax: Syntax,
) -> Result<Vec<String>, ResolveError> {
    let registered = super::registered_names(connection).await?;
    let spelled = |name: &Atom| Term::Atom(name.clone()).display(syntax, &PrintLimits::NONE).to_string();
    let names: Vec<String> = registered.names.iter().map(|(name, _)| spelled(name)).collect();
    let near = near_misses(&spelled(wanted), names.iter().map(String::as_str));
    Ok(near.into_iter().map(str::to_owned).collect())
}

async fn alive(connection: &Connection, pid: Pid) -> Result<Option<Pid>, ResolveError> {
    let answer = connection.call("erlang", "is_process_alive", vec![Term::Pid(pid.clone())], LOOKUP).await?;
    Ok((answer.as_atom() == Some("true")).then_some(pid))
}
