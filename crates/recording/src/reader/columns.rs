//! The columns of one batch in memory, and its rows as events.

use crate::error::Damage;
use crate::index;
use crate::ipc::{Buffers, Inflate, Layout};
use crate::schema::event as at;
use arrow_buffer::MutableBuffer;
use pluto_event::{
    AtomId, Event, Form, FunctionId, GapCause, Kind, Missing, Nanos, NodeId, Payload, ProcessId, What,
};

/// Which columns a scan reads. Times, kinds, processes, forms and gaps always are; what is left out is absent from the
/// events: a function is [`FunctionId::NONE`], a peer [`ProcessId::NONE`], a payload [`Payload::ABSENT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Functions.
    pub functions: bool,
    /// Senders, receivers, children, parents and linked processes.
    pub peers: bool,
    /// Arguments, values, reasons and messages.
    pub payloads: bool,
}

impl Columns {
    /// Every column.
    pub const ALL: Columns = Columns { functions: true, peers: true, payloads: true };
    /// Only what is always read.
    pub const NONE: Columns = Columns { functions: false, peers: false, payloads: false };
}

/// Reads a column of ids, with `u32::MAX` where it is null.
pub(crate) fn load_ids(
    batch: &Buffers<'_>,
    column: usize,
    inflate: &mut Inflate,
    values: &mut MutableBuffer,
    valid: &mut MutableBuffer,
) -> Result<(), Damage> {
    let rows = batch.rows();
    let nulls = batch.nulls(column)?;
    if nulls == rows {
        values.clear();
        values.resize(rows * 4, 0xff);
        return Ok(());
    }
    batch.values(column, inflate, values)?;
    if nulls > 0 {
        batch.validity(column, inflate, valid)?;
        for (row, value) in values.typed_data_mut::<u32>().iter_mut().enumerate() {
            if !bit(valid.as_slice(), row) {
                *value = u32::MAX;
            }
        }
    }
    Ok(())
}

fn is_newer(form: u8) -> bool {
    Form::from_number(form).is_none()
}

/// A bit of a bitmap, least significant first.
fn bit(bits: &[u8], row: usize) -> bool {
    bits.get(row / 8).is_some_and(|byte| byte & 1 << (row % 8) != 0)
}

/// A column of which few rows have a value.
#[derive(Debug, Default)]
struct Sparse {
    values: MutableBuffer,
    valid: MutableBuffer,
    all_null: bool,
    none_null: bool,
}

impl Sparse {
    fn load(&mut self, batch: &Buffers<'_>, column: usize, inflate: &mut Inflate) -> Result<(), Damage> {
        let nulls = batch.nulls(column)?;
        self.all_null = nulls == batch.rows();
        self.none_null = nulls == 0;
        if !self.all_null {
            batch.values(column, inflate, &mut self.values)?;
        }
        if !self.all_null && !self.none_null {
            batch.validity(column, inflate, &mut self.valid)?;
        }
        Ok(())
    }

    fn has(&self, row: usize) -> bool {
        !self.all_null && (self.none_null || bit(self.valid.as_slice(), row))
    }

    fn get<T: arrow_buffer::ArrowNativeType>(&self, row: usize) -> Option<T> {
        if self.has(row) { self.values.typed_data::<T>().get(row).copied() } else { None }
    }

    fn get_bool(&self, row: usize) -> Option<bool> {
        self.has(row).then(|| bit(self.values.as_slice(), row))
    }
}

/// The columns of one batch. The memory is used again for the next one.
#[derive(Debug)]
pub(crate) struct Loaded {
    columns: Columns,
    rows: usize,
    time: MutableBuffer,
    kind: MutableBuffer,
    process: MutableBuffer,
    function: MutableBuffer,
    peer: MutableBuffer,
    form: MutableBuffer,
    offsets: MutableBuffer,
    payload: MutableBuffer,
    valid: MutableBuffer,
    /// Whether a form is of a newer version.
    newer_forms: bool,
    kinds: u32,
    receiver_exists: Sparse,
    name: Sparse,
    node: Sparse,
    cause: Sparse,
    missing: Sparse,
    missing_exact: Sparse,
    since: Sparse,
}

impl Default for Loaded {
    fn default() -> Loaded {
        let empty = || MutableBuffer::new(0);
        Loaded {
            columns: Columns::ALL,
            rows: 0,
            time: empty(),
            kind: empty(),
            process: empty(),
            function: empty(),
            peer: empty(),
            form: empty(),
            offsets: empty(),
            payload: empty(),
            valid: empty(),
            newer_forms: false,
            kinds: 0,
            receiver_exists: Sparse::default(),
            name: Sparse::default(),
            node: Sparse::default(),
            cause: Sparse::default(),
            missing: Sparse::default(),
            missing_exact: Sparse::default(),
            since: Sparse::default(),
        }
    }
}

const HAS_PEER: u32 = 1 << Kind::Send as u32
    | 1 << Kind::Deliver as u32
    | 1 << Kind::Spawn as u32
    | 1 << Kind::Spawned as u32
    | 1 << Kind::Link as u32
    | 1 << Kind::Unlink as u32
    | 1 << Kind::GettingLinked as u32
    | 1 << Kind::GettingUnlinked as u32;
const HAS_NAME: u32 = 1 << Kind::Register as u32 | 1 << Kind::Unregister as u32;

impl Loaded {
    /// Reads the columns of a message. Gives false where the message is not a batch.
    pub(crate) fn load(
        &mut self,
        message: &[u8],
        layout: &Layout,
        columns: Columns,
        inflate: &mut Inflate,
    ) -> Result<bool, Damage> {
        self.rows = 0;
        let Some(batch) = Buffers::new(message, layout)? else { return Ok(false) };
        self.columns = columns;
        batch.values(at::TIME, inflate, &mut self.time)?;
        batch.values(at::KIND, inflate, &mut self.kind)?;
        self.kinds = index::kinds(self.kind.as_slice());
        load_ids(&batch, at::PROCESS, inflate, &mut self.process, &mut self.valid)?;
        if columns.functions {
            load_ids(&batch, at::FUNCTION, inflate, &mut self.function, &mut self.valid)?;
        }
        if columns.peers && self.kinds & HAS_PEER != 0 {
            load_ids(&batch, at::PEER, inflate, &mut self.peer, &mut self.valid)?;
        }
        batch.values(at::FORM, inflate, &mut self.form)?;
        self.newer_forms = self.form.as_slice().iter().any(|&form| is_newer(form));
        if columns.payloads {
            batch.bytes(at::PAYLOAD, inflate, &mut self.offsets, &mut self.payload)?;
        }
        self.load_rare(&batch, inflate)?;
        self.rows = batch.rows();
        Ok(true)
    }

    fn load_rare(&mut self, batch: &Buffers<'_>, inflate: &mut Inflate) -> Result<(), Damage> {
        if self.kinds & 1 << Kind::Send as u32 != 0 {
            self.receiver_exists.load(batch, at::RECEIVER_EXISTS, inflate)?;
        }
        if self.kinds & HAS_NAME != 0 {
            self.name.load(batch, at::NAME, inflate)?;
        }
        if self.kinds & 1 << Kind::Gap as u32 != 0 {
            self.node.load(batch, at::NODE, inflate)?;
            self.cause.load(batch, at::CAUSE, inflate)?;
            self.missing.load(batch, at::MISSING, inflate)?;
            self.missing_exact.load(batch, at::MISSING_EXACT, inflate)?;
            self.since.load(batch, at::SINCE, inflate)?;
        }
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The times.
    pub(crate) fn times(&self) -> &[Nanos] {
        self.time.typed_data::<i64>().get(..self.rows).unwrap_or_default()
    }

    /// The numbers of the kinds.
    pub(crate) fn kinds(&self) -> &[u8] {
        self.kind.as_slice().get(..self.rows).unwrap_or_default()
    }

    /// The processes.
    pub(crate) fn processes(&self) -> &[u32] {
        self.process.typed_data::<u32>().get(..self.rows).unwrap_or_default()
    }

    /// Whether there is a row whose form is of a newer version.
    pub(crate) fn has_newer_forms(&self) -> bool {
        self.newer_forms
    }

    /// Whether the form of a row is of a newer version, so that it is given as a gap.
    pub(crate) fn is_of_newer_form(&self, row: usize) -> bool {
        self.newer_forms && self.form.as_slice().get(row).is_some_and(|&form| is_newer(form))
    }

    /// The functions; empty where the column was not asked for.
    pub(crate) fn functions(&self) -> &[u32] {
        match self.columns.functions {
            true => self.function.typed_data::<u32>().get(..self.rows).unwrap_or_default(),
            false => &[],
        }
    }

    fn function(&self, row: usize) -> FunctionId {
        FunctionId(self.functions().get(row).copied().unwrap_or(u32::MAX))
    }

    fn peer(&self, row: usize) -> ProcessId {
        let loaded = self.columns.peers && self.kinds & HAS_PEER != 0;
        let peers = if loaded { self.peer.typed_data::<u32>() } else { &[] };
        ProcessId(peers.get(row).copied().unwrap_or(u32::MAX))
    }

    /// The payload of a row; `None` where its form is of a newer version.
    fn payload(&self, row: usize) -> Option<Payload<'_>> {
        if self.is_of_newer_form(row) {
            return None;
        }
        if !self.columns.payloads {
            return Some(Payload::ABSENT);
        }
        let form = Form::from_number(*self.form.as_slice().get(row)?)?;
        if form == Form::Absent {
            return Some(Payload::ABSENT);
        }
        let offsets = self.offsets.typed_data::<i32>();
        let start = usize::try_from(*offsets.get(row)?).ok()?;
        let end = usize::try_from(*offsets.get(row + 1)?).ok()?;
        Some(Payload { form, bytes: self.payload.as_slice().get(start..end)? })
    }

    fn gap(&self, row: usize, time: Nanos) -> What<'static> {
        let cause = self.cause.get::<u8>(row).and_then(GapCause::from_number);
        let missing = match (self.missing.get::<u64>(row), self.missing_exact.get_bool(row)) {
            (Some(number), Some(true)) => Missing::Exactly(number),
            (Some(number), _) => Missing::AtLeast(number),
            (None, _) => Missing::Unknown,
        };
        What::Gap {
            node: NodeId(self.node.get(row).unwrap_or(u32::MAX)),
            cause: cause.unwrap_or(GapCause::Unreadable),
            missing,
            since: self.since.get(row).unwrap_or(time),
        }
    }

    /// A row as an event. One of a kind or form that a newer version added is given as a gap of exactly one.
    pub(crate) fn event(&self, row: usize) -> Option<Event<'_>> {
        let time = *self.times().get(row)?;
        let process = ProcessId(*self.processes().get(row)?);
        let what = self.what(row, time).unwrap_or(What::Gap {
            node: NodeId::NONE,
            cause: GapCause::Unreadable,
            missing: Missing::Exactly(1),
            since: time,
        });
        Some(Event { time, process, what })
    }

    fn what(&self, row: usize, time: Nanos) -> Option<What<'_>> {
        let function = || self.function(row);
        let peer = || self.peer(row);
        let name = || AtomId(self.name.get(row).unwrap_or(u32::MAX));
        Some(match Kind::from_number(*self.kinds().get(row)?)? {
            Kind::Call => What::Call { function: function(), arguments: self.payload(row)? },
            Kind::Return => What::Return { function: function(), value: self.payload(row)? },
            Kind::Exception => What::Exception { function: function(), reason: self.payload(row)? },
            Kind::ReturnTo => What::ReturnTo { function: function() },
            Kind::Send => What::Send {
                to: peer(),
                message: self.payload(row)?,
                receiver_exists: self.receiver_exists.get_bool(row).unwrap_or(true),
            },
            Kind::Deliver => What::Deliver { from: peer(), message: self.payload(row)? },
            Kind::Spawn => What::Spawn { child: peer(), function: function(), arguments: self.payload(row)? },
            Kind::Spawned => {
                What::Spawned { parent: peer(), function: function(), arguments: self.payload(row)? }
            }
            Kind::Exit => What::Exit { reason: self.payload(row)? },
            Kind::Link => What::Link { peer: peer() },
            Kind::Unlink => What::Unlink { peer: peer() },
            Kind::GettingLinked => What::GettingLinked { peer: peer() },
            Kind::GettingUnlinked => What::GettingUnlinked { peer: peer() },
            Kind::Register => What::Register { name: name() },
            Kind::Unregister => What::Unregister { name: name() },
            Kind::Gap => self.gap(row, time),
        })
    }
}
