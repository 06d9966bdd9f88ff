//! Gathering events into the columns of one batch.

use crate::index::{self, BatchIndex, IdSet};
use crate::schema;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, RecordBatch, TimestampNanosecondArray, UInt8Array, UInt32Array,
    UInt64Array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, Schema};
use pluto_event::{Event, Form, FunctionId, GapCause, Missing, Nanos, NodeId, Payload, What};
use std::sync::Arc;

const NONE: u32 = u32::MAX;

/// What only gap events have.
#[derive(Clone, Copy, Debug)]
struct Gap {
    row: usize,
    node: NodeId,
    cause: GapCause,
    missing: Missing,
    since: Nanos,
}

/// The columns of the batch that is being gathered. What few events have is kept by row, and spread when encoded.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    time: Vec<Nanos>,
    kind: Vec<u8>,
    process: Vec<u32>,
    function: Vec<u32>,
    peer: Vec<u32>,
    form: Vec<u8>,
    ends: Vec<i32>,
    payload: Vec<u8>,
    receivers: Vec<(usize, bool)>,
    names: Vec<(usize, u32)>,
    gaps: Vec<Gap>,
    since: Option<Nanos>,
    functions_present: bool,
    peers_present: bool,
}

impl Batch {
    /// How many events there are.
    pub(crate) fn rows(&self) -> usize {
        self.time.len()
    }

    /// How many bytes of payload there are.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.payload.len()
    }

    /// Adds an event, with `payload` in the place of its own.
    pub(crate) fn push(&mut self, event: &Event<'_>, payload: Payload<'_>) {
        let row = self.rows();
        let what = &event.what;
        let function = what.function();
        let peer = what.peer();
        self.functions_present |= function != FunctionId::NONE;
        self.peers_present |= !peer.is_none();
        self.time.push(event.time);
        self.kind.push(what.kind() as u8);
        self.process.push(event.process.0);
        self.function.push(function.0);
        self.peer.push(peer.0);
        self.form.push(payload.form as u8);
        if payload.form != Form::Absent {
            self.payload.extend_from_slice(payload.bytes);
        }
        self.ends.push(i32::try_from(self.payload.len()).unwrap_or(i32::MAX));
        match *what {
            What::Send { receiver_exists, .. } => self.receivers.push((row, receiver_exists)),
            What::Register { name } | What::Unregister { name } => self.names.push((row, name.0)),
            What::Gap { node, cause, missing, since } => {
                self.gaps.push(Gap { row, node, cause, missing, since });
                self.since = Some(self.since.map_or(since, |least| least.min(since)).min(event.time));
            }
            _ => {}
        }
    }

    /// What the index says of this batch; where it lies in its file is filled in later.
    pub(crate) fn index(&self) -> BatchIndex {
        BatchIndex {
            offset: 0,
            length: 0,
            checksum: 0,
            rows: u32::try_from(self.rows()).unwrap_or(u32::MAX),
            min_time: self.time.iter().copied().min().unwrap_or(0),
            max_time: self.time.iter().copied().max().unwrap_or(0),
            since: self.since,
            kinds: index::kinds(&self.kind),
            processes: IdSet::of(&self.process),
            functions: IdSet::of(&self.function),
        }
    }

    /// The batch in Arrow's terms. Leaves this one empty.
    pub(crate) fn take(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, ArrowError> {
        let batch = std::mem::take(self);
        let rows = batch.rows();
        let utc = |array: TimestampNanosecondArray| array.with_timezone("UTC");
        let since: Vec<_> = batch.gaps.iter().map(|gap| (gap.row, gap.since)).collect();
        let node: Vec<_> = batch.gaps.iter().map(|gap| (gap.row, gap.node.0)).collect();
        let cause: Vec<_> = batch.gaps.iter().map(|gap| (gap.row, gap.cause as u8)).collect();
        let missing: Vec<_> =
            batch.gaps.iter().filter_map(|gap| Some((gap.row, count(gap.missing)?.0))).collect();
        let exact: Vec<_> =
            batch.gaps.iter().filter_map(|gap| Some((gap.row, count(gap.missing)?.1))).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(utc(TimestampNanosecondArray::new(batch.time.into(), None))),
            Arc::new(UInt8Array::new(batch.kind.into(), None)),
            Arc::new(ids(batch.process, true)),
            Arc::new(ids(batch.function, batch.functions_present)),
            Arc::new(ids(batch.peer, batch.peers_present)),
            Arc::new(UInt8Array::new(batch.form.into(), None)),
            Arc::new(binary(batch.ends, batch.payload)?),
            Arc::new(sparse_bool(rows, &batch.receivers)),
            Arc::new(ids(sparse(rows, &batch.names, NONE).0, !batch.names.is_empty())),
            Arc::new(ids(sparse(rows, &node, NONE).0, !node.is_empty())),
            Arc::new(UInt8Array::from(sparse_column(rows, &cause, 0))),
            Arc::new(UInt64Array::from(sparse_column(rows, &missing, 0))),
            Arc::new(sparse_bool(rows, &exact)),
            Arc::new(utc(TimestampNanosecondArray::from(sparse_column(rows, &since, 0)))),
        ];
        RecordBatch::try_new(Arc::clone(schema), columns)
    }
}

/// The number of a [`Missing`] and whether it is exact; `None` where nothing is known.
fn count(missing: Missing) -> Option<(u64, bool)> {
    match missing {
        Missing::Exactly(number) => Some((number, true)),
        Missing::AtLeast(number) => Some((number, false)),
        Missing::Unknown => None,
    }
}

/// A column of ids, null where there is none. `present` may be true where there is none in any row.
pub(crate) fn ids(values: Vec<u32>, present: bool) -> UInt32Array {
    let nulls = match present {
        true => NullBuffer::new(BooleanBuffer::collect_bool(values.len(), |row| {
            values.get(row).is_some_and(|&value| value != NONE)
        })),
        false => NullBuffer::new_null(values.len()),
    };
    let nulls = Some(nulls).filter(|nulls| nulls.null_count() > 0);
    UInt32Array::new(ScalarBuffer::from(values), nulls)
}

/// Payloads, of which `ends` has the end of each.
fn binary(ends: Vec<i32>, payload: Vec<u8>) -> Result<BinaryArray, ArrowError> {
    let mut offsets = Vec::with_capacity(ends.len() + 1);
    offsets.push(0);
    offsets.extend(ends);
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    BinaryArray::try_new(offsets, Buffer::from_vec(payload), None)
}

/// All values of a column, `fill` where no row is given, and whether a row is given.
fn sparse<T: Copy>(rows: usize, given: &[(usize, T)], fill: T) -> (Vec<T>, Vec<bool>) {
    let mut values = vec![fill; rows];
    let mut valid = vec![false; rows];
    for &(row, value) in given {
        if let (Some(slot), Some(flag)) = (values.get_mut(row), valid.get_mut(row)) {
            *slot = value;
            *flag = true;
        }
    }
    (values, valid)
}

fn sparse_column<T: Copy + arrow_buffer::ArrowNativeType, A>(
    rows: usize,
    given: &[(usize, T)],
    fill: T,
) -> arrow_array::PrimitiveArray<A>
where
    A: arrow_array::ArrowPrimitiveType<Native = T>,
{
    if given.is_empty() {
        return arrow_array::PrimitiveArray::new_null(rows);
    }
    let (values, valid) = sparse(rows, given, fill);
    arrow_array::PrimitiveArray::new(values.into(), Some(valid.into()))
}

fn sparse_bool(rows: usize, given: &[(usize, bool)]) -> BooleanArray {
    if given.is_empty() {
        return BooleanArray::new_null(rows);
    }
    let (values, valid) = sparse(rows, given, false);
    BooleanArray::new(values.into(), Some(valid.into()))
}

/// The schema of segments.
pub(crate) fn schema() -> Arc<Schema> {
    schema::schema(&schema::EVENTS)
}
