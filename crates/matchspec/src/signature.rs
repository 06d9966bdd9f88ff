//! Learned signatures: what the arguments of a function mostly look like, and the clause that tests for just that.
//!
//! The general projection tests each argument for every kind of scalar before it looks at its size. A function is
//! mostly called with the same kinds, often with the same sizes and tags, so a clause of its own that comes first
//! tests for those with few operations, and sends only what may differ from call to call. What it does not match
//! falls through to the clauses that are always there.
//!
//! A clause sends a number that names the signature, and what the signature does not fix. What a signature fixes
//! comes out of the signature itself: it must be known to the reader before the node can send by it, and must not
//! change afterwards. Nothing but scalars of one word, atoms, and binaries up to 64 bytes is ever sent.
//!
//! What a call costs over a bare event, OTP 25, in nanoseconds: a clause that builds its message on the heap 160, one
//! that sends a constant, an argument or a small integer 60 to 75. Hence the forms of [`Sent`].

mod learner;

pub use learner::Learner;

use crate::compile::{SCALAR_BYTES_MAX, SMALL_BITS, integers_below};
use crate::projection::{ProjectionError, scalar, size};
use crate::shape;
use crate::spec::{call, constant, tuple, variable};
use pluto_term::{Atom, Item, Reader, Term};

/// Functions of more arguments have no signature.
const ARITY_MAX: usize = 12;

/// Tuples up to this size are told by the head of the clause, which is the cheapest test; larger ones by guards.
const HEAD_TUPLE_MAX: u64 = 8;

/// What the arguments of a call look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    id: u8,
    slots: Vec<Slot>,
    sent: Sent,
}

/// The form of the message that a clause sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// The arguments as they are: the only one, or a tuple of all.
    Plain,
    /// The one thing that is not fixed, without a number: one signature of a function may do so.
    Bare,
    /// A tuple of the number and of what is not fixed; a constant where all is.
    Numbered,
}

/// What one argument looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    // These fix the whole shape, and nothing is sent.
    Nil,
    List,
    TheAtom(Atom),
    Map(u64),
    Tuple(u64),
    TupleOf(u64, Atom),
    Binary(u64),
    // These fix the kind.
    Integer { natural: bool },
    Float,
    AnyAtom,
    Pid,
    Port,
    Reference,
    SmallBinary,
    AnyMap,
    AnyTupleOf,
    AnyBinary,
}

impl Slot {
    /// Reads the shape of an argument. `None` where there is no cheap test for its like.
    fn of(reader: &mut Reader<'_>) -> Option<Slot> {
        Some(match reader.next().ok()? {
            Item::Integer(n) if n >> SMALL_BITS == 0 => Slot::Integer { natural: true },
            Item::Integer(n) if n >> SMALL_BITS == -1 => Slot::Integer { natural: false },
            Item::Float(_) => Slot::Float,
            Item::Atom(name) => Slot::TheAtom(Atom::new(name)),
            Item::Nil => Slot::Nil,
            Item::Pid(_) => Slot::Pid,
            Item::Port(_) => Slot::Port,
            Item::Reference(_) => Slot::Reference,
            Item::Binary(bytes) if bytes.len() <= SCALAR_BYTES_MAX => Slot::SmallBinary,
            Item::Tuple(parts) => Slot::of_compound(reader, parts)?,
            _ => return None,
        })
    }

    fn of_compound(reader: &mut Reader<'_>, parts: usize) -> Option<Slot> {
        let Item::Atom(kind) = reader.next().ok()? else { return None };
        let mut number = || match reader.next() {
            Ok(Item::Integer(n)) => u64::try_from(n).ok(),
            _ => None,
        };
        Some(match (kind, parts) {
            ("list", 1) => Slot::List,
            ("map", 2) => Slot::Map(number()?),
            ("tuple", 2) => Slot::Tuple(number()?),
            // A smaller one is a bit string.
            ("binary", 2) => Slot::Binary(number().filter(|bytes| *bytes > SCALAR_BYTES_MAX as u64)?),
            ("tuple", 3) => {
                let size = number()?;
                let Ok(Item::Atom(first)) = reader.next() else { return None };
                Slot::TupleOf(size, Atom::new(first))
            }
            _ => return None,
        })
    }

    /// The same, with nothing fixed that a clause can do without.
    fn widest(&self) -> Slot {
        match self {
            Slot::TheAtom(_) => Slot::AnyAtom,
            Slot::Map(_) => Slot::AnyMap,
            Slot::TupleOf(..) => Slot::AnyTupleOf,
            Slot::Binary(_) => Slot::AnyBinary,
            Slot::Integer { .. } => Slot::Integer { natural: false },
            other => other.clone(),
        }
    }

    /// Whether both are of one kind.
    fn is_like(&self, other: &Slot) -> bool {
        self.widest() == other.widest()
    }

    /// Whether what looks like `other` looks like this too.
    fn covers(&self, other: &Slot) -> bool {
        self == other || *self == other.widest()
    }

    /// What covers both, which are of one kind.
    fn joined(&self, other: &Slot) -> Slot {
        if self == other { self.clone() } else { self.widest() }
    }

    fn is_plain(&self) -> bool {
        matches!(
            self,
            Slot::Integer { .. }
                | Slot::Float
                | Slot::AnyAtom
                | Slot::Pid
                | Slot::Port
                | Slot::Reference
                | Slot::SmallBinary
        )
    }

    /// Can be sent without a number: no atom, since `true` and `false` as messages mean something else to the VM,
    /// and no integer that cannot be told from two that were packed.
    fn is_bare(&self) -> bool {
        matches!(
            self,
            Slot::Integer { natural: true } | Slot::Pid | Slot::Port | Slot::Reference | Slot::SmallBinary
        )
    }

    /// What is sent of the argument.
    fn sent(&self, v: &Term) -> Vec<Term> {
        let of = |name: &str| call(name, [v.clone()]);
        match self {
            Slot::AnyMap => vec![of("map_size")],
            Slot::AnyBinary => vec![of("byte_size")],
            Slot::AnyTupleOf => vec![of("size"), call("element", [Term::int(1), v.clone()])],
            slot if slot.is_plain() => vec![v.clone()],
            _ => Vec::new(),
        }
    }

    /// The argument's part of the head, and the guards besides, but for naturals. `spare` is a variable that no other
    /// argument uses.
    fn test(&self, v: &Term, spare: &Term) -> (Term, Vec<Term>) {
        let is = |name: &str| call(name, [v.clone()]);
        let equal = |a: Term, b: Term| call("=:=", [a, b]);
        let number = |n: u64| Term::int(i64::try_from(n).unwrap_or(i64::MAX));
        let first = || call("element", [Term::int(1), v.clone()]);
        let any = || Term::atom("_");
        let rest = |size: u64| (1..size).map(|_| any());
        let guards = match self {
            Slot::Nil => return (Term::list([]), vec![]),
            Slot::List => return (Term::ImproperList(vec![any()], Box::new(any())), vec![]),
            Slot::TheAtom(name) if is_literal(name) => return (Term::Atom(name.clone()), vec![]),
            Slot::TheAtom(name) => vec![equal(v.clone(), constant(Term::Atom(name.clone())))],
            Slot::Tuple(0) => return (Term::tuple([]), vec![]),
            Slot::Tuple(size @ 1..=HEAD_TUPLE_MAX) => {
                let head = Term::tuple(std::iter::once(spare.clone()).chain(rest(*size)));
                return (head, vec![equal(call("is_atom", [spare.clone()]), Term::atom("false"))]);
            }
            Slot::TupleOf(size @ 1..=HEAD_TUPLE_MAX, name) if is_literal(name) => {
                let head = std::iter::once(Term::Atom(name.clone())).chain(rest(*size));
                return (Term::tuple(head), vec![]);
            }
            Slot::Map(keys) => vec![equal(is("map_size"), number(*keys))],
            Slot::Tuple(size) => {
                vec![equal(call("is_atom", [first()]), Term::atom("false")), equal(is("size"), number(*size))]
            }
            Slot::TupleOf(size, name) => {
                vec![equal(first(), constant(Term::Atom(name.clone()))), equal(is("size"), number(*size))]
            }
            Slot::Binary(bytes) => vec![is("is_binary"), equal(is("byte_size"), number(*bytes))],
            // Every term that is no number is greater than any number; most floats are in between, and are scalars.
            Slot::Integer { natural: false } => vec![
                call("=<", [v.clone(), Term::Integer((1 << SMALL_BITS) - 1)]),
                call(">=", [v.clone(), Term::Integer(-1 << SMALL_BITS)]),
            ],
            Slot::Integer { natural: true } => vec![],
            Slot::Float => vec![is("is_float")],
            Slot::AnyAtom => vec![is("is_atom")],
            Slot::Pid => vec![is("is_pid")],
            Slot::Port => vec![is("is_port")],
            Slot::Reference => vec![is("is_reference")],
            Slot::SmallBinary => {
                vec![is("is_binary"), call("<", [is("byte_size"), number(SCALAR_BYTES_MAX as u64 + 1)])]
            }
            Slot::AnyMap => vec![is("is_map")],
            Slot::AnyTupleOf => vec![call("is_atom", [first()])],
            Slot::AnyBinary => {
                vec![is("is_binary"), call(">", [is("byte_size"), number(SCALAR_BYTES_MAX as u64)])]
            }
        };
        (v.clone(), guards)
    }

    /// Appends the shape of the argument; what was sent of it is at `reader`.
    fn write(&self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), ProjectionError> {
        let mut number = || size(&reader.next()?)?.ok_or(ProjectionError::Foreign);
        match self {
            Slot::Nil => shape::write_nil(out),
            Slot::List => shape::write_list(out),
            Slot::TheAtom(name) => shape::write_atom(out, name.as_str().as_bytes()),
            Slot::Map(keys) => shape::write_map(out, *keys),
            Slot::Tuple(size) => shape::write_tuple(out, *size),
            Slot::TupleOf(size, first) => {
                shape::write_tuple_with_first(out, *size);
                shape::write_atom(out, first.as_str().as_bytes());
            }
            Slot::Binary(bytes) => shape::write_binary(out, *bytes),
            Slot::AnyMap => shape::write_map(out, number()?),
            Slot::AnyBinary => shape::write_binary(out, number()?),
            Slot::AnyTupleOf => {
                let size = number()?;
                shape::write_tuple_with_first(out, size);
                scalar(reader, out)?;
            }
            _ => scalar(reader, out)?,
        }
        Ok(())
    }
}

/// Whether an atom stands for itself in the head of a clause.
fn is_literal(name: &Atom) -> bool {
    !name.as_str().starts_with('$') && name.as_str() != "_"
}

impl Signature {
    fn new(id: u8, slots: Vec<Slot>, bare_is_free: bool) -> Signature {
        let sent = {
            let mut open = slots.iter().filter(|slot| !slot.sent(&variable(0)).is_empty());
            let alone = open.next().filter(|slot| slot.is_bare() && open.next().is_none());
            if slots.iter().all(Slot::is_plain) {
                Sent::Plain
            } else if bare_is_free && alone.is_some() {
                Sent::Bare
            } else {
                Sent::Numbered
            }
        };
        Signature { id, slots, sent }
    }

    /// Whether a call with arguments like these is matched.
    fn covers(&self, arguments: &[Slot]) -> bool {
        self.slots.len() == arguments.len() && self.slots.iter().zip(arguments).all(|(a, b)| a.covers(b))
    }

    /// Head, guards and message of the clause.
    pub(crate) fn clause(&self) -> (Term, Vec<Term>, Term) {
        let arity = self.arity();
        let (mut head, mut guards, mut naturals, mut sent) = (vec![], vec![], vec![], vec![]);
        for (slot, index) in self.slots.iter().zip(0..) {
            let v = variable(index);
            let (part, tests) = slot.test(&v, &variable(arity + index));
            head.push(part);
            guards.extend(tests);
            sent.extend(slot.sent(&v));
            if *slot == (Slot::Integer { natural: true }) {
                naturals.push(v);
            }
        }
        if !naturals.is_empty() {
            guards.push(integers_below(SMALL_BITS, naturals.into_iter()));
        }
        let message = match (self.sent, sent.as_slice()) {
            (Sent::Plain, [only]) => only.clone(),
            (Sent::Plain, _) => tuple(sent),
            (Sent::Bare, [only]) if self.slots.contains(&Slot::Integer { natural: true }) => {
                call("bnot", [only.clone()])
            }
            (Sent::Bare, [only, ..]) => only.clone(),
            (_, []) => call("const", [Term::tuple(self.numbered(sent))]),
            _ => tuple(self.numbered(sent)),
        };
        (Term::List(head), guards, message)
    }

    /// A tuple of as many elements as there are arguments, or four times as many, is of another form. The latter
    /// cannot come about: of an argument at most two things are sent.
    fn numbered(&self, sent: Vec<Term>) -> Vec<Term> {
        let mut elements = vec![Term::int(self.id)];
        elements.extend(sent);
        if elements.len() == self.slots.len() {
            elements.push(Term::int(0));
        }
        elements
    }

    pub(crate) fn arity(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    fn write(&self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), ProjectionError> {
        self.slots.iter().try_for_each(|slot| slot.write(reader, out))
    }

    /// Appends the shapes of the arguments of a call, of which `reader` is behind the tuple's head.
    pub(crate) fn read_numbered(
        signatures: &[Signature],
        elements: u32,
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ProjectionError> {
        let Item::Integer(id) = reader.next()? else { return Err(ProjectionError::Foreign) };
        let signature = signatures
            .iter()
            .find(|signature| i64::from(signature.id) == id && signature.sent == Sent::Numbered)
            .ok_or(ProjectionError::Foreign)?;
        let open: usize = signature.slots.iter().map(|slot| slot.sent(&Term::int(0)).len()).sum();
        signature.write(reader, out)?;
        match (elements as usize).checked_sub(open + 1) {
            Some(0) => Ok(()),
            Some(1) => Ok(reader.skip().map(|_pad| ())?),
            _ => Err(ProjectionError::Foreign),
        }
    }

    /// Appends the shapes of the arguments of a call that was sent as the one thing that its signature leaves open.
    pub(crate) fn read_bare(
        signatures: &[Signature],
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ProjectionError> {
        let signature = signatures
            .iter()
            .find(|signature| signature.sent == Sent::Bare)
            .ok_or(ProjectionError::Foreign)?;
        for slot in &signature.slots {
            if *slot == (Slot::Integer { natural: true }) {
                let Item::Integer(n) = reader.next()? else { return Err(ProjectionError::Foreign) };
                shape::write_integer(out, !n);
            } else {
                slot.write(reader, out)?;
            }
        }
        Ok(())
    }
}

/// Reads the shapes of arguments, a list; `None` where one of them has no cheap test.
fn slots(shapes: &[u8]) -> Option<Vec<Slot>> {
    let limits = pluto_term::Limits::default();
    let mut reader = Reader::new(shapes, &limits);
    let Item::List(arity) = reader.next().ok()? else { return None };
    if arity > ARITY_MAX {
        return None;
    }
    (0..arity).map(|_| Slot::of(&mut reader)).collect()
}

#[cfg(test)]
mod tests;
