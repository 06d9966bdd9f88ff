//! The interned tables as Arrow IPC streams: which files they are, and their rows as batches and back.

use crate::batch::ids;
use crate::error::Damage;
use crate::ipc::{Buffers, Inflate};
use crate::schema::{ATOMS, Column, FUNCTIONS, NODES, PROCESSES};
use arrow_array::{ArrayRef, StringArray, UInt8Array, UInt32Array, UInt64Array};
use arrow_buffer::MutableBuffer;
use arrow_schema::ArrowError;
use pluto_event::{AtomId, Function, Identity, Node, NodeId, Process, Tables};
use std::ops::Range;
use std::sync::Arc;

/// The interned tables, in the order in which they are written: rows only refer to tables before their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Table {
    Atoms = 0,
    Nodes = 1,
    Functions = 2,
    Processes = 3,
}

const PID: u8 = 0;
const PORT: u8 = 1;
const NAME: u8 = 2;

impl Table {
    pub(crate) const ALL: [Table; 4] = [Table::Atoms, Table::Nodes, Table::Functions, Table::Processes];

    /// The file name.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Table::Atoms => "atoms.arrows",
            Table::Nodes => "nodes.arrows",
            Table::Functions => "functions.arrows",
            Table::Processes => "processes.arrows",
        }
    }

    /// The columns.
    pub(crate) fn columns(self) -> &'static [Column] {
        match self {
            Table::Atoms => &ATOMS,
            Table::Nodes => &NODES,
            Table::Functions => &FUNCTIONS,
            Table::Processes => &PROCESSES,
        }
    }

    /// How many rows there are in memory.
    pub(crate) fn len(self, tables: &Tables) -> usize {
        match self {
            Table::Atoms => tables.atoms().len(),
            Table::Nodes => tables.nodes().len(),
            Table::Functions => tables.functions().len(),
            Table::Processes => tables.processes().len(),
        }
    }

    /// These rows as columns.
    pub(crate) fn batch(self, tables: &Tables, rows: Range<usize>) -> Result<Vec<ArrayRef>, ArrowError> {
        fn slice<T>(all: &[T], rows: Range<usize>) -> &[T] {
            all.get(rows).unwrap_or_default()
        }
        fn u32s<T>(rows: &[T], value: impl Fn(&T) -> u32) -> ArrayRef {
            Arc::new(ids(rows.iter().map(value).collect(), true))
        }
        Ok(match self {
            Table::Atoms => {
                vec![Arc::new(StringArray::from_iter_values(slice(tables.atoms(), rows)))]
            }
            Table::Nodes => {
                let rows = slice(tables.nodes(), rows);
                let creation = rows.iter().map(|node| node.creation).collect::<Vec<_>>();
                vec![u32s(rows, |node| node.name.0), Arc::new(UInt32Array::from(creation))]
            }
            Table::Functions => {
                let rows = slice(tables.functions(), rows);
                let arity = rows.iter().map(|function| function.arity).collect::<Vec<_>>();
                vec![
                    u32s(rows, |function| function.module.0),
                    u32s(rows, |function| function.name.0),
                    Arc::new(UInt32Array::from(arity)),
                ]
            }
            Table::Processes => processes(slice(tables.processes(), rows)),
        })
    }

    /// Adds the rows of a batch to `tables`.
    pub(crate) fn read(
        self,
        batch: &Buffers<'_>,
        inflate: &mut Inflate,
        tables: &mut Tables,
    ) -> Result<(), Damage> {
        let before = self.len(tables);
        let mut column = |column| u32_column(batch, column, inflate);
        match self {
            Table::Atoms => read_atoms(batch, inflate, tables)?,
            Table::Nodes => {
                for (name, creation) in column(0)?.into_iter().zip(column(1)?) {
                    tables.intern_node(Node { name: AtomId(name), creation });
                }
            }
            Table::Functions => {
                for ((module, name), arity) in column(0)?.into_iter().zip(column(1)?).zip(column(2)?) {
                    tables.intern_function(Function { module: AtomId(module), name: AtomId(name), arity });
                }
            }
            Table::Processes => read_processes(batch, inflate, tables)?,
        }
        // A row that is there twice would give all that follow another id than they had.
        if self.len(tables) == before + batch.rows() { Ok(()) } else { Err(Damage::TableRow) }
    }
}

fn processes(rows: &[Process]) -> Vec<ArrayRef> {
    let kind = |process: &Process| match process.identity {
        Identity::Pid { .. } => PID,
        Identity::Port { .. } => PORT,
        Identity::Name { .. } => NAME,
    };
    let number = |process: &Process| match process.identity {
        Identity::Pid { number, .. } => Some(u64::from(number)),
        Identity::Port { number } => Some(number),
        Identity::Name { .. } => None,
    };
    let serial = |process: &Process| match process.identity {
        Identity::Pid { serial, .. } => Some(serial),
        _ => None,
    };
    let name = |process: &Process| match process.identity {
        Identity::Name { name } => name.0,
        _ => AtomId::NONE.0,
    };
    vec![
        Arc::new(ids(rows.iter().map(|process| process.node.0).collect(), true)),
        Arc::new(rows.iter().map(kind).collect::<Vec<_>>().into_iter().map(Some).collect::<UInt8Array>()),
        Arc::new(rows.iter().map(number).collect::<UInt64Array>()),
        Arc::new(rows.iter().map(serial).collect::<UInt32Array>()),
        Arc::new(ids(rows.iter().map(name).collect(), true)),
    ]
}

fn read_atoms(batch: &Buffers<'_>, inflate: &mut Inflate, tables: &mut Tables) -> Result<(), Damage> {
    let (mut offsets, mut bytes) = (MutableBuffer::new(0), MutableBuffer::new(0));
    batch.bytes(0, inflate, &mut offsets, &mut bytes)?;
    for pair in offsets.typed_data::<i32>().windows(2) {
        let &[start, end] = pair else { continue };
        let text = bytes.as_slice().get(start as usize..end as usize).ok_or(Damage::Column)?;
        tables.intern_atom(std::str::from_utf8(text).map_err(|_| Damage::TableRow)?);
    }
    Ok(())
}

fn read_processes(batch: &Buffers<'_>, inflate: &mut Inflate, tables: &mut Tables) -> Result<(), Damage> {
    let mut identity = MutableBuffer::new(0);
    let mut number = MutableBuffer::new(0);
    let nodes = u32_column(batch, 0, inflate)?;
    batch.values(1, inflate, &mut identity)?;
    batch.values(2, inflate, &mut number)?;
    let serials = u32_column(batch, 3, inflate)?;
    let names = u32_column(batch, 4, inflate)?;
    let fixed = identity.as_slice().iter().zip(number.typed_data::<u64>());
    for (((node, (&identity, &number)), serial), name) in nodes.into_iter().zip(fixed).zip(serials).zip(names)
    {
        let identity = match identity {
            PID => Identity::Pid { number: u32::try_from(number).map_err(|_| Damage::TableRow)?, serial },
            PORT => Identity::Port { number },
            NAME => Identity::Name { name: AtomId(name) },
            _ => return Err(Damage::TableRow),
        };
        tables.intern_process(Process { node: NodeId(node), identity });
    }
    Ok(())
}

/// A column of numbers or ids, with `u32::MAX` where it is null.
fn u32_column(batch: &Buffers<'_>, column: usize, inflate: &mut Inflate) -> Result<Vec<u32>, Damage> {
    let mut values = MutableBuffer::new(0);
    let mut valid = MutableBuffer::new(0);
    crate::reader::load_ids(batch, column, inflate, &mut values, &mut valid)?;
    Ok(values.typed_data::<u32>().to_vec())
}
