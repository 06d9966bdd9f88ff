//! The index of a segment: one checksummed record for each batch, with what is needed to skip it.
//!
//! The index is never the only place of a fact. Where it is absent, short or damaged, it is made again from the
//! batches themselves.

use pluto_event::Nanos;

/// A kind that no version has: the batch has rows that are given as gaps.
pub(crate) const UNKNOWN_KIND: u32 = 1 << 31;

/// The first bytes of an index file.
pub(crate) const MAGIC: [u8; 8] = *b"PLUTOIX1";
/// Most bytes of one record.
const RECORD_MAX: usize = 1 << 16;
/// Most bits of a set of ids.
const BITS_MAX: u64 = 1 << 16;
/// Bytes that a bitmap takes more than a list, besides its bits.
const GROUPS_HEAD: usize = 5;
/// Most rows for which exact ids are sorted out.
const SORT_MAX: usize = 4_096;

/// The kinds of these numbers, as bits.
pub(crate) fn kinds(numbers: &[u8]) -> u32 {
    numbers.iter().fold(0, |kinds, &number| kinds | 1 << number.min(31))
}

/// What the index has of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchIndex {
    /// Where the message begins in its file.
    pub(crate) offset: u64,
    /// How many bytes the message has.
    pub(crate) length: u64,
    /// The CRC-32 of these bytes.
    pub(crate) checksum: u32,
    /// How many rows the batch has.
    pub(crate) rows: u32,
    /// The earliest time of an event.
    pub(crate) min_time: Nanos,
    /// The latest time of an event.
    pub(crate) max_time: Nanos,
    /// The earliest time that a gap reaches back to, where there is a gap.
    pub(crate) since: Option<Nanos>,
    /// A bit for each kind of event that occurs: bit n for the kind with number n, bit 31 for all from there on.
    pub(crate) kinds: u32,
    /// The processes that events belong to.
    pub(crate) processes: IdSet,
    /// The functions that events name.
    pub(crate) functions: IdSet,
}

/// A set of ids that may say yes to an id that it does not hold, and never no to one that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdSet {
    /// Exactly these, in ascending order.
    Exact(Vec<u32>),
    /// A bit for each group of `1 << shift` ids, counted from the group of `first`, least significant bit first.
    Groups {
        /// The id whose group has bit 0.
        first: u32,
        /// The binary logarithm of the size of a group.
        shift: u8,
        /// The bits.
        bits: Vec<u8>,
    },
}

impl IdSet {
    /// The set of these ids, without the one that stands for nobody.
    pub(crate) fn of(ids: &[u32]) -> IdSet {
        let (mut min, mut max) = (u32::MAX, 0);
        for &id in ids {
            if id != u32::MAX {
                min = min.min(id);
                max = max.max(id);
            }
        }
        if min > max {
            return IdSet::Exact(Vec::new());
        }
        let mut shift = 0_u8;
        while (u64::from(max >> shift) - u64::from(min >> shift)) >= BITS_MAX {
            shift += 1;
        }
        let length = usize::try_from(((max >> shift) - (min >> shift)) / 8 + 1).unwrap_or(0);
        if ids.len() <= SORT_MAX {
            let mut exact: Vec<u32> = ids.iter().copied().filter(|&id| id != u32::MAX).collect();
            exact.sort_unstable();
            exact.dedup();
            if exact.len() * 4 <= length + GROUPS_HEAD {
                return IdSet::Exact(exact);
            }
        }
        let mut bits = vec![0_u8; length];
        for &id in ids {
            if id != u32::MAX {
                let group = (id >> shift) - (min >> shift);
                if let Some(byte) = bits.get_mut((group / 8) as usize) {
                    *byte |= 1 << (group % 8);
                }
            }
        }
        IdSet::Groups { first: min, shift, bits }
    }

    /// Whether the set may hold `id`.
    pub(crate) fn may_hold(&self, id: u32) -> bool {
        match self {
            IdSet::Exact(ids) => ids.binary_search(&id).is_ok(),
            IdSet::Groups { first, shift, bits } => {
                let Some(group) = (id >> shift).checked_sub(first >> shift) else { return false };
                bits.get((group / 8) as usize).is_some_and(|byte| byte & 1 << (group % 8) != 0)
            }
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            IdSet::Exact(ids) => {
                out.push(0);
                put(out, &length(ids.len()).to_le_bytes());
                ids.iter().for_each(|id| put(out, &id.to_le_bytes()));
            }
            IdSet::Groups { first, shift, bits } => {
                out.push(1);
                put(out, &first.to_le_bytes());
                out.push(*shift);
                put(out, &length(bits.len()).to_le_bytes());
                put(out, bits);
            }
        }
    }

    fn decode(input: &mut Input<'_>) -> Option<IdSet> {
        match input.u8()? {
            0 => {
                let count = input.u32()? as usize;
                let bytes = input.bytes(count.checked_mul(4)?)?;
                let ids: Vec<u32> = bytes
                    .chunks_exact(4)
                    .map(|id| id.iter().rev().fold(0, |id, &byte| id << 8 | u32::from(byte)))
                    .collect();
                ids.is_sorted().then_some(IdSet::Exact(ids))
            }
            1 => {
                let first = input.u32()?;
                let shift = input.u8().filter(|&shift| shift < 32)?;
                let count = input.u32()? as usize;
                Some(IdSet::Groups { first, shift, bits: input.bytes(count)?.to_vec() })
            }
            _ => None,
        }
    }
}

impl BatchIndex {
    /// The record of this batch, ready to be appended to an index file.
    pub(crate) fn record(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(128);
        put(&mut body, &self.offset.to_le_bytes());
        put(&mut body, &self.length.to_le_bytes());
        put(&mut body, &self.checksum.to_le_bytes());
        put(&mut body, &self.rows.to_le_bytes());
        put(&mut body, &self.min_time.to_le_bytes());
        put(&mut body, &self.max_time.to_le_bytes());
        put(&mut body, &self.since.unwrap_or(Nanos::MAX).to_le_bytes());
        put(&mut body, &self.kinds.to_le_bytes());
        self.processes.encode(&mut body);
        self.functions.encode(&mut body);
        record(&body)
    }

    /// Reads the body of a record. Bytes at the end that this version does not know are left out.
    pub(crate) fn decode(body: &[u8]) -> Option<BatchIndex> {
        let mut input = Input(body);
        let (offset, length) = (input.u64()?, input.u64()?);
        let (checksum, rows) = (input.u32()?, input.u32()?);
        let (min_time, max_time, since) = (input.i64()?, input.i64()?, input.i64()?);
        let kinds = input.u32()?;
        let has_gap = kinds & 1 << pluto_event::Kind::Gap as u32 != 0;
        Some(BatchIndex {
            offset,
            length,
            checksum,
            rows,
            min_time,
            max_time,
            since: has_gap.then_some(since),
            kinds,
            processes: IdSet::decode(&mut input)?,
            functions: IdSet::decode(&mut input)?,
        })
    }
}

/// What the index of the tables has of one batch of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableIndex {
    /// The number of the table.
    pub(crate) table: u8,
    /// Where the message begins in its file.
    pub(crate) offset: u64,
    /// How many bytes the message has.
    pub(crate) length: u64,
    /// The CRC-32 of these bytes.
    pub(crate) checksum: u32,
    /// How many rows the batch has.
    pub(crate) rows: u32,
}

impl TableIndex {
    pub(crate) fn record(&self) -> Vec<u8> {
        let mut body = vec![self.table];
        put(&mut body, &self.offset.to_le_bytes());
        put(&mut body, &self.length.to_le_bytes());
        put(&mut body, &self.checksum.to_le_bytes());
        put(&mut body, &self.rows.to_le_bytes());
        record(&body)
    }

    pub(crate) fn decode(body: &[u8]) -> Option<TableIndex> {
        let mut input = Input(body);
        Some(TableIndex {
            table: input.u8()?,
            offset: input.u64()?,
            length: input.u64()?,
            checksum: input.u32()?,
            rows: input.u32()?,
        })
    }
}

/// The bodies of the records of an index file, up to the first that is cut or damaged.
pub(crate) fn records(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut input = Input(file.strip_prefix(&MAGIC).unwrap_or_default());
    std::iter::from_fn(move || {
        let length = input.u32()? as usize;
        let checksum = input.u32()?;
        let body = input.bytes(length)?;
        (crc32fast::hash(body) == checksum).then_some(body)
    })
}

fn record(body: &[u8]) -> Vec<u8> {
    debug_assert!(body.len() <= RECORD_MAX, "a record is bounded by the bounds of its sets");
    let mut out = Vec::with_capacity(body.len() + 8);
    put(&mut out, &length(body.len()).to_le_bytes());
    put(&mut out, &crc32fast::hash(body).to_le_bytes());
    put(&mut out, body);
    out
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Bytes that are read from the front.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids() -> impl Strategy<Value = Vec<u32>> {
        let id = prop_oneof![0_u32..3_000, 1_000_000_u32..1_001_000, any::<u32>(), Just(u32::MAX)];
        prop_oneof![prop::collection::vec(id, 0..50), prop::collection::vec(any::<u32>(), 4_000..5_000)]
    }

    proptest! {
        #[test]
        fn a_set_holds_what_it_was_made_of(ids in ids(), others in prop::collection::vec(any::<u32>(), 0..50)) {
            let set = IdSet::of(&ids);
            for id in ids.iter().filter(|&&id| id != u32::MAX) {
                prop_assert!(set.may_hold(*id));
            }
            if let IdSet::Exact(exact) = &set {
                for other in others {
                    prop_assert_eq!(set.may_hold(other), exact.contains(&other));
                }
            }
        }

        #[test]
        fn records_come_back(ids in ids(), numbers in any::<(u64, u64, u32, u32, i64, i64, u32)>(), cut in any::<prop::sample::Index>()) {
            let (offset, length, checksum, rows, min_time, max_time, kinds) = numbers;
            let index = BatchIndex {
                offset,
                length,
                checksum,
                rows,
                min_time,
                max_time,
                since: (kinds & 1 << 16 != 0).then_some(min_time),
                kinds,
                processes: IdSet::of(&ids),
                functions: IdSet::of(&ids[..ids.len() / 2]),
            };
            let file = [&MAGIC[..], &index.record(), &index.record()].concat();
            let found: Vec<_> = records(&file).map_while(BatchIndex::decode).collect();
            prop_assert_eq!(&found, &[index.clone(), index.clone()]);
            let short = &file[..cut.index(file.len())];
            let found = records(short).map_while(BatchIndex::decode).count();
            prop_assert_eq!(found, usize::from(short.len() >= 8 + index.record().len()));
        }

        #[test]
        fn any_body_is_no_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = BatchIndex::decode(&body);
            let _ = TableIndex::decode(&body);
        }
    }
}
