//! From a pattern to what a node is told: a match spec, and the flags of the traced processes.
//!
//! Costs on OTP 25, in nanoseconds per call over an untraced one, where a bare event with full arguments of one word
//! costs 380: running a match spec 60; a message that must be built on the heap 90 more, one that is an argument, a
//! constant or a small integer 5; a type test or comparison in a guard 6 to 10. So a single scalar argument is sent as
//! it is, two small integers as one, several scalars as one tuple, and only other arguments go through the general
//! projection. Where it is known what a function is mostly called with, a clause for just that comes first, see
//! [`Signature`]. `cargo bench -p pluto-matchspec` measures it.

use crate::operations::unavailable;
use crate::pattern::Pattern;
use crate::predicate::Predicate;
use crate::projection::Projection;
use crate::signature::Signature;
use crate::spec::{call, conjunction, disjunction, tuple, variable};
use pluto_term::{Atom, Term};

/// How much of a call is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Level {
    /// Scalar arguments in full and the shape of the rest. Bounded.
    #[default]
    Calls,
    /// Return values and exceptions besides. Copies them without bound.
    Returns,
    /// Full arguments, return values and exceptions. Copies them without bound.
    Full,
}

/// How durations are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Timing {
    /// Not at all.
    #[default]
    Off,
    /// By the process flag `return_to`: no values, no end of a single call within a chain of traced ones.
    ReturnTo,
    /// By an event at each return and exception, which copies the value without bound and breaks tail calls.
    ReturnTrace,
}

/// An OTP release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Otp(pub u32);

impl Otp {
    /// The oldest release that is supported.
    pub const OLDEST: Otp = Otp(25);
}

/// Which calls are recorded at all. A call is recorded with its return, or neither is.
///
/// Sampling keeps its state in the trace control word, of which a node has one: all patterns that are armed at the
/// same time must have the same sampling, and nobody else may use the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Sampling {
    /// All of them.
    #[default]
    None,
    /// One in so many (at least 1) on average, over all processes and functions, drawn by chance: taking each N-th call
    /// would take the same functions of each round of a server again and again, and of others none. The first call
    /// is taken.
    OneIn(u32),
    /// At most about so many (at least 1) per second: each one takes a credit from the control word, which the agent
    /// sets to what the coming interval allows.
    PerSecond(u32),
}

/// What a node is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    /// The match spec for `erlang:trace_pattern/3` or `trace:function/4` with option `local`.
    pub match_spec: Term,
    /// The flags that the traced processes need.
    pub process_flags: ProcessFlags,
    /// How the `{message, X}` values of its call events are read.
    pub projection: Projection,
    /// Whether a `return_from` or `exception_from` event follows each call event.
    pub ends_reported: bool,
}

/// Flags for `erlang:trace/3` and `trace:process/4`. `call`, `arity` and a monotonic timestamp are always needed:
/// with `arity` on for every process, no pattern can make a node copy arguments that another pattern projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ProcessFlags {
    /// `return_to`
    pub return_to: bool,
}

impl ProcessFlags {
    /// The flags as the node takes them.
    #[must_use]
    pub fn atoms(self) -> Vec<Atom> {
        let mut flags = vec!["call", "arity", "monotonic_timestamp"];
        if self.return_to {
            flags.push("return_to");
        }
        flags.into_iter().map(Atom::new).collect()
    }

    /// The flags that both need.
    #[must_use]
    pub fn union(self, other: ProcessFlags) -> ProcessFlags {
        ProcessFlags { return_to: self.return_to || other.return_to }
    }
}

/// A pattern that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The function has another arity than the pattern.
    #[error("the pattern is for {pattern} arguments, the function takes {function}")]
    Arity {
        /// What the pattern says.
        pattern: u32,
        /// What was asked for.
        function: u32,
    },
    /// No function has so many arguments.
    #[error("no function takes {arity} arguments")]
    ArityTooLarge {
        /// What was asked for.
        arity: u32,
    },
    /// A release before [`Otp::OLDEST`].
    #[error("OTP {} is older than OTP {}", .otp.0, Otp::OLDEST.0)]
    Release {
        /// The release.
        otp: Otp,
    },
    /// The release has no such operation in match specs.
    #[error("OTP {} has no {name}/{operands} in match specs", .otp.0)]
    Unavailable {
        /// Its name.
        name: String,
        /// Its number of operands.
        operands: u32,
        /// The release.
        otp: Otp,
    },
    /// Sampling none of the calls.
    #[error("a sample of nothing")]
    EmptySample,
}

/// Compiles `pattern` for a function of `arity` arguments on a release.
///
/// [`Pattern::requests`] is left to the caller, who maps it to `level` and `timing`.
///
/// # Errors
/// Arguments that do not go together.
pub fn compile(
    pattern: &Pattern,
    arity: u32,
    level: Level,
    timing: Timing,
    otp: Otp,
    sampling: Sampling,
) -> Result<Compiled, CompileError> {
    compile_with(&[pattern], arity, level, timing, otp, sampling, &[])
}

/// The same for several patterns, of which a call has to match one, as a function has one match spec; and with clauses
/// for `signatures` before those that are always there, in their order. What is recorded does not depend on them. They
/// are of no use at level [`Level::Full`].
///
/// # Errors
/// As [`compile`].
pub fn compile_with(
    patterns: &[&Pattern],
    arity: u32,
    level: Level,
    timing: Timing,
    otp: Otp,
    sampling: Sampling,
    signatures: &[Signature],
) -> Result<Compiled, CompileError> {
    patterns.iter().try_for_each(|pattern| check(pattern, arity, otp, sampling))?;
    let ends_reported = level != Level::Calls || timing == Timing::ReturnTrace;
    let mut clauses = Vec::new();
    let whole_head = || Term::list((0..arity).map(variable));
    if let Some(predicate) = Predicate::any(patterns) {
        let guard = call("not", [conjunction(predicate.guards())]);
        clauses.push(clause(whole_head(), vec![guard], vec![message(Term::atom("false"))]));
    }
    if let Some((guard, action)) = rejecting(sampling) {
        let mut body: Vec<Term> = action.into_iter().collect();
        body.push(message(Term::atom("false")));
        clauses.push(clause(Term::atom("_"), vec![guard], body));
    }
    let mut common = Vec::new();
    common.extend(accepting(sampling));
    if ends_reported {
        common.push(call("exception_trace", []));
    }
    let body = |message_of: Option<Term>| {
        let mut body = common.clone();
        body.extend(message_of.map(message));
        body
    };
    if level != Level::Full {
        for signature in signatures.iter().filter(|signature| signature.arity() == arity) {
            let (head, guards, sent) = signature.clause();
            clauses.push(clause(head, guards, body(Some(sent))));
        }
    }
    match (level, arity) {
        (_, 0) => {
            let body = body(None);
            // Without any clause the node runs no match spec at all.
            if !clauses.is_empty() || !body.is_empty() {
                clauses.push(clause(Term::atom("_"), vec![], body));
            }
        }
        (Level::Full, _) => clauses.push(clause(whole_head(), vec![], body(Some(Term::atom("$$"))))),
        (_, 1) => clauses.extend(single(body)),
        _ => {
            let variables = || (0..arity).map(variable);
            if arity <= INTEGERS_ARITY_MAX {
                let (bits, sent) =
                    if arity == 2 { (PACKED_BITS, packed()) } else { (SMALL_BITS, tuple(variables())) };
                clauses.push(clause(whole_head(), vec![integers_below(bits, variables())], body(Some(sent))));
            }
            let scalars = variables().map(|v| small_scalar(&v)).collect();
            clauses.push(clause(whole_head(), scalars, body(Some(tuple(variables())))));
            clauses.push(clause(
                whole_head(),
                vec![],
                body(Some(tuple(variables().flat_map(|v| slots(&v))))),
            ));
        }
    }
    let match_spec = Term::list(clauses);
    if let Some((name, operands)) = unavailable(&match_spec, otp) {
        return Err(CompileError::Unavailable { name, operands, otp });
    }
    Ok(Compiled {
        match_spec,
        process_flags: ProcessFlags { return_to: timing == Timing::ReturnTo },
        projection: if level == Level::Full { Projection::full(arity) } else { Projection::shapes(arity) },
        ends_reported,
    })
}

fn check(pattern: &Pattern, arity: u32, otp: Otp, sampling: Sampling) -> Result<(), CompileError> {
    if otp < Otp::OLDEST {
        return Err(CompileError::Release { otp });
    }
    if arity > 255 {
        return Err(CompileError::ArityTooLarge { arity });
    }
    if let Some(wanted) = pattern.arity.filter(|wanted| *wanted != arity) {
        return Err(CompileError::Arity { pattern: wanted, function: arity });
    }
    if matches!(sampling, Sampling::OneIn(0) | Sampling::PerSecond(0)) {
        return Err(CompileError::EmptySample);
    }
    Ok(())
}

fn clause(head: Term, guards: Vec<Term>, body: Vec<Term>) -> Term {
    Term::tuple([head, Term::List(guards), Term::List(body)])
}

fn message(value: Term) -> Term {
    call("message", [value])
}

/// A single argument is the message itself where it is a scalar. The messages `true` and `false` mean something
/// else to the VM, so these two come as constants.
fn single(body: impl Fn(Option<Term>) -> Vec<Term>) -> [Term; 4] {
    let argument = variable(0);
    let head = |term: Term| Term::list([term]);
    let boolean = |name: &str| {
        let constant = call("const", [Term::tuple([Term::atom(name)])]);
        clause(head(Term::atom(name)), vec![], body(Some(constant)))
    };
    let general = tuple(slots(&argument));
    [
        clause(
            head(argument.clone()),
            vec![small_scalar_but_boolean(&argument)],
            body(Some(argument.clone())),
        ),
        boolean("true"),
        boolean("false"),
        clause(head(argument), vec![], body(Some(general))),
    ]
}

/// The guard and the action of the clause that drops what is not in the sample.
fn rejecting(sampling: Sampling) -> Option<(Term, Option<Term>)> {
    let word = || call("get_tcw", []);
    match sampling {
        Sampling::None | Sampling::OneIn(1) => None,
        Sampling::OneIn(n) => Some((call(">=", [word(), Term::from(taken_below(n))]), Some(draw()))),
        Sampling::PerSecond(_) => Some((call("=:=", [word(), Term::int(0)]), None)),
    }
}

/// The action of what is in the sample.
fn accepting(sampling: Sampling) -> Option<Term> {
    match sampling {
        Sampling::None | Sampling::OneIn(1) => None,
        Sampling::OneIn(_) => Some(draw()),
        Sampling::PerSecond(_) => Some(call("set_tcw", [call("-", [call("get_tcw", []), Term::int(1)])])),
    }
}

/// Bits of a number that is drawn. The control word has 32, and what is computed on the way must be a small integer.
const DRAWN_BITS: u32 = 31;

/// A linear congruential generator with all of its numbers in one cycle. Its multiplier is of L'Ecuyer, "Tables of
/// linear congruential generators of different sizes and good lattice structure" (1999).
const MULTIPLIER: u32 = 37_769_685;
const INCREMENT: u32 = 1_013_904_223;

/// Of the numbers that are drawn, which say that a call is taken. The comparison is by the high bits, since the low
/// ones of such a generator are not by chance.
fn taken_below(n: u32) -> u32 {
    ((1 << DRAWN_BITS) / n.max(1)).max(1)
}

/// Draws the number for the next call. Calls on several schedulers at the same moment may draw the same one.
fn draw() -> Term {
    let product = call("*", [call("get_tcw", []), Term::from(MULTIPLIER)]);
    let sum = call("+", [product, Term::from(INCREMENT)]);
    call("set_tcw", [call("band", [sum, Term::from((1_u32 << DRAWN_BITS) - 1)])])
}

/// The arity up to which calls with nothing but integers have a clause of their own.
pub(crate) const INTEGERS_ARITY_MAX: u32 = 8;

/// Bits of a non-negative integer that is one word on the heap of a 64-bit node.
pub(crate) const SMALL_BITS: u32 = 59;

/// Bits of each of two integers that are sent as one.
pub(crate) const PACKED_BITS: u32 = 29;

/// Two integers as one, which needs no heap.
fn packed() -> Term {
    let high = call("bsl", [variable(0), Term::from(PACKED_BITS)]);
    call("bor", [high, variable(1)])
}

/// The guard that holds where all are integers from 0 with so many bits: one operation for each. On anything else it
/// fails, and the clause with it.
pub(crate) fn integers_below(bits: u32, mut variables: impl Iterator<Item = Term>) -> Term {
    let first = variables.next().unwrap_or(Term::Integer(0));
    let any = variables.fold(first, |any, v| call("bor", [any, v]));
    call("=:=", [call("band", [any, Term::Integer(-1 << bits)]), Term::int(0)])
}

/// Bytes up to which a binary is a scalar.
pub(crate) const SCALAR_BYTES_MAX: usize = 64;

/// The guard that holds for scalars, in the order in which arguments are most often found.
pub(crate) fn scalar(v: &Term) -> Term {
    scalar_with(v, 63, call("is_atom", [v.clone()]))
}

/// The guard that holds for scalars but for integers of more than one word, which are slower to compare with. They
/// are left to the general projection.
fn small_scalar(v: &Term) -> Term {
    scalar_with(v, SMALL_BITS, call("is_atom", [v.clone()]))
}

fn small_scalar_but_boolean(v: &Term) -> Term {
    let is_not = |name: &str| call("=/=", [v.clone(), Term::atom(name)]);
    scalar_with(v, SMALL_BITS, conjunction([call("is_atom", [v.clone()]), is_not("true"), is_not("false")]))
}

/// `bits` besides the sign.
fn scalar_with(v: &Term, bits: u32, atom: Term) -> Term {
    let is = |name: &str| call(name, [v.clone()]);
    let least = i64::MIN >> (63 - bits);
    disjunction([
        conjunction([
            is("is_integer"),
            call("=<", [v.clone(), Term::Integer(-1 - least)]),
            call(">=", [v.clone(), Term::Integer(least)]),
        ]),
        atom,
        is("is_pid"),
        conjunction([
            is("is_binary"),
            call("<", [call("byte_size", [v.clone()]), Term::Integer(SCALAR_BYTES_MAX as i64 + 1)]),
        ]),
        is("is_reference"),
        is("is_float"),
        is("is_port"),
        call("=:=", [v.clone(), Term::list([])]),
    ])
}

/// What the general projection sends of one argument. An operation that fails in a body has the value `'EXIT'`, so
/// that no type test is needed before it.
///
/// 1. `{V}` for a scalar, else `false`
/// 2. the size of a tuple or binary, else `'EXIT'`
/// 3. `true` for a list, the size of a map, else `'EXIT'`
/// 4. for a tuple, `{First}` where its first element is an atom, else `true`; `false` for the rest
fn slots(v: &Term) -> [Term; 4] {
    let first = || call("element", [Term::int(1), v.clone()]);
    let is = |name: &str| call(name, [v.clone()]);
    [
        conjunction([scalar(v), tuple([v.clone()])]),
        call("size", [v.clone()]),
        disjunction([is("is_list"), call("map_size", [v.clone()])]),
        conjunction([
            is("is_tuple"),
            disjunction([call("not", [call("is_atom", [first()])]), tuple([first()])]),
        ]),
    ]
}
