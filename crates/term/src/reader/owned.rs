//! Building owned terms from items, with an explicit stack.

use super::{ExportRef, FunRef, Item, PidRef, PortRef, Reader, RecordRef, ReferenceRef};
use crate::{Atom, DecodeError, Export, Fun, Pid, Port, Record, Reference, Term, compare::Orders};

impl PidRef<'_> {
    /// The owned pid.
    #[must_use]
    pub fn to_pid(&self) -> Pid {
        Pid { node: self.node.to_atom(), id: self.id, serial: self.serial, creation: self.creation }
    }
}

impl PortRef<'_> {
    /// The owned port.
    #[must_use]
    pub fn to_port(&self) -> Port {
        Port { node: self.node.to_atom(), id: self.id, creation: self.creation }
    }
}

impl ReferenceRef<'_> {
    /// The owned reference.
    #[must_use]
    pub fn to_reference(&self) -> Reference {
        Reference { node: self.node.to_atom(), creation: self.creation, id: self.id().to_vec() }
    }
}

impl ExportRef<'_> {
    /// The owned external fun.
    #[must_use]
    pub fn to_export(&self) -> Export {
        Export { module: self.module.to_atom(), function: self.function.to_atom(), arity: self.arity }
    }
}

impl FunRef<'_> {
    /// The owned fun, its free variables still missing.
    fn to_fun(self) -> Fun {
        Fun {
            module: self.module.to_atom(),
            arity: self.arity,
            uniq: self.uniq,
            index: self.index,
            old_index: self.old_index,
            old_uniq: self.old_uniq,
            pid: self.pid.to_pid(),
            free: Vec::with_capacity(self.free),
        }
    }
}

impl RecordRef<'_> {
    /// The owned record, its fields still missing.
    fn to_record(self) -> Record {
        Record {
            module: self.module.to_atom(),
            name: self.name.to_atom(),
            exported: self.exported,
            fields: Vec::new(),
        }
    }
}

/// A container some of whose parts are still missing.
enum Open {
    Tuple(Vec<Term>, usize),
    /// Elements so far, the tail where it is no list, and how many elements come before the tail.
    List(Vec<Term>, Option<Term>, usize),
    /// Pairs so far, the key whose value comes next, and how many pairs are missing.
    Map(Vec<(Term, Term)>, Option<Term>, usize),
    Fun(Box<Fun>, usize),
    /// The record without fields, their names so far, their values so far, how many of each there are.
    Record(Box<Record>, Vec<Term>, Vec<Term>, usize),
}

/// A leaf, or a container that the item opens.
enum Begun {
    Missing(Open),
    Complete(Term),
}

impl Open {
    /// Adds a part; true where it was the last one.
    fn add(&mut self, part: Term) -> bool {
        match self {
            Self::Tuple(elements, left) => {
                elements.push(part);
                *left -= 1;
                *left == 0
            }
            Self::List(elements, tail, 0) => {
                // A tail that is the empty list, or a string, ends the list; other lists continued it.
                match part {
                    Term::List(rest) => elements.extend(rest),
                    other => *tail = Some(other),
                }
                true
            }
            Self::List(elements, _, left) => {
                elements.push(part);
                *left -= 1;
                false
            }
            Self::Map(_, key @ None, _) => {
                *key = Some(part);
                false
            }
            Self::Map(pairs, key, left) => {
                pairs.extend(key.take().map(|key| (key, part)));
                *left -= 1;
                *left == 0
            }
            Self::Fun(fun, left) => {
                fun.free.push(part);
                *left -= 1;
                *left == 0
            }
            Self::Record(_, names, values, left) => {
                if names.len() < *left {
                    names.push(part);
                } else {
                    values.push(part);
                }
                values.len() == *left
            }
        }
    }

    /// The term of all the parts.
    fn finish(self, at: usize, orders: &mut Orders) -> Result<Term, DecodeError> {
        Ok(match self {
            Self::Tuple(elements, _) => Term::Tuple(elements),
            Self::List(elements, None, _) => Term::List(elements),
            Self::List(elements, Some(tail), _) => Term::ImproperList(elements, Box::new(tail)),
            Self::Map(pairs, ..) if orders.has_duplicate_keys(&pairs) => {
                return Err(DecodeError::DuplicateKey { at });
            }
            Self::Map(pairs, ..) => Term::Map(pairs),
            Self::Fun(fun, _) => Term::Fun(fun),
            Self::Record(mut record, names, values, _) => {
                record.fields =
                    fields(names, values).ok_or(DecodeError::BadIdentifier { what: "record", at })?;
                Term::Record(record)
            }
        })
    }
}

/// Names with their values; none where a name is no atom, or stands twice.
fn fields(names: Vec<Term>, values: Vec<Term>) -> Option<Vec<(Atom, Term)>> {
    let mut fields = Vec::with_capacity(names.len());
    for (name, value) in names.into_iter().zip(values) {
        let Term::Atom(name) = name else { return None };
        fields.push((name, value));
    }
    let mut sorted: Vec<&Atom> = fields.iter().map(|(name, _)| name).collect();
    sorted.sort_unstable();
    let twice = sorted.windows(2).any(|pair| matches!(pair, [left, right] if left == right));
    (!twice).then_some(fields)
}

fn bytes_to_list(bytes: &[u8]) -> Term {
    Term::List(bytes.iter().map(|&byte| Term::Integer(i64::from(byte))).collect())
}

/// A leaf as a term, or the container that the item opens.
///
/// The reader has checked the announced number of parts against the bytes left and the budget of terms.
fn begin(item: Item<'_>) -> Begun {
    Begun::Complete(match item {
        Item::Integer(value) => Term::Integer(value),
        Item::BigInteger(value) => Term::BigInteger(value.to_bigint()),
        Item::Float(value) => Term::Float(value),
        Item::Atom(text) => Term::Atom(Atom::new(text)),
        Item::AtomLatin1(bytes) => Term::Atom(super::AtomRef::Latin1(bytes).to_atom()),
        Item::Binary(bytes) => Term::Binary(bytes.to_vec()),
        Item::BitString { bytes, bits } => Term::bit_string(bytes.to_vec(), bits),
        Item::String(bytes) => bytes_to_list(bytes),
        Item::Nil => Term::List(Vec::new()),
        Item::Tuple(0) => Term::Tuple(Vec::new()),
        Item::Map(0) => Term::Map(Vec::new()),
        Item::Tuple(n) => return Begun::Missing(Open::Tuple(Vec::with_capacity(n), n)),
        Item::List(n) => return Begun::Missing(Open::List(Vec::with_capacity(n), None, n)),
        Item::Map(n) => return Begun::Missing(Open::Map(Vec::with_capacity(n), None, n)),
        Item::Pid(pid) => Term::Pid(pid.to_pid()),
        Item::Port(port) => Term::Port(port.to_port()),
        Item::Reference(reference) => Term::Reference(reference.to_reference()),
        Item::Fun(fun) if fun.free == 0 => Term::Fun(Box::new(fun.to_fun())),
        Item::Fun(fun) => return Begun::Missing(Open::Fun(Box::new(fun.to_fun()), fun.free)),
        Item::Export(export) => Term::Export(Box::new(export.to_export())),
        Item::Record(record) if record.fields == 0 => Term::Record(Box::new(record.to_record())),
        Item::Record(record) => {
            let (names, values) = (Vec::with_capacity(record.fields), Vec::with_capacity(record.fields));
            return Begun::Missing(Open::Record(Box::new(record.to_record()), names, values, record.fields));
        }
    })
}

/// Reads one whole term.
pub(super) fn build(reader: &mut Reader<'_>) -> Result<Term, DecodeError> {
    let mut open: Vec<Open> = Vec::new();
    let mut orders = Orders::default();
    loop {
        let item = reader.next()?;
        // A tail that is a list continues its list, so that long chains stay flat.
        if let (Item::List(n), Some(Open::List(elements, None, left @ 0))) = (&item, open.last_mut()) {
            elements.reserve(*n);
            *left = *n;
            continue;
        }
        let mut part = match begin(item) {
            Begun::Complete(term) => term,
            Begun::Missing(container) => {
                open.push(container);
                continue;
            }
        };
        loop {
            let Some(container) = open.last_mut() else { return Ok(part) };
            if !container.add(part) {
                break;
            }
            let Some(container) = open.pop() else { break };
            part = container.finish(reader.position(), &mut orders)?;
        }
    }
}
