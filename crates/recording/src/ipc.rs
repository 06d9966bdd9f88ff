//! Reading messages of Arrow IPC streams from bytes that may be damaged.
//!
//! The metadata goes through the verifier of flatbuffers; buffers are bounded before they are decompressed. Arrow's
//! own reader is not used: it trusts lengths, and makes arrays anew for each batch.
//! Format: Apache Arrow columnar format, version 1.5, "IPC Streaming Format".

use crate::error::Damage;
use crate::schema::{BYTES_MAX, Column, MESSAGE_MAX, METADATA_MAX, Physical, ROWS_MAX};
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::{Field, Message, RecordBatch, Type};

/// The bytes before the metadata of a message.
pub(crate) const PREFIX: usize = 8;

/// The lengths of a message, from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// The end of the stream.
    End,
    /// A message whose metadata has this many bytes.
    Metadata(usize),
}

/// Reads the first bytes of a message.
pub(crate) fn prefix(bytes: [u8; PREFIX]) -> Result<Prefix, Damage> {
    let [a, b, c, d, rest @ ..] = bytes;
    let length = u32::from_le_bytes(rest);
    match ([a, b, c, d], length) {
        ([0xff, 0xff, 0xff, 0xff], 0) => Ok(Prefix::End),
        ([0xff, 0xff, 0xff, 0xff], _) if u64::from(length) <= METADATA_MAX => {
            Ok(Prefix::Metadata(length as usize))
        }
        _ => Err(Damage::Message),
    }
}

/// Verifies the metadata of a message.
pub(crate) fn metadata(bytes: &[u8]) -> Result<Message<'_>, Damage> {
    arrow_ipc::root_as_message(bytes).map_err(|_| Damage::Message)
}

/// How many bytes of buffers follow the metadata.
pub(crate) fn body_length(message: &Message<'_>) -> Result<u64, Damage> {
    u64::try_from(message.bodyLength()).ok().filter(|&length| length <= MESSAGE_MAX).ok_or(Damage::Message)
}

/// One whole message: its metadata and its buffers.
pub(crate) fn split(bytes: &[u8]) -> Result<(Message<'_>, &[u8]), Damage> {
    let (head, rest) = bytes.split_first_chunk::<PREFIX>().ok_or(Damage::Cut)?;
    let Prefix::Metadata(length) = prefix(*head)? else { return Err(Damage::Message) };
    let (meta, body) = rest.split_at_checked(length).ok_or(Damage::Cut)?;
    Ok((metadata(meta)?, body))
}

/// Where a column lies among the nodes and buffers of each batch of a stream.
#[derive(Clone, Copy, Debug)]
struct Place {
    node: usize,
    buffer: usize,
}

/// Where the columns of a stream lie, from its schema.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    places: Vec<Place>,
    physical: Vec<Physical>,
}

impl Layout {
    /// Finds `columns` in a schema message. Other columns are left out, which a newer minor version may have.
    pub(crate) fn new(message: &Message<'_>, columns: &[Column]) -> Result<Layout, Damage> {
        let fields = message.header_as_schema().and_then(|schema| schema.fields()).ok_or(Damage::Schema)?;
        let mut found: Vec<Option<Place>> = vec![None; columns.len()];
        let mut next = Some(Place { node: 0, buffer: 0 });
        for field in fields {
            let Some(here) = next else { break };
            for (column, slot) in columns.iter().zip(&mut found) {
                if field.name() == Some(column.name) && physical(&field) == Some(column.physical) {
                    *slot = Some(here);
                }
            }
            next = after(&field, here, 8);
        }
        let places = found.into_iter().collect::<Option<Vec<_>>>().ok_or(Damage::Schema)?;
        Ok(Layout { places, physical: columns.iter().map(|column| column.physical).collect() })
    }
}

/// The place that follows a column; `None` for types whose layout is not known here.
fn after(field: &Field<'_>, place: Place, depth: usize) -> Option<Place> {
    let depth = depth.checked_sub(1)?;
    let own = match field.dictionary() {
        Some(_) => 2,
        None => match field.type_type() {
            Type::Null | Type::RunEndEncoded => 0,
            Type::FixedSizeList | Type::Struct_ => 1,
            Type::Bool | Type::Int | Type::FloatingPoint | Type::Decimal | Type::Date | Type::Time => 2,
            Type::Timestamp | Type::Interval | Type::Duration | Type::FixedSizeBinary => 2,
            Type::List | Type::LargeList | Type::Map => 2,
            Type::Binary | Type::LargeBinary | Type::Utf8 | Type::LargeUtf8 => 3,
            _ => return None,
        },
    };
    let mut place = Place { node: place.node + 1, buffer: place.buffer + own };
    if field.dictionary().is_none() {
        for child in field.children().into_iter().flatten() {
            place = after(&child, place, depth)?;
        }
    }
    Some(place)
}

fn physical(field: &Field<'_>) -> Option<Physical> {
    if field.dictionary().is_some() {
        return None;
    }
    match field.type_type() {
        Type::Bool => Some(Physical::Bool),
        Type::Binary => Some(Physical::Binary),
        Type::Utf8 => Some(Physical::Text),
        Type::Timestamp => {
            let unit = field.type_as_timestamp()?.unit();
            (unit == arrow_ipc::TimeUnit::NANOSECOND).then_some(Physical::Time)
        }
        Type::Int => {
            let int = field.type_as_int()?;
            match (int.bitWidth(), int.is_signed()) {
                (8, false) => Some(Physical::U8),
                (32, false) => Some(Physical::U32),
                (64, false) => Some(Physical::U64),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The buffers of one batch of a stream.
pub(crate) struct Buffers<'a> {
    rows: usize,
    header: RecordBatch<'a>,
    body: &'a [u8],
    layout: &'a Layout,
}

impl<'a> Buffers<'a> {
    /// The buffers of a message; `None` where the message is not a batch.
    pub(crate) fn new(bytes: &'a [u8], layout: &'a Layout) -> Result<Option<Buffers<'a>>, Damage> {
        let (message, body) = split(bytes)?;
        let Some(header) = message.header_as_record_batch() else { return Ok(None) };
        let rows =
            usize::try_from(header.length()).ok().filter(|&rows| rows <= ROWS_MAX).ok_or(Damage::Size)?;
        Ok(Some(Buffers { rows, header, body, layout }))
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// How many rows of a column are null.
    pub(crate) fn nulls(&self, column: usize) -> Result<usize, Damage> {
        let place = self.layout.places.get(column).ok_or(Damage::Schema)?;
        let nodes = self.header.nodes().ok_or(Damage::Message)?;
        if place.node >= nodes.len() {
            return Err(Damage::Message);
        }
        let node = nodes.get(place.node);
        if usize::try_from(node.length()).ok() != Some(self.rows) {
            return Err(Damage::Message);
        }
        usize::try_from(node.null_count()).ok().filter(|&nulls| nulls <= self.rows).ok_or(Damage::Message)
    }

    /// The validity bits of a column that has nulls.
    pub(crate) fn validity(
        &self,
        column: usize,
        inflate: &mut Inflate,
        out: &mut MutableBuffer,
    ) -> Result<(), Damage> {
        self.load(column, 0, self.rows.div_ceil(8), inflate, out)
    }

    /// The values of a column of fixed width, or the bits of a boolean one.
    pub(crate) fn values(
        &self,
        column: usize,
        inflate: &mut Inflate,
        out: &mut MutableBuffer,
    ) -> Result<(), Damage> {
        let physical = self.layout.physical.get(column).ok_or(Damage::Schema)?;
        let length = match physical {
            Physical::U8 => self.rows,
            Physical::U32 => self.rows * 4,
            Physical::U64 | Physical::Time => self.rows * 8,
            Physical::Bool => self.rows.div_ceil(8),
            Physical::Binary | Physical::Text => return Err(Damage::Schema),
        };
        self.load(column, 1, length, inflate, out)
    }

    /// The offsets and the bytes of a binary or text column. The offsets ascend and lie within the bytes.
    pub(crate) fn bytes(
        &self,
        column: usize,
        inflate: &mut Inflate,
        offsets: &mut MutableBuffer,
        out: &mut MutableBuffer,
    ) -> Result<(), Damage> {
        if self.rows == 0 {
            offsets.clear();
            out.clear();
            return Ok(());
        }
        self.load(column, 1, (self.rows + 1) * 4, inflate, offsets)?;
        let offsets = offsets.typed_data::<i32>();
        let ordered = offsets.first().is_some_and(|&first| first >= 0) && offsets.is_sorted();
        let end = offsets
            .last()
            .and_then(|&end| usize::try_from(end).ok())
            .filter(|_| ordered)
            .ok_or(Damage::Column)?;
        if end > BYTES_MAX {
            return Err(Damage::Size);
        }
        self.load(column, 2, end, inflate, out)
    }

    /// The first `length` bytes of a buffer, in `out`.
    fn load(
        &self,
        column: usize,
        which: usize,
        length: usize,
        inflate: &mut Inflate,
        out: &mut MutableBuffer,
    ) -> Result<(), Damage> {
        out.clear();
        if length == 0 {
            return Ok(());
        }
        let place = self.layout.places.get(column).ok_or(Damage::Schema)?;
        let buffers = self.header.buffers().ok_or(Damage::Message)?;
        if place.buffer + which >= buffers.len() {
            return Err(Damage::Message);
        }
        let buffer = buffers.get(place.buffer + which);
        let start = usize::try_from(buffer.offset()).map_err(|_| Damage::Column)?;
        let stored = usize::try_from(buffer.length()).map_err(|_| Damage::Column)?;
        let end = start.checked_add(stored).ok_or(Damage::Column)?;
        let bytes = self.body.get(start..end).ok_or(Damage::Column)?;
        match self.header.compression() {
            None => plain(bytes, length, out),
            Some(compression) if compression.codec() == arrow_ipc::CompressionType::ZSTD => {
                let (head, data) = bytes.split_first_chunk::<8>().ok_or(Damage::Column)?;
                match i64::from_le_bytes(*head) {
                    -1 => plain(data, length, out),
                    inflated => {
                        let inflated = usize::try_from(inflated).map_err(|_| Damage::Column)?;
                        // A writer may pad a buffer to 64 bytes, and need not.
                        if inflated < length || inflated > length + 64 {
                            return Err(Damage::Column);
                        }
                        inflate.zstd(data, inflated, out)
                    }
                }
            }
            Some(_) => Err(Damage::Column),
        }
    }
}

fn plain(bytes: &[u8], length: usize, out: &mut MutableBuffer) -> Result<(), Damage> {
    out.extend_from_slice(bytes.get(..length).ok_or(Damage::Column)?);
    Ok(())
}

/// A decompressor that is used again and again.
pub(crate) struct Inflate(zstd::bulk::Decompressor<'static>);

impl Inflate {
    pub(crate) fn new() -> std::io::Result<Inflate> {
        zstd::bulk::Decompressor::new().map(Inflate)
    }

    fn zstd(&mut self, data: &[u8], length: usize, out: &mut MutableBuffer) -> Result<(), Damage> {
        // The frame says its size too; where it says less, no memory is taken for the rest.
        if zstd::zstd_safe::get_frame_content_size(data).ok().flatten() != Some(length as u64) {
            return Err(Damage::Column);
        }
        out.resize(length, 0);
        let written = self.0.decompress_to_buffer(data, out.as_slice_mut()).map_err(|_| Damage::Column)?;
        if written == length { Ok(()) } else { Err(Damage::Column) }
    }
}

/// Joins the buffers that Arrow's encoder gives.
pub(crate) fn join(buffers: &[Buffer]) -> Vec<u8> {
    let mut out = Vec::with_capacity(buffers.iter().map(Buffer::len).sum());
    for buffer in buffers {
        out.extend_from_slice(buffer);
    }
    out
}
