//! Whole terms with their version byte, compressed ones too.

use std::borrow::Cow;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::{DecodeError, Limits, Reader, Term, tag};

/// Bytes expanded at a time.
const CHUNK: usize = 32 << 10;

/// Bytes before the compressed data: version, tag, and the expanded size in four bytes.
const COMPRESSED_HEADER: usize = 6;

/// Reads the term at the start of `bytes`, which begin with the version byte 131. Gives the term and how many bytes
/// it takes, the version byte included; what follows is left alone.
///
/// # Errors
/// What is wrong with the bytes, or which limit they pass. Offsets count from the byte after the version; in a
/// compressed term, from the start of what it expands to.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<(Term, usize), DecodeError> {
    let (content, compressed) = expand(bytes, limits)?;
    let mut reader = Reader::new(&content, limits);
    let term = reader.term()?;
    match compressed {
        Some(used) if reader.remaining().is_empty() => Ok((term, used)),
        Some(_) => Err(DecodeError::BadCompression { announced: content.len() as u64 }),
        None => Ok((term, reader.position() + 1)),
    }
}

/// Takes off the version byte, and expands a compressed term, so that a [`Reader`] can be put on the result. The
/// second part is set for a compressed term: how many of `bytes` it takes.
///
/// # Errors
/// [`DecodeError::Version`], or what is wrong with the compressed data.
pub fn expand<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Cow<'a, [u8]>, Option<usize>), DecodeError> {
    let Some((&version, rest)) = bytes.split_first() else {
        return Err(DecodeError::Truncated { at: 0, needed: 1 });
    };
    if version != tag::VERSION {
        return Err(DecodeError::Version { found: version });
    }
    if rest.first() != Some(&tag::COMPRESSED) {
        return Ok((Cow::Borrowed(rest), None));
    }
    let Some((size, data)) = rest.get(1..).and_then(<[u8]>::split_first_chunk::<4>) else {
        return Err(DecodeError::Truncated {
            at: rest.len(),
            needed: 5_u64.saturating_sub(rest.len() as u64),
        });
    };
    let announced = u64::from(u32::from_be_bytes(*size));
    if announced > limits.bytes as u64 {
        return Err(DecodeError::TooManyBytes { limit: limits.bytes });
    }
    let (content, used) = inflate_exactly(data, announced)?;
    Ok((Cow::Owned(content), Some(COMPRESSED_HEADER + used)))
}

/// Expands to exactly `announced` bytes, taking memory only as they come; also gives the bytes of `data` used.
fn inflate_exactly(data: &[u8], announced: u64) -> Result<(Vec<u8>, usize), DecodeError> {
    let bad = DecodeError::BadCompression { announced };
    let mut state = InflateState::new_boxed(DataFormat::Zlib);
    let mut content = Vec::new();
    let mut chunk = vec![0; CHUNK];
    let mut used = 0;
    loop {
        let step = inflate(&mut state, data.get(used..).unwrap_or_default(), &mut chunk, MZFlush::None);
        used += step.bytes_consumed;
        content.extend_from_slice(chunk.get(..step.bytes_written).unwrap_or_default());
        if content.len() as u64 > announced {
            return Err(bad);
        }
        match step.status {
            Ok(MZStatus::StreamEnd) if content.len() as u64 == announced => return Ok((content, used)),
            Ok(MZStatus::Ok) if step.bytes_consumed > 0 || step.bytes_written > 0 => {}
            Ok(MZStatus::Ok) | Err(MZError::Buf) => {
                return Err(DecodeError::Truncated { at: COMPRESSED_HEADER - 1 + used, needed: 1 });
            }
            _ => return Err(bad),
        }
    }
}
