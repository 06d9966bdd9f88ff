//! Trace messages of the VM to events.
//!
//! A node sends batches of the tuples that `erlang:trace/3` documents, `{trace_ts, Pid, Tag, …, Ts}`; a trace file
//! holds the same tuples. One [`Decoder`] reads those of one node: it interns who and what, keeps the terms in the
//! form that the capture level allows, and moves times onto the recording's axis.

mod parts;

use crate::redact::Redaction;
use parts::{Head, Tag};
pub(crate) use parts::{Scratch, Span};
use pluto_event::{
    Event, Form, Function, FunctionId, Identity, Nanos, Node, NodeId, Payload, Process, ProcessId, Tables,
    What,
};
use pluto_matchspec::{Learner, Projection, ProjectionError, Signature};
use pluto_term::{AtomRef, DecodeError, Item, PidRef, Reader, Term, encode_bare, tag};

/// How the terms of an event are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// As they come.
    Full,
    /// Scalars, and the shape of the rest.
    Shape,
}

/// What one trace message turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// An event; its terms live in the decoder until the next message.
    Event(Event<'a>),
    /// A message of a kind that the event model has no place for, such as scheduling or garbage collection.
    Other,
    /// A call of a function that this trace did not ask for: another tool's leftover pattern.
    Foreign,
    /// A trace port's note that it dropped this many messages here.
    Dropped(u64),
}

/// A function that is traced.
#[derive(Debug)]
struct Expected {
    projection: Projection,
    learner: Learner,
}

/// Reads the trace messages of one node.
#[derive(Debug)]
pub struct Decoder {
    node: NodeId,
    /// Added to a time of the node to get a time of the recording.
    offset: Nanos,
    /// Time of the last message. One that carries none comes a nanosecond later, so that the order is in the times.
    last: Nanos,
    /// How many events carried no time.
    timeless: u64,
    keep: Keep,
    values: Option<Keep>,
    redaction: Redaction,
    /// The form that the agent has already brought the term of the present message into.
    reduced: Option<Form>,
    /// How the match-spec message of each function is read, by function id.
    expected: Vec<Option<Expected>>,
    /// Functions of which something was learned that nobody was told yet.
    learned: Vec<FunctionId>,
    /// Whether calls of functions without a projection are somebody else's.
    strict: bool,
    /// Whether the terms of the present message are left out, because one of them is nested too deep.
    too_deep: bool,
    scratch: Scratch,
    parties: parts::Parties,
}

impl Decoder {
    /// A decoder for the messages of `node`, whose clock differs from the recording's by `offset` nanoseconds. Terms
    /// are kept as `keep` says; return values and exceptions as `values` says, not at all where it says nothing.
    #[must_use]
    pub fn new(
        node: NodeId,
        offset: Nanos,
        keep: Keep,
        values: Option<Keep>,
        redaction: Redaction,
    ) -> Decoder {
        Decoder {
            node,
            offset,
            last: 0,
            timeless: 0,
            keep,
            values,
            redaction,
            reduced: None,
            expected: Vec::new(),
            learned: Vec::new(),
            strict: false,
            too_deep: false,
            scratch: Scratch::default(),
            parties: parts::Parties::default(),
        }
    }

    /// Says that `function` is traced, and how the value that its match spec sends is read. From the first such
    /// call on, calls of other functions are [`Decoded::Foreign`]. What was learned of the function stays known,
    /// since calls may be under way that were sent by it.
    pub fn expect(&mut self, function: FunctionId, projection: Projection) {
        let index = function.0 as usize;
        if self.expected.len() <= index {
            self.expected.resize_with(index + 1, || None);
        }
        if let Some(slot) = self.expected.get_mut(index) {
            let learner = slot.take().map(|known| known.learner).unwrap_or_default();
            if !learner.signatures().is_empty() {
                self.learned.push(function);
            }
            *slot = Some(Expected { projection, learner });
        }
        self.strict = true;
    }

    /// Takes back what [`Self::expect`] has said.
    pub fn forget(&mut self, function: FunctionId) {
        if let Some(slot) = self.expected.get_mut(function.0 as usize) {
            *slot = None;
        }
    }

    /// Functions of which something was learned since this was asked the last time, and all that is known of them:
    /// what their match specs may have clauses for from now on.
    pub fn take_learned(&mut self) -> impl Iterator<Item = (FunctionId, Vec<Signature>)> {
        std::mem::take(&mut self.learned).into_iter().filter_map(|function| {
            let expected = self.expected.get(function.0 as usize)?.as_ref()?;
            Some((function, expected.learner.signatures().to_vec()))
        })
    }

    /// Moves later times by another offset, where the clocks were compared again.
    pub fn set_offset(&mut self, offset: Nanos) {
        self.offset = offset;
    }

    /// The time on the recording's axis of a time on the node's monotonic clock.
    #[must_use]
    pub fn time(&self, node_time: i64) -> Nanos {
        node_time.saturating_add(self.offset)
    }

    /// The time of the last event; `None` before the first.
    #[must_use]
    pub fn last_event(&self) -> Option<Nanos> {
        Some(self.last).filter(|&last| last != 0)
    }

    /// How many events carried no time of their own.
    #[must_use]
    pub fn timeless(&self) -> u64 {
        self.timeless
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Reads one trace message.
    ///
    /// # Errors
    /// What is wrong with the bytes. The reader then stands inside the message and is of no further use.
    pub fn message(
        &mut self,
        reader: &mut Reader<'_>,
        tables: &mut Tables,
    ) -> Result<Decoded<'_>, DecodeError> {
        self.too_deep = false;
        self.read(reader, tables)
    }

    /// Reads a trace message without its terms, of which [`Self::message`] has said that one is nested too deep.
    ///
    /// # Errors
    /// As [`Self::message`].
    pub fn message_too_deep(
        &mut self,
        reader: &mut Reader<'_>,
        tables: &mut Tables,
    ) -> Result<Decoded<'_>, DecodeError> {
        self.too_deep = true;
        self.read(reader, tables)
    }

    fn read(&mut self, reader: &mut Reader<'_>, tables: &mut Tables) -> Result<Decoded<'_>, DecodeError> {
        let at = reader.position();
        let Item::Tuple(size) = reader.next()? else { return Err(DecodeError::UnknownTag { tag: 0, at }) };
        self.reduced = None;
        let stamped = match reader.next()? {
            Item::Atom("trace_ts") => true,
            Item::Atom("trace") => false,
            Item::Atom("pluto_shape") => {
                self.reduced = Some(Form::Shape);
                true
            }
            Item::Atom("pluto_oversize") => {
                self.reduced = Some(Form::Oversize);
                true
            }
            Item::Atom("drop") if size == 2 => {
                let Item::Integer(count) = reader.next()? else { return Ok(Decoded::Other) };
                return Ok(Decoded::Dropped(u64::try_from(count).unwrap_or(0)));
            }
            _ => return skip_parts(reader, size.saturating_sub(1)),
        };
        let fixed = if stamped { 4 } else { 3 };
        let Some(fields) = size.checked_sub(fixed) else { return skip_parts(reader, size - 1) };
        let process = self.party(reader, tables)?;
        let tag = match reader.next()? {
            Item::Atom(name) => Tag::from_name(name),
            _ => return Err(DecodeError::BadAtom { at }),
        };
        let Some(tag) = tag else { return skip_parts(reader, size - 3) };
        let Some(head) = self.head(tag, fields, reader, tables)? else {
            return skip_parts(reader, usize::from(stamped)).map(|_| Decoded::Foreign);
        };
        if stamped {
            self.last = self.time(parts::timestamp(reader)?);
        } else {
            self.last = self.last.saturating_add(1);
            self.timeless += 1;
        }
        let what = self.what(head);
        Ok(Decoded::Event(Event { time: self.last, process, what }))
    }

    /// Reads the fields of a message between its tag and its time. `None` for a call that is somebody else's.
    fn head(
        &mut self,
        tag: Tag,
        fields: usize,
        reader: &mut Reader<'_>,
        tables: &mut Tables,
    ) -> Result<Option<Head>, DecodeError> {
        self.scratch.clear();
        let mut head = Head { tag, ..Head::default() };
        let read = match tag {
            Tag::Call => {
                let foreign = self.call(&mut head, fields, reader, tables)?;
                if foreign {
                    return Ok(None);
                }
                return Ok(Some(head));
            }
            Tag::Return | Tag::Exception => {
                head.function = self.function_of(reader, tables)?.0;
                head.span = self.keep_term(reader, self.values)?;
                2
            }
            Tag::ReturnTo => {
                head.function = self.return_target(reader, tables)?;
                1
            }
            Tag::Send | Tag::SendDead => {
                head.span = self.keep_term(reader, self.keep)?;
                head.peer = self.party(reader, tables)?;
                2
            }
            Tag::Deliver | Tag::Exit => {
                head.span = self.keep_term(reader, self.keep)?;
                1
            }
            Tag::Spawn | Tag::Spawned => {
                head.peer = self.party(reader, tables)?;
                (head.function, head.span) = self.function_of(reader, tables)?;
                2
            }
            Tag::Link | Tag::Unlink | Tag::GettingLinked | Tag::GettingUnlinked => {
                head.peer = self.party(reader, tables)?;
                1
            }
            Tag::Register | Tag::Unregister => {
                head.name = match reader.next()? {
                    Item::Atom(name) => tables.intern_atom(name),
                    _ => return Err(DecodeError::BadAtom { at: reader.position() }),
                };
                1
            }
        };
        skip_parts(reader, fields.saturating_sub(read))?;
        Ok(Some(head))
    }

    /// Reads the fields of a call. True where the call is of a function that nobody here asked for.
    fn call(
        &mut self,
        head: &mut Head,
        fields: usize,
        reader: &mut Reader<'_>,
        tables: &mut Tables,
    ) -> Result<bool, DecodeError> {
        let (function, arguments) = self.function_of(reader, tables)?;
        (head.function, head.span) = (function, arguments);
        let expected = self.expected.get_mut(function.0 as usize).and_then(Option::as_mut);
        let foreign = self.strict && expected.is_none();
        let mut left = fields.saturating_sub(1);
        if let (Some(Expected { projection, learner }), true, true) =
            (expected, left > 0, head.span.is_absent())
        {
            left -= 1;
            if self.reduced == Some(Form::Oversize) {
                head.span = self.keep_term(reader, Keep::Full)?;
                skip_parts(reader, left)?;
                return Ok(foreign);
            }
            if self.too_deep {
                head.span = self.size_of(reader)?;
                skip_parts(reader, left)?;
                return Ok(foreign);
            }
            let start = self.scratch.start();
            let read = projection.read(learner.signatures(), reader, self.scratch.bytes());
            let sent = read.map_err(|error| match error {
                ProjectionError::Decode(error) => error,
                ProjectionError::Foreign => {
                    DecodeError::BadIdentifier { what: "projection", at: reader.position() }
                }
            })?;
            let form = if projection.is_full() { Form::Full } else { Form::Shape };
            head.span = self.scratch.span_from(start, form);
            if !projection.is_full() && learner.watch(sent, self.scratch.slice(head.span)) {
                self.learned.push(function);
            }
            self.redaction.apply(&mut self.scratch, &mut head.span);
        }
        skip_parts(reader, left)?;
        Ok(foreign)
    }

    /// Copies the next term into the scratch space, in the form that `keep` says; nothing of it for `None`.
    fn keep_term(
        &mut self,
        reader: &mut Reader<'_>,
        keep: impl Into<Option<Keep>>,
    ) -> Result<Span, DecodeError> {
        let keep = keep.into();
        if self.too_deep && keep.is_some() {
            return self.size_of(reader);
        }
        let start = self.scratch.start();
        let form = match (keep, self.reduced) {
            (None, _) if self.too_deep => {
                reader.skip_deep()?;
                return Ok(Span::ABSENT);
            }
            (None, _) => {
                reader.skip()?;
                return Ok(Span::ABSENT);
            }
            (_, Some(form)) => reader.copy_resolved(self.scratch.bytes()).map(|()| form)?,
            (Some(Keep::Full), None) => reader.copy_resolved(self.scratch.bytes()).map(|()| Form::Full)?,
            (Some(Keep::Shape), None) => {
                pluto_matchspec::shape::shape_of(reader, self.scratch.bytes())?;
                Form::Shape
            }
        };
        let mut span = self.scratch.span_from(start, form);
        self.redaction.apply(&mut self.scratch, &mut span);
        Ok(span)
    }

    /// Leaves the next term out, but for its size.
    fn size_of(&mut self, reader: &mut Reader<'_>) -> Result<Span, DecodeError> {
        let size = reader.skip_deep()?.len();
        let start = self.scratch.start();
        encode_bare(&Term::int(i64::try_from(size).unwrap_or(i64::MAX)), self.scratch.bytes());
        let mut span = self.scratch.span_from(start, Form::TooDeep);
        self.redaction.apply(&mut self.scratch, &mut span);
        Ok(span)
    }

    /// Reads `{Module, Function, Arity | Arguments}`.
    fn function_of(
        &mut self,
        reader: &mut Reader<'_>,
        tables: &mut Tables,
    ) -> Result<(FunctionId, Span), DecodeError> {
        let at = reader.position();
        let Item::Tuple(3) = reader.next()? else { return Err(DecodeError::BadAtom { at }) };
        let (Item::Atom(module), Item::Atom(name)) = (reader.next()?, reader.next()?) else {
            return Err(DecodeError::BadAtom { at });
        };
        let start = self.scratch.start();
        if let Some(&(tag::SMALL_INTEGER | tag::INTEGER)) = reader.remaining().first() {
            let Item::Integer(arity) = reader.next()? else { return Err(DecodeError::BadAtom { at }) };
            let arity = u32::try_from(arity).unwrap_or(u32::MAX);
            return Ok((parts::intern_call(tables, module, name, arity), Span::ABSENT));
        }
        let arity = match reader.clone().next()? {
            Item::Nil => 0,
            Item::List(n) => u32::try_from(n).unwrap_or(u32::MAX),
            Item::String(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            _ => return Err(DecodeError::BadAtom { at }),
        };
        if self.too_deep {
            let span = self.size_of(reader)?;
            return Ok((parts::intern_call(tables, module, name, arity), span));
        }
        let form = match (self.keep, self.reduced) {
            (_, Some(form)) => reader.copy_resolved(self.scratch.bytes()).map(|()| form)?,
            (Keep::Full, None) => reader.copy_resolved(self.scratch.bytes()).map(|()| Form::Full)?,
            (Keep::Shape, None) => {
                parts::shape_of_arguments(reader, self.scratch.bytes())?;
                Form::Shape
            }
        };
        let mut span = self.scratch.span_from(start, form);
        self.redaction.apply(&mut self.scratch, &mut span);
        Ok((parts::intern_call(tables, module, name, arity), span))
    }

    /// Reads `{Module, Function, Arity}` or `undefined`.
    fn return_target(
        &mut self,
        reader: &mut Reader<'_>,
        tables: &mut Tables,
    ) -> Result<FunctionId, DecodeError> {
        match reader.remaining().first() {
            Some(&tag::SMALL_TUPLE) => Ok(self.function_of(reader, tables)?.0),
            _ => reader.skip().map(|_undefined| FunctionId::NONE),
        }
    }

    /// Reads a pid, a port, a registered name, `{Name, Node}`, or an alias.
    fn party(&mut self, reader: &mut Reader<'_>, tables: &mut Tables) -> Result<ProcessId, DecodeError> {
        let at = reader.position();
        match reader.next()? {
            Item::Pid(pid) => Ok(self.pid(pid, tables)),
            Item::Port(port) => {
                let node = self.node_of(port.node, port.creation, tables);
                Ok(tables.intern_process(Process { node, identity: Identity::Port { number: port.id } }))
            }
            // An alias: a gen_server replies to one, and nothing tells whose it is.
            Item::Reference(_) => Ok(ProcessId::NONE),
            Item::Atom(name) => {
                let name = tables.intern_atom(name);
                Ok(tables.intern_process(Process { node: self.node, identity: Identity::Name { name } }))
            }
            Item::Tuple(2) => {
                let (Item::Atom(name), Item::Atom(node)) = (reader.next()?, reader.next()?) else {
                    return Err(DecodeError::BadAtom { at });
                };
                let name = tables.intern_atom(name);
                let node = self.node_of(AtomRef::Utf8(node), 0, tables);
                Ok(tables.intern_process(Process { node, identity: Identity::Name { name } }))
            }
            _ => Err(DecodeError::BadIdentifier { what: "receiver", at }),
        }
    }

    fn pid(&mut self, pid: PidRef<'_>, tables: &mut Tables) -> ProcessId {
        let node = self.node_of(pid.node, pid.creation, tables);
        parts::intern_pid(tables, node, pid.id, pid.serial)
    }

    /// The node of an identifier: the observed one by its creation, else any other by name and creation.
    fn node_of(&mut self, name: AtomRef<'_>, creation: u32, tables: &mut Tables) -> NodeId {
        self.parties.node(tables, name, creation)
    }

    fn what(&self, head: Head) -> What<'_> {
        let payload = self.scratch.payload(head.span);
        match head.tag {
            Tag::Call => What::Call { function: head.function, arguments: payload },
            Tag::Return => What::Return { function: head.function, value: payload },
            Tag::Exception => What::Exception { function: head.function, reason: payload },
            Tag::ReturnTo => What::ReturnTo { function: head.function },
            Tag::Send => What::Send { to: head.peer, message: payload, receiver_exists: true },
            Tag::SendDead => What::Send { to: head.peer, message: payload, receiver_exists: false },
            Tag::Deliver => What::Deliver { from: ProcessId::NONE, message: payload },
            Tag::Spawn => What::Spawn { child: head.peer, function: head.function, arguments: payload },
            Tag::Spawned => What::Spawned { parent: head.peer, function: head.function, arguments: payload },
            Tag::Exit => What::Exit { reason: payload },
            Tag::Link => What::Link { peer: head.peer },
            Tag::Unlink => What::Unlink { peer: head.peer },
            Tag::GettingLinked => What::GettingLinked { peer: head.peer },
            Tag::GettingUnlinked => What::GettingUnlinked { peer: head.peer },
            Tag::Register => What::Register { name: head.name },
            Tag::Unregister => What::Unregister { name: head.name },
        }
    }
}

/// Skips this many terms: a message that is not understood is left whole behind.
fn skip_parts<'a>(reader: &mut Reader<'_>, parts: usize) -> Result<Decoded<'a>, DecodeError> {
    for _ in 0..parts {
        reader.skip_deep()?;
    }
    Ok(Decoded::Other)
}

/// The id of a node's name and creation, as a connection's peer has them.
pub fn intern_node(tables: &mut Tables, name: &str, creation: u32) -> NodeId {
    let name = tables.intern_atom(name);
    tables.intern_node(Node { name, creation })
}

/// The id of a function by its names.
pub fn intern_function(tables: &mut Tables, module: &str, name: &str, arity: u32) -> FunctionId {
    let (module, name) = (tables.intern_atom(module), tables.intern_atom(name));
    tables.intern_function(Function { module, name, arity })
}

impl Scratch {
    fn payload(&self, span: Span) -> Payload<'_> {
        Payload { form: span.form, bytes: self.slice(span) }
    }
}
