//! The pieces that a trace message is read into before its time, which comes last, is known.

use pluto_event::{
    AtomId, Form, Function, FunctionId, Identity, Nanos, Node, NodeId, Process, ProcessId, Tables,
};
use pluto_term::{AtomRef, DecodeError, Item, Reader, Term, encode_bare, tag};

/// The kinds of trace message that become events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tag {
    #[default]
    Call,
    Return,
    Exception,
    ReturnTo,
    Send,
    SendDead,
    Deliver,
    Spawn,
    Spawned,
    Exit,
    Link,
    Unlink,
    GettingLinked,
    GettingUnlinked,
    Register,
    Unregister,
}

impl Tag {
    pub(super) fn from_name(name: &str) -> Option<Tag> {
        Some(match name {
            "call" => Tag::Call,
            "return_from" => Tag::Return,
            "exception_from" => Tag::Exception,
            "return_to" => Tag::ReturnTo,
            "send" => Tag::Send,
            "send_to_non_existing_process" => Tag::SendDead,
            "receive" => Tag::Deliver,
            "spawn" => Tag::Spawn,
            "spawned" => Tag::Spawned,
            "exit" => Tag::Exit,
            "link" => Tag::Link,
            "unlink" => Tag::Unlink,
            "getting_linked" => Tag::GettingLinked,
            "getting_unlinked" => Tag::GettingUnlinked,
            "register" => Tag::Register,
            "unregister" => Tag::Unregister,
            _ => return None,
        })
    }
}

/// What a message said before its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) tag: Tag,
    pub(super) function: FunctionId,
    pub(super) peer: ProcessId,
    pub(super) name: AtomId,
    pub(super) span: Span,
}

impl Default for Head {
    fn default() -> Head {
        Head {
            tag: Tag::default(),
            function: FunctionId::NONE,
            peer: ProcessId::NONE,
            name: AtomId::NONE,
            span: Span::default(),
        }
    }
}

/// A stretch of the scratch space and the form of the term in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) form: Form,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) const ABSENT: Span = Span { form: Form::Absent, start: 0, end: 0 };

    pub(crate) fn is_absent(&self) -> bool {
        self.form == Form::Absent
    }
}

/// Space for the terms of one event, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn start(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    pub(crate) fn span_from(&self, start: usize, form: Form) -> Span {
        Span { form, start, end: self.0.len() }
    }

    pub(crate) fn slice(&self, span: Span) -> &[u8] {
        self.0.get(span.start..span.end).unwrap_or_default()
    }
}

/// Nodes seen in identifiers, the last one at hand: nearly all identifiers are of the observed node.
#[derive(Debug, Default)]
pub(super) struct Parties {
    last: Option<(AtomId, u32, NodeId)>,
}

impl Parties {
    pub(super) fn node(&mut self, tables: &mut Tables, name: AtomRef<'_>, creation: u32) -> NodeId {
        let same = |&(last, of, _): &(AtomId, u32, NodeId)| {
            of == creation && tables.atom(last).ok() == name.as_utf8()
        };
        if let Some((_, _, node)) = self.last.filter(same) {
            return node;
        }
        let name = match name.as_utf8() {
            Some(text) => tables.intern_atom(text),
            None => tables.intern_atom(name.to_atom().as_str()),
        };
        let node = tables.intern_node(Node { name, creation });
        self.last = Some((name, creation, node));
        node
    }
}

pub(super) fn intern_pid(tables: &mut Tables, node: NodeId, number: u32, serial: u32) -> ProcessId {
    tables.intern_process(Process { node, identity: Identity::Pid { number, serial } })
}

pub(super) fn intern_call(tables: &mut Tables, module: &str, name: &str, arity: u32) -> FunctionId {
    let (module, name) = (tables.intern_atom(module), tables.intern_atom(name));
    tables.intern_function(Function { module, name, arity })
}

/// Reads the time of a message: nanoseconds, `{Nanoseconds, Unique}`, or `{MegaSeconds, Seconds, MicroSeconds}`.
pub(super) fn timestamp(reader: &mut Reader<'_>) -> Result<Nanos, DecodeError> {
    let at = reader.position();
    let bad = DecodeError::BadIdentifier { what: "timestamp", at };
    let integer = |reader: &mut Reader<'_>| match reader.next()? {
        Item::Integer(value) => Ok(value),
        _ => Err(bad),
    };
    match reader.next()? {
        Item::Integer(nanoseconds) => Ok(nanoseconds),
        Item::Tuple(2) => {
            let nanoseconds = integer(reader)?;
            integer(reader)?;
            Ok(nanoseconds)
        }
        Item::Tuple(3) => {
            let (mega, seconds, micro) = (integer(reader)?, integer(reader)?, integer(reader)?);
            let nanoseconds = mega
                .checked_mul(1_000_000)
                .and_then(|s| s.checked_add(seconds))
                .and_then(|s| s.checked_mul(1_000_000))
                .and_then(|us| us.checked_add(micro))
                .and_then(|us| us.checked_mul(1_000));
            nanoseconds.ok_or(bad)
        }
        _ => Err(bad),
    }
}

/// Writes the shapes of a list of arguments: a proper list of them, whatever the packing of the list that is read.
pub(super) fn shape_of_arguments(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let at = reader.position();
    let length = match reader.next()? {
        Item::Nil => 0,
        Item::String(bytes) => {
            encode_bare(&Term::list(bytes.iter().map(|&byte| Term::int(byte))), out);
            return Ok(());
        }
        Item::List(length) => length,
        _ => return Err(DecodeError::BadIdentifier { what: "argument list", at }),
    };
    if length > 0 {
        out.push(tag::LIST);
        out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        for _ in 0..length {
            pluto_matchspec::shape::shape_of(reader, out)?;
        }
        reader.skip()?;
    }
    out.push(tag::NIL);
    Ok(())
}
