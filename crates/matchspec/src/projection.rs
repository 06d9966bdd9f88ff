//! From what a node sends to the shapes that events carry.

use crate::compile::PACKED_BITS;
use crate::shape;
use crate::signature::Signature;
use pluto_term::{DecodeError, Item, Reader, tag};

/// How the `{message, X}` values of the call events of one function are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Projection {
    arity: u32,
    full: bool,
}

/// A value that no match spec of ours sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// The bytes are no term.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A term, but not of this projection: the pattern was changed, or is somebody else's.
    #[error("the value of a call event is not of this projection")]
    Foreign,
}

/// By which kind of clause a call was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One for just such calls.
    Direct,
    /// One that tests each argument for several kinds.
    Open,
}

impl Projection {
    pub(crate) fn shapes(arity: u32) -> Projection {
        Projection { arity, full: false }
    }

    pub(crate) fn full(arity: u32) -> Projection {
        Projection { arity, full: true }
    }

    /// Whether [`Self::read`] gives the arguments as they were, instead of their shapes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Whether a call event carries a value at all; without one, the arguments are the empty list.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.arity > 0
    }

    /// Appends the arguments to `out`: a proper list without the version byte, of the arguments as they were or of
    /// their shapes as in [`shape`](mod@crate::shape). `reader` stands at the value of a call event, and afterwards
    /// behind it. Where [`Self::is_carried`] is false nothing is read.
    ///
    /// `signatures` are all that the function's match spec had clauses for so far, whether it still has them or not.
    ///
    /// Does not allocate but for `out` to grow.
    ///
    /// # Errors
    /// A value that is not of this projection. Part of it may then be in `out`.
    pub fn read(
        &self,
        signatures: &[Signature],
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Form, ProjectionError> {
        if self.arity == 0 {
            shape::write_nil(out);
            return Ok(Form::Direct);
        }
        let first = reader.remaining().first().copied().unwrap_or_default();
        if self.full {
            return match first {
                tag::LIST | tag::STRING => Ok(reader.copy_resolved(out).map(|()| Form::Direct)?),
                _ => Err(ProjectionError::Foreign),
            };
        }
        shape::write_list_head(out, self.arity);
        let form = if shape::is_tuple_tag(first) {
            self.elements(signatures, reader, out)?
        } else if self.arity == 1 {
            scalar(reader, out)?;
            Form::Open
        } else if self.arity == 2 && shape::is_integer_tag(first) && is_natural(reader) {
            packed(reader, out)?;
            Form::Direct
        } else {
            Signature::read_bare(signatures, reader, out)?;
            Form::Direct
        };
        shape::write_nil(out);
        Ok(form)
    }

    fn elements(
        &self,
        signatures: &[Signature],
        reader: &mut Reader<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Form, ProjectionError> {
        let Item::Tuple(size) = reader.next()? else { return Err(ProjectionError::Foreign) };
        let size = u32::try_from(size).map_err(|_| ProjectionError::Foreign)?;
        if size == self.arity {
            for _ in 0..size {
                scalar(reader, out)?;
            }
            return Ok(Form::Open);
        }
        if size == self.arity.saturating_mul(4) {
            for _ in 0..self.arity {
                general(reader, out)?;
            }
            return Ok(Form::Open);
        }
        Signature::read_numbered(signatures, size, reader, out)?;
        Ok(Form::Direct)
    }
}

fn is_natural(reader: &Reader<'_>) -> bool {
    matches!(reader.clone().next(), Ok(Item::Integer(0..)))
}

/// Two small integers that were sent as one.
fn packed(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), ProjectionError> {
    let Item::Integer(both) = reader.next()? else { return Err(ProjectionError::Foreign) };
    let (first, second) = (both >> PACKED_BITS, both & ((1 << PACKED_BITS) - 1));
    if first >> PACKED_BITS != 0 {
        return Err(ProjectionError::Foreign);
    }
    shape::write_integer(out, first);
    shape::write_integer(out, second);
    Ok(())
}

/// Copies a scalar.
pub(crate) fn scalar(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), ProjectionError> {
    match reader.remaining().first() {
        Some(tag) if shape::is_scalar_tag(*tag) => Ok(reader.copy_resolved(out)?),
        Some(_) => Err(ProjectionError::Foreign),
        None => Ok(reader.next().map(|_| ())?),
    }
}

/// Reads the four slots of one argument.
fn general(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), ProjectionError> {
    match reader.next()? {
        Item::Tuple(1) => {
            scalar(reader, out)?;
            for _ in 0..3 {
                reader.skip()?;
            }
            return Ok(());
        }
        Item::Atom("false") => {}
        _ => return Err(ProjectionError::Foreign),
    }
    let size = size(&reader.next()?)?;
    let (list, map) = match reader.next()? {
        Item::Atom("true") => (true, None),
        item => (false, self::size(&item)?),
    };
    let tuple = match reader.next()? {
        Item::Atom("false") => false,
        Item::Atom("true") => true,
        Item::Tuple(1) => {
            let Some(size) = size else { return Err(ProjectionError::Foreign) };
            if size == 0 {
                // The empty tuple has no first element; what stands here is the failure to read it.
                reader.skip()?;
                shape::write_tuple(out, 0);
            } else {
                shape::write_tuple_with_first(out, size);
                scalar(reader, out)?;
            }
            return Ok(());
        }
        _ => return Err(ProjectionError::Foreign),
    };
    match (tuple, list, map, size) {
        (true, _, _, Some(size)) => shape::write_tuple(out, size),
        (false, true, _, _) => shape::write_list(out),
        (false, _, Some(keys), _) => shape::write_map(out, keys),
        (false, _, _, Some(bytes)) => shape::write_binary(out, bytes),
        (false, _, _, None) => shape::write_other(out),
        (true, _, _, None) => return Err(ProjectionError::Foreign),
    }
    Ok(())
}

/// A size, or none where the VM had none.
pub(crate) fn size(item: &Item<'_>) -> Result<Option<u64>, ProjectionError> {
    match item {
        Item::Integer(n) => u64::try_from(*n).map(Some).map_err(|_| ProjectionError::Foreign),
        Item::Atom("EXIT") => Ok(None),
        _ => Err(ProjectionError::Foreign),
    }
}
