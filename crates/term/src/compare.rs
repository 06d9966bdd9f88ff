//! Erlang's order of terms.
//!
//! It is the order of the reference manual. Nodes leave it in one case: since OTP 26 they compare maps that stand in
//! keys of other maps by the places of atoms in the node's table, which differ from node to node.

mod orders;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use num_bigint::BigInt;

pub(crate) use orders::Orders;

use crate::{Export, Fun, Pid, Port, Record, Reference, Term};

/// What is still to be compared; the first difference decides.
enum Step<'a> {
    Terms(&'a Term, &'a Term, bool),
    Lists(Cells<'a>, Cells<'a>, bool),
    Decided(Ordering),
}

/// The rest of a list: elements, then the tail (none stands for the empty list).
#[derive(Clone, Copy)]
struct Cells<'a> {
    elements: &'a [Term],
    tail: Option<&'a Term>,
}

/// Compares two terms; `exact` tells `1` from `1.0` (all integers before all floats).
pub(crate) fn compare(left: &Term, right: &Term, exact: bool) -> Ordering {
    Orders::default().compare(left, right, exact)
}

/// number < atom < reference < fun < port < pid < tuple < map < nil < list < bit string; native records stand
/// between tuples and maps.
fn rank(term: &Term) -> u8 {
    match term {
        Term::Integer(_) | Term::BigInteger(_) | Term::Float(_) => 0,
        Term::Atom(_) => 1,
        Term::Reference(_) => 2,
        Term::Fun(_) | Term::Export(_) => 3,
        Term::Port(_) => 4,
        Term::Pid(_) => 5,
        Term::Tuple(_) => 6,
        Term::Record(_) => 7,
        Term::Map(_) => 8,
        Term::List(elements) if elements.is_empty() => 9,
        Term::List(_) | Term::ImproperList(..) => 10,
        Term::Binary(_) | Term::BitString { .. } => 11,
    }
}

fn push_all<'a>(
    pairs: impl DoubleEndedIterator<Item = (&'a Term, &'a Term)>,
    exact: bool,
    steps: &mut Vec<Step<'a>>,
) {
    steps.extend(pairs.rev().map(|(left, right)| Step::Terms(left, right, exact)));
}

/// Compares what can be compared at once; parts go onto the stack.
fn heads<'a>(
    left: &'a Term,
    right: &'a Term,
    exact: bool,
    steps: &mut Vec<Step<'a>>,
    orders: &mut Orders,
) -> Ordering {
    let by_rank = rank(left).cmp(&rank(right));
    if by_rank != Ordering::Equal {
        return by_rank;
    }
    match (left, right) {
        // Ranks tell the empty list from others: both are empty.
        (Term::List(left), _) if left.is_empty() => Ordering::Equal,
        (Term::Atom(left), Term::Atom(right)) => left.as_str().cmp(right.as_str()),
        (Term::Reference(left), Term::Reference(right)) => references(left, right),
        (Term::Port(left), Term::Port(right)) => ports(left, right),
        (Term::Pid(left), Term::Pid(right)) => pids(left, right),
        (Term::Export(left), Term::Export(right)) => exports(left, right),
        (Term::Fun(_), Term::Export(_)) => Ordering::Less,
        (Term::Export(_), Term::Fun(_)) => Ordering::Greater,
        (Term::Fun(left), Term::Fun(right)) => funs(left, right, exact, steps),
        (Term::Tuple(left), Term::Tuple(right)) => {
            push_all(left.iter().zip(right), exact, steps);
            left.len().cmp(&right.len())
        }
        (Term::Map(left), Term::Map(right)) => maps(left, right, exact, steps, orders),
        (Term::Record(left), Term::Record(right)) => {
            push_all(values(left).zip(values(right)), exact, steps);
            record_kinds(left, right)
        }
        _ => {
            if let (Some(left), Some(right)) = (cells(left), cells(right)) {
                steps.push(Step::Lists(left, right, exact));
                Ordering::Equal
            } else if let (Some(left), Some(right)) = (bits(left), bits(right)) {
                bit_strings(left, right)
            } else {
                numbers(left, right, exact)
            }
        }
    }
}

fn values(record: &Record) -> impl DoubleEndedIterator<Item = &Term> + ExactSizeIterator {
    record.fields.iter().map(|(_, value)| value)
}

fn record_kinds(left: &Record, right: &Record) -> Ordering {
    let key =
        |record: &Record| (record.module.clone(), record.name.clone(), record.exported, record.fields.len());
    let names = |record: &Record| record.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    key(left).cmp(&key(right)).then_with(|| names(left).cmp(&names(right)))
}

fn cells(term: &Term) -> Option<Cells<'_>> {
    match term {
        Term::List(elements) => Some(Cells { elements, tail: None }),
        Term::ImproperList(elements, tail) => Some(Cells { elements, tail: Some(tail) }),
        _ => None,
    }
}

static NIL: Term = Term::List(Vec::new());

/// Compares lists cell by cell: where one ends, its tail meets the rest of the other.
fn lists<'a>(left: Cells<'a>, right: Cells<'a>, exact: bool, steps: &mut Vec<Step<'a>>) -> Ordering {
    let common = left.elements.len().min(right.elements.len());
    let after =
        |cells: Cells<'a>| Cells { elements: cells.elements.get(common..).unwrap_or_default(), ..cells };
    let (left_rest, right_rest) = (after(left), after(right));
    match (left_rest.elements.is_empty(), right_rest.elements.is_empty()) {
        (true, true) if left.tail.is_none() && right.tail.is_none() => {}
        (true, true) => {
            steps.push(Step::Terms(left.tail.unwrap_or(&NIL), right.tail.unwrap_or(&NIL), exact));
        }
        // A tail is never a list with elements, so ranks decide between it and a cell.
        (true, false) => steps.push(Step::Decided(rank(left.tail.unwrap_or(&NIL)).cmp(&10))),
        (false, true) => steps.push(Step::Decided(10.cmp(&rank(right.tail.unwrap_or(&NIL))))),
        (false, false) => {}
    }
    push_all(left.elements.iter().zip(right.elements).take(common), exact, steps);
    Ordering::Equal
}

/// By size, then keys in order (integers before floats), then values in the order of the keys.
fn maps<'a>(
    left: &'a [(Term, Term)],
    right: &'a [(Term, Term)],
    exact: bool,
    steps: &mut Vec<Step<'a>>,
    orders: &mut Orders,
) -> Ordering {
    let by_size = left.len().cmp(&right.len());
    if by_size != Ordering::Equal {
        return by_size;
    }
    let (left, right) = (orders.sorted(left), orders.sorted(right));
    for (left, right) in left.iter().zip(&right).rev() {
        steps.push(Step::Terms(&left.1, &right.1, exact));
    }
    for (left, right) in left.iter().zip(&right).rev() {
        steps.push(Step::Terms(&left.0, &right.0, true));
    }
    Ordering::Equal
}

/// Drops each pair whose key comes again later.
pub(crate) fn last_of_each_key(pairs: Vec<(Term, Term)>) -> Vec<(Term, Term)> {
    if !Orders::default().has_duplicate_keys(&pairs) {
        return pairs;
    }
    let mut last: BTreeMap<Term, usize> = BTreeMap::new();
    for (at, (key, _)) in pairs.iter().enumerate() {
        last.insert(key.clone(), at);
    }
    let keep = |at: usize, key: &Term| last.get(key) == Some(&at);
    pairs.into_iter().enumerate().filter(|(at, (key, _))| keep(*at, key)).map(|(_, pair)| pair).collect()
}

fn numbers(left: &Term, right: &Term, exact: bool) -> Ordering {
    match (left, right) {
        (Term::Integer(left), Term::Integer(right)) => left.cmp(right),
        (Term::Float(left), Term::Float(right)) if exact => left.total_cmp(right),
        (Term::Float(left), Term::Float(right)) => left.partial_cmp(right).unwrap_or(Ordering::Equal),
        (Term::Float(_), _) if exact => Ordering::Greater,
        (_, Term::Float(_)) if exact => Ordering::Less,
        (Term::Float(left), right) => float_with_integer(*left, right),
        (left, Term::Float(right)) => float_with_integer(*right, left).reverse(),
        (left, right) => big(left).cmp(&big(right)),
    }
}

fn big(term: &Term) -> BigInt {
    match term {
        Term::Integer(value) => BigInt::from(*value),
        Term::BigInteger(value) => value.clone(),
        _ => BigInt::default(),
    }
}

/// Compares by value, without rounding the integer.
fn float_with_integer(float: f64, integer: &Term) -> Ordering {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if float.abs() < TWO_TO_63 {
        // The whole part is an exact 64-bit integer.
        let whole = float.trunc() as i64;
        return match integer {
            Term::Integer(value) => {
                whole.cmp(value).then_with(|| float.partial_cmp(&float.trunc()).unwrap_or(Ordering::Equal))
            }
            other => BigInt::default().cmp(&big(other)),
        };
    }
    // From here on a float is its 53-bit mantissa times a power of two above one.
    let bits = float.abs().to_bits();
    let mantissa = BigInt::from((bits & ((1 << 52) - 1)) | (1 << 52));
    let magnitude = mantissa << (bits >> 52).saturating_sub(1075);
    (if float < 0.0 { -magnitude } else { magnitude }).cmp(&big(integer))
}

fn nodes(left: (&str, u32), right: (&str, u32)) -> Ordering {
    left.cmp(&right)
}

fn pids(left: &Pid, right: &Pid) -> Ordering {
    (left.serial, left.id)
        .cmp(&(right.serial, right.id))
        .then_with(|| nodes((left.node.as_str(), left.creation), (right.node.as_str(), right.creation)))
}

fn ports(left: &Port, right: &Port) -> Ordering {
    nodes((left.node.as_str(), left.creation), (right.node.as_str(), right.creation))
        .then_with(|| left.id.cmp(&right.id))
}

fn references(left: &Reference, right: &Reference) -> Ordering {
    // Missing words are zeros at the significant end.
    let words = |id: &[u32]| {
        let used = id.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
        id.iter().copied().take(used).rev().collect::<Vec<u32>>()
    };
    nodes((left.node.as_str(), left.creation), (right.node.as_str(), right.creation)).then_with(|| {
        let (left, right) = (words(&left.id), words(&right.id));
        left.len().cmp(&right.len()).then_with(|| left.cmp(&right))
    })
}

fn exports(left: &Export, right: &Export) -> Ordering {
    (left.module.as_str(), left.function.as_str(), left.arity).cmp(&(
        right.module.as_str(),
        right.function.as_str(),
        right.arity,
    ))
}

fn funs<'a>(left: &'a Fun, right: &'a Fun, exact: bool, steps: &mut Vec<Step<'a>>) -> Ordering {
    push_all(left.free.iter().zip(&right.free), exact, steps);
    let key = |fun: &'a Fun| {
        (fun.module.as_str(), fun.old_index, fun.old_uniq, fun.free.len(), fun.index, fun.uniq)
    };
    key(left).cmp(&key(right))
}

/// A bit string as bytes and the number of bits in the last one.
fn bits(term: &Term) -> Option<(&[u8], u8)> {
    match term {
        Term::Binary(bytes) => Some((bytes, 8)),
        Term::BitString { bytes, bits } => Some((bytes, *bits)),
        _ => None,
    }
}

/// Bit by bit; of two where one begins the other, the shorter is smaller. Unused bits are zero, so whole bytes can
/// be compared except where the shorter one ends inside a byte.
fn bit_strings(left: (&[u8], u8), right: (&[u8], u8)) -> Ordering {
    let length =
        |(bytes, bits): (&[u8], u8)| (bytes.len() as u64 * 8).saturating_sub(u64::from(8 - bits.clamp(1, 8)));
    let (left_bits, right_bits) = (length(left), length(right));
    let common = left_bits.min(right_bits);
    let whole = usize::try_from(common / 8).unwrap_or(usize::MAX);
    let partial = u32::try_from(common % 8).unwrap_or(0);
    let by_bytes = left.0.get(..whole).unwrap_or_default().cmp(right.0.get(..whole).unwrap_or_default());
    if by_bytes != Ordering::Equal {
        return by_bytes;
    }
    let next = |bytes: &[u8]| {
        bytes.get(whole).copied().filter(|_| partial > 0).map_or(0, |byte| byte >> (8 - partial))
    };
    next(left.0).cmp(&next(right.0)).then(left_bits.cmp(&right_bits))
}
