//! The files of the interned tables, to which new rows are appended before the events that refer to them.

use super::stream::{AppendFile, StreamFile, create_index};
use crate::error::RecordingError;
use crate::index::TableIndex;
use crate::schema;
use crate::tables::Table;
use arrow_array::RecordBatch;
use arrow_schema::Schema;
use pluto_event::Tables;
use std::path::Path;
use std::sync::Arc;

/// The file name of the index of the tables.
pub(crate) const INDEX_FILE: &str = "tables.index";
/// Most rows of one batch.
const BATCH_ROWS: usize = 65_536;

struct TableFile {
    table: Table,
    schema: Arc<Schema>,
    stream: StreamFile,
    rows: usize,
}

/// The files of all tables, and their index.
pub(crate) struct TableFiles {
    files: Vec<TableFile>,
    index: AppendFile,
}

impl TableFiles {
    pub(crate) fn create(dir: &Path, level: i32) -> Result<TableFiles, RecordingError> {
        let create = |table: Table| {
            let schema = schema::schema(table.columns());
            let stream = StreamFile::create(dir.join(table.file()), &schema, level)?;
            Ok(TableFile { table, schema, stream, rows: 0 })
        };
        let files = Table::ALL.into_iter().map(create).collect::<Result<_, RecordingError>>()?;
        Ok(TableFiles { files, index: create_index(dir.join(INDEX_FILE))? })
    }

    /// Appends the rows that are new.
    pub(crate) fn append(&mut self, tables: &Tables) -> Result<(), RecordingError> {
        for file in &mut self.files {
            let total = file.table.len(tables);
            while file.rows < total {
                let end = total.min(file.rows + BATCH_ROWS);
                let columns = file.table.batch(tables, file.rows..end).map_err(RecordingError::Encode)?;
                let batch = RecordBatch::try_new(Arc::clone(&file.schema), columns)
                    .map_err(RecordingError::Encode)?;
                let written = file.stream.append(&batch)?;
                let index = TableIndex {
                    table: file.table as u8,
                    offset: written.offset,
                    length: written.length,
                    checksum: written.checksum,
                    rows: u32::try_from(end - file.rows).unwrap_or(u32::MAX),
                };
                self.index.append(&index.record())?;
                file.rows = end;
            }
        }
        Ok(())
    }

    /// How many bytes were written.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.stream.length()).sum::<u64>() + self.index.length()
    }

    /// Writes the end markers.
    pub(crate) fn finish(&mut self, sync: bool) -> Result<(), RecordingError> {
        self.files.iter_mut().try_for_each(|file| file.stream.finish(sync).map(|_| ()))
    }
}
