//! Parquet: the rows as a table, zstd-compressed, in row groups of bounded size.

use crate::row::{Row, Rows};
use crate::{ExportError, Written, each_row};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use pluto_event::Kind;
use pluto_timeline::{Filter, Source, source};
use std::io::Write;
use std::sync::Arc;

/// Rows of one row group at most.
const GROUP_ROWS: usize = 1 << 17;
/// Bytes of text in one row group, about.
const GROUP_BYTES: usize = 64 << 20;

/// Writes the wanted events. Columns are those of [`crate::COLUMNS`]: times are signed 64-bit nanoseconds, counts
/// unsigned, the rest text.
pub fn parquet<S: Source>(
    source: &S,
    filter: &Filter,
    out: impl Write + Send,
) -> Result<Written, ExportError<S::Error>> {
    let damage = source.damage();
    let registry = source::registry(source).map_err(ExportError::Source)?;
    let rows = Rows::new(source.tables(), &registry).with_times(source.has_times());
    let mut written = Written::default();
    let mut file = Writer::new(out).map_err(ExportError::Parquet)?;
    for damage in &damage {
        written.damage += 1;
        file.push(Rows::damage(damage)).map_err(ExportError::Parquet)?;
    }
    let result = each_row(source, &registry, filter, |event, position, related| {
        written.items += 1;
        written.gaps += u64::from(event.what.kind() == Kind::Gap);
        file.push(rows.row_with(event, position, related))
    });
    result.map_err(ExportError::Source)?.map_err(ExportError::Parquet)?;
    file.finish().map_err(ExportError::Parquet)?;
    Ok(written)
}

struct Writer<'t, W: Write + Send> {
    file: SerializedFileWriter<W>,
    group: Vec<Row<'t>>,
    bytes: usize,
}

impl<'t, W: Write + Send> Writer<'t, W> {
    fn new(out: W) -> Result<Writer<'t, W>, ParquetError> {
        let level = ZstdLevel::try_new(3)?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
        let file = SerializedFileWriter::new(out, schema()?, Arc::new(properties))?;
        Ok(Writer { file, group: Vec::new(), bytes: 0 })
    }

    fn push(&mut self, row: Row<'t>) -> Result<(), ParquetError> {
        self.bytes += row.term.as_ref().map_or(0, String::len) + 64;
        self.group.push(row);
        if self.group.len() >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.group);
        self.bytes = 0;
        let mut group = self.file.next_row_group()?;
        write_group(&mut group, &rows)?;
        group.close()?;
        Ok(())
    }

    fn finish(mut self) -> Result<(), ParquetError> {
        if !self.group.is_empty() {
            self.flush()?;
        }
        self.file.close()?;
        Ok(())
    }
}

/// The schema: the columns of the rows, with their types.
fn schema() -> Result<TypePtr, ParquetError> {
    let optional = |name, physical, logical: Option<LogicalType>| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let required = |name, physical, logical: Option<LogicalType>| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let text = |name| optional(name, Physical::BYTE_ARRAY, Some(LogicalType::String));
    let unsigned = |bits| Some(LogicalType::integer(bits, false));
    let fields = vec![
        optional("time_ns", Physical::INT64, None)?,
        required("kind", Physical::BYTE_ARRAY, Some(LogicalType::String))?,
        text("node")?,
        text("process")?,
        text("module")?,
        text("function")?,
        optional("arity", Physical::INT32, unsigned(32))?,
        text("peer")?,
        text("peer_node")?,
        text("form")?,
        text("term")?,
        optional("receiver_exists", Physical::BOOLEAN, None)?,
        text("name")?,
        text("cause")?,
        text("missing")?,
        optional("missing_events", Physical::INT64, unsigned(64))?,
        optional("since_ns", Physical::INT64, None)?,
        text("process_name")?,
        text("peer_name")?,
        optional("event", Physical::INT64, unsigned(64))?,
        optional("peer_event", Physical::INT64, unsigned(64))?,
        optional("peer_is_certain", Physical::BOOLEAN, None)?,
        optional("exchange", Physical::INT64, unsigned(64))?,
        text("exchange_part")?,
        optional("exchange_is_certain", Physical::BOOLEAN, None)?,
    ];
    Type::group_type_builder("event").with_fields(fields).build().map(Arc::new)
}

type Group<'a, W> = SerializedRowGroupWriter<'a, W>;

fn write_group<W: Write + Send>(group: &mut Group<'_, W>, rows: &[Row<'_>]) -> Result<(), ParquetError> {
    let kinds: Vec<ByteArray> = rows.iter().map(|row| row.kind.into()).collect();
    optional::<_, Int64Type>(group, rows, |row| row.time_ns)?;
    required::<_, ByteArrayType>(group, &kinds)?;
    text(group, rows, |row| row.node)?;
    text(group, rows, |row| row.process.as_deref())?;
    text(group, rows, |row| row.module)?;
    text(group, rows, |row| row.function.as_deref())?;
    // Parquet keeps unsigned numbers in the bits of signed ones.
    optional::<_, Int32Type>(group, rows, |row| row.arity.map(u32::cast_signed))?;
    text(group, rows, |row| row.peer.as_deref())?;
    text(group, rows, |row| row.peer_node)?;
    text(group, rows, |row| row.form)?;
    text(group, rows, |row| row.term.as_deref())?;
    optional::<_, BoolType>(group, rows, |row| row.receiver_exists)?;
    text(group, rows, |row| row.name)?;
    text(group, rows, |row| row.cause.as_deref())?;
    text(group, rows, |row| row.missing)?;
    optional::<_, Int64Type>(group, rows, |row| row.missing_events.map(u64::cast_signed))?;
    optional::<_, Int64Type>(group, rows, |row| row.since_ns)?;
    text(group, rows, |row| row.process_name)?;
    text(group, rows, |row| row.peer_name)?;
    optional::<_, Int64Type>(group, rows, |row| row.event.map(u64::cast_signed))?;
    optional::<_, Int64Type>(group, rows, |row| row.peer_event.map(u64::cast_signed))?;
    optional::<_, BoolType>(group, rows, |row| row.peer_is_certain)?;
    optional::<_, Int64Type>(group, rows, |row| row.exchange.map(u64::cast_signed))?;
    text(group, rows, |row| row.exchange_part)?;
    optional::<_, BoolType>(group, rows, |row| row.exchange_is_certain)
}

fn text<W: Write + Send>(
    group: &mut Group<'_, W>,
    rows: &[Row<'_>],
    field: impl for<'r> Fn(&'r Row<'_>) -> Option<&'r str>,
) -> Result<(), ParquetError> {
    optional::<_, ByteArrayType>(group, rows, |row| field(row).map(ByteArray::from))
}

fn required<W: Write + Send, T: DataType>(
    group: &mut Group<'_, W>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    write_column::<W, T>(group, values, None)
}

fn optional<W: Write + Send, T: DataType>(
    group: &mut Group<'_, W>,
    rows: &[Row<'_>],
    field: impl Fn(&Row<'_>) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        let value = field(row);
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    write_column::<W, T>(group, &values, Some(&levels))
}

fn write_column<W: Write + Send, T: DataType>(
    group: &mut Group<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the schema has fewer columns than a row".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
