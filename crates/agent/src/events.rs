//! Batches of events, read without building terms.

use crate::MessageError;
use pluto_term::{Item, Reader};

/// A batch from the sink: its header, and a reader that stands at the first event.
///
/// Each event is one term: read or skip `len` of them.
pub struct EventBatch<'a> {
    /// The number of the batch, from 0.
    pub sequence: u64,
    /// Events lost between the previous batch and this one, by cause.
    pub drops: Vec<(DropCause, u64)>,
    /// How many events follow.
    pub len: usize,
    /// Stands at the first event.
    pub events: Reader<'a>,
}

/// Why the sink dropped events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropCause {
    /// The connection was busy.
    Backpressure,
    /// Over the limit on events per second.
    EventLimit,
    /// Over the limit on bytes per second.
    ByteLimit,
}

impl DropCause {
    pub(crate) fn from_name(name: &str) -> Option<DropCause> {
        match name {
            "backpressure" => Some(DropCause::Backpressure),
            "event_limit" => Some(DropCause::EventLimit),
            "byte_limit" => Some(DropCause::ByteLimit),
            _ => None,
        }
    }
}

impl<'a> EventBatch<'a> {
    /// Reads the header of `{pluto_events, Seq, Drops, Batch}`. `None`: the message is another one, and to be read
    /// as a [`crate::Message`].
    pub fn read(mut reader: Reader<'a>) -> Result<Option<EventBatch<'a>>, MessageError> {
        if !matches!(reader.next()?, Item::Tuple(4)) {
            return Ok(None);
        }
        if !matches!(reader.next()?, Item::Atom("pluto_events")) {
            return Ok(None);
        }
        let Item::Integer(sequence) = reader.next()? else {
            return Err(MessageError::Unexpected { part: "sequence" });
        };
        let sequence = u64::try_from(sequence).map_err(|_| MessageError::Unexpected { part: "sequence" })?;
        let drops = drops_from(&reader.term()?).ok_or(MessageError::Unexpected { part: "drops" })?;
        let len = match reader.next()? {
            Item::Nil => 0,
            Item::List(n) => n,
            _ => return Err(MessageError::Unexpected { part: "batch" }),
        };
        Ok(Some(EventBatch { sequence, drops, len, events: reader }))
    }
}

pub(crate) fn drops_from(term: &pluto_term::Term) -> Option<Vec<(DropCause, u64)>> {
    crate::read::list(term, |pair| {
        let [cause, count] = pair.as_tuple()? else { return None };
        Some((DropCause::from_name(cause.as_atom()?)?, crate::read::number(count)?))
    })
}
