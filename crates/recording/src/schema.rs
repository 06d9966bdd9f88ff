//! The columns of segments and tables, and the limits that a reader holds them to.

use arrow_ipc::CompressionType;
use arrow_ipc::writer::IpcWriteOptions;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use std::sync::Arc;

/// Most rows that a batch may have.
pub(crate) const ROWS_MAX: usize = 1 << 20;
/// Most bytes of payloads or of atom texts that a batch may have.
pub(crate) const BYTES_MAX: usize = 256 << 20;
/// Most bytes of one message in a file.
pub(crate) const MESSAGE_MAX: u64 = 512 << 20;
/// Most bytes of the metadata of one message.
pub(crate) const METADATA_MAX: u64 = 4 << 20;

/// How the values of a column are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Physical {
    U8,
    U32,
    U64,
    Time,
    Bool,
    Binary,
    Text,
}

/// A column that a reader looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) physical: Physical,
    pub(crate) nullable: bool,
}

const fn column(name: &'static str, physical: Physical, nullable: bool) -> Column {
    Column { name, physical, nullable }
}

/// Positions in [`EVENTS`].
pub(crate) mod event {
    pub(crate) const TIME: usize = 0;
    pub(crate) const KIND: usize = 1;
    pub(crate) const PROCESS: usize = 2;
    pub(crate) const FUNCTION: usize = 3;
    pub(crate) const PEER: usize = 4;
    pub(crate) const FORM: usize = 5;
    pub(crate) const PAYLOAD: usize = 6;
    pub(crate) const RECEIVER_EXISTS: usize = 7;
    pub(crate) const NAME: usize = 8;
    pub(crate) const NODE: usize = 9;
    pub(crate) const CAUSE: usize = 10;
    pub(crate) const MISSING: usize = 11;
    pub(crate) const MISSING_EXACT: usize = 12;
    pub(crate) const SINCE: usize = 13;
}

/// The columns of a segment.
pub(crate) const EVENTS: [Column; 14] = [
    column("time", Physical::Time, false),
    column("kind", Physical::U8, false),
    column("process", Physical::U32, true),
    column("function", Physical::U32, true),
    column("peer", Physical::U32, true),
    column("form", Physical::U8, false),
    column("payload", Physical::Binary, false),
    column("receiver_exists", Physical::Bool, true),
    column("name", Physical::U32, true),
    column("node", Physical::U32, true),
    column("cause", Physical::U8, true),
    column("missing", Physical::U64, true),
    column("missing_exact", Physical::Bool, true),
    column("since", Physical::Time, true),
];

/// The columns of `atoms.arrows`.
pub(crate) const ATOMS: [Column; 1] = [column("text", Physical::Text, false)];

/// The columns of `nodes.arrows`.
pub(crate) const NODES: [Column; 2] =
    [column("name", Physical::U32, true), column("creation", Physical::U32, false)];

/// The columns of `functions.arrows`.
pub(crate) const FUNCTIONS: [Column; 3] = [
    column("module", Physical::U32, true),
    column("name", Physical::U32, true),
    column("arity", Physical::U32, false),
];

/// The columns of `processes.arrows`.
pub(crate) const PROCESSES: [Column; 5] = [
    column("node", Physical::U32, true),
    column("identity", Physical::U8, false),
    column("number", Physical::U64, true),
    column("serial", Physical::U32, true),
    column("name", Physical::U32, true),
];

/// The Arrow schema of these columns.
pub(crate) fn schema(columns: &[Column]) -> Arc<Schema> {
    let field = |column: &Column| {
        let data_type = match column.physical {
            Physical::U8 => DataType::UInt8,
            Physical::U32 => DataType::UInt32,
            Physical::U64 => DataType::UInt64,
            Physical::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Physical::Bool => DataType::Boolean,
            Physical::Binary => DataType::Binary,
            Physical::Text => DataType::Utf8,
        };
        Field::new(column.name, data_type, column.nullable)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// How batches are encoded: buffers compressed by zstd at `level`.
pub(crate) fn write_options(level: i32) -> Result<IpcWriteOptions, ArrowError> {
    IpcWriteOptions::default()
        .try_with_compression(Some(CompressionType::ZSTD))?
        .try_with_compression_level(Some(level))
}
