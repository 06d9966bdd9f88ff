//! A pull reader over encoded terms that copies nothing.
//!
//! The reader walks the bytes in order and hands out one [`Item`] at a time: a leaf, or the head of a container
//! whose parts follow. It keeps one small frame per open container and never calls itself, so hostile nesting
//! costs a bounded stack; every count in the bytes is checked against the bytes that are left before it is believed.

mod frames;
mod identifiers;
mod owned;

use frames::Frames;
use num_bigint::{BigInt, Sign};

use crate::{Atom, DecodeError, Limits, Term, encode_bare, tag};

/// The text of an atom as it stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtomRef<'a> {
    /// UTF-8 text; ASCII text of the old Latin-1 tags too.
    Utf8(&'a str),
    /// Text of the old Latin-1 tags with characters beyond ASCII: one byte is one character.
    Latin1(&'a [u8]),
}

impl<'a> AtomRef<'a> {
    /// The owned atom.
    #[must_use]
    pub fn to_atom(self) -> Atom {
        match self {
            Self::Utf8(text) => Atom::new(text),
            Self::Latin1(bytes) => Atom::new(&latin1_to_string(bytes)),
        }
    }

    /// The text where it can be borrowed.
    #[must_use]
    pub fn as_utf8(self) -> Option<&'a str> {
        match self {
            Self::Utf8(text) => Some(text),
            Self::Latin1(_) => None,
        }
    }
}

fn latin1_to_string(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// An integer that does not fit 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BigRef<'a> {
    /// Whether it is below zero.
    pub negative: bool,
    /// The absolute value, least significant byte first.
    pub magnitude: &'a [u8],
}

impl BigRef<'_> {
    /// The owned integer.
    #[must_use]
    pub fn to_bigint(self) -> BigInt {
        BigInt::from_bytes_le(if self.negative { Sign::Minus } else { Sign::Plus }, self.magnitude)
    }
}

/// A pid, its node still borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PidRef<'a> {
    /// The node the process lives on.
    pub node: AtomRef<'a>,
    /// First number.
    pub id: u32,
    /// Second number.
    pub serial: u32,
    /// Which life of the node.
    pub creation: u32,
}

/// A port, its node still borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRef<'a> {
    /// The node the port belongs to.
    pub node: AtomRef<'a>,
    /// The number of the port.
    pub id: u64,
    /// Which life of the node.
    pub creation: u32,
}

/// A reference, its node still borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferenceRef<'a> {
    /// The node that made the reference.
    pub node: AtomRef<'a>,
    /// Which life of the node.
    pub creation: u32,
    words: [u32; crate::Reference::MAX_WORDS],
    len: u8,
}

impl ReferenceRef<'_> {
    /// One to five words, the least significant first.
    #[must_use]
    pub fn id(&self) -> &[u32] {
        self.words.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// The head of a local fun; its free variables follow as items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunRef<'a> {
    /// The module that defines the fun.
    pub module: AtomRef<'a>,
    /// Number of arguments.
    pub arity: u8,
    /// MD5 of the significant parts of the module's code.
    pub uniq: [u8; 16],
    /// The fun's place in the module's fun table.
    pub index: u32,
    /// The fun's place as older releases count it.
    pub old_index: i64,
    /// The hash of the fun's parse tree.
    pub old_uniq: i64,
    /// The process that made the fun.
    pub pid: PidRef<'a>,
    /// How many free variables follow.
    pub free: usize,
}

/// An external fun, its names still borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRef<'a> {
    /// The module.
    pub module: AtomRef<'a>,
    /// The exported function.
    pub function: AtomRef<'a>,
    /// Its number of arguments.
    pub arity: u8,
}

/// The head of a native record; the names of its fields follow as atoms, then their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// The module that defines the record.
    pub module: AtomRef<'a>,
    /// The record's name.
    pub name: AtomRef<'a>,
    /// Whether other modules may look inside.
    pub exported: bool,
    /// How many names, and then how many values, follow.
    pub fields: usize,
}

/// One step through encoded terms.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// An integer that fits 64 bits, however it was written.
    Integer(i64),
    /// An integer that does not.
    BigInteger(BigRef<'a>),
    /// A float; always finite.
    Float(f64),
    /// An atom, cached ones resolved.
    Atom(&'a str),
    /// An atom of the old Latin-1 tags with characters beyond ASCII: one byte is one character.
    AtomLatin1(&'a [u8]),
    /// A binary of whole bytes.
    Binary(&'a [u8]),
    /// A bit string; `bits` of the last byte count (1 to 7), from the highest down.
    BitString {
        /// The bytes, the last one only partly used.
        bytes: &'a [u8],
        /// Bits used in the last byte.
        bits: u8,
    },
    /// A proper list of integers from 0 to 255, in the packed form. Complete: no tail follows.
    String(&'a [u8]),
    /// The empty list; also the tail of a proper list.
    Nil,
    /// A tuple: this many items follow.
    Tuple(usize),
    /// A list: this many elements (at least one) follow, then the tail. A tail that is a list again continues
    /// the same list.
    List(usize),
    /// A map: this many pairs of key and value follow.
    Map(usize),
    /// A pid.
    Pid(PidRef<'a>),
    /// A port.
    Port(PortRef<'a>),
    /// A reference.
    Reference(ReferenceRef<'a>),
    /// A local fun: its free variables follow.
    Fun(FunRef<'a>),
    /// An external fun.
    Export(ExportRef<'a>),
    /// A native record of OTP 29: the names of its fields follow, then their values.
    Record(RecordRef<'a>),
}

impl Item<'_> {
    /// How many whole terms follow that belong to this one; a list's tail is one of them.
    #[must_use]
    pub fn parts(&self) -> usize {
        match self {
            Self::Tuple(n) => *n,
            Self::List(n) => n.saturating_add(1),
            Self::Map(n) => n.saturating_mul(2),
            Self::Fun(fun) => fun.free,
            Self::Record(record) => record.fields.saturating_mul(2),
            _ => 0,
        }
    }
}

/// A pull reader over one or more encoded terms without the leading version byte.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The slice was longer than the byte limit and has been cut there.
    cut: bool,
    cache: &'a [Atom],
    limits: Limits,
    terms: u64,
    atoms: u64,
    /// Terms announced by open containers that have not been read yet; each takes a byte at least.
    pending: u64,
    frames: Frames,
    copy: Option<Copying>,
}

/// Where [`Reader::copy_resolved`] puts bytes, and up to where it has copied.
#[derive(Debug, Clone)]
struct Copying {
    out: Vec<u8>,
    copied: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`, which begin with a tag (the version byte 131 is already gone).
    #[must_use]
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        let within = bytes.get(..limits.bytes);
        Self {
            bytes: within.unwrap_or(bytes),
            at: 0,
            cut: within.is_some_and(|within| within.len() < bytes.len()),
            cache: &[],
            limits: *limits,
            terms: 0,
            atoms: 0,
            pending: 0,
            frames: Frames::default(),
            copy: None,
        }
    }

    /// Gives the atoms of the message's distribution header, which `ATOM_CACHE_REF` counts from 0.
    #[must_use]
    pub fn with_atom_cache(mut self, atoms: &'a [Atom]) -> Self {
        self.cache = atoms;
        self
    }

    /// Bytes read so far.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// The bytes not read yet.
    #[must_use]
    pub fn remaining(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Containers open around the next item.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.frames.depth()
    }

    /// Reads the next item.
    ///
    /// # Errors
    /// What is wrong with the bytes, or which limit they pass. The reader is of no use after that.
    #[expect(clippy::should_implement_trait, reason = "it fails, and ends only where the caller knows")]
    pub fn next(&mut self) -> Result<Item<'a>, DecodeError> {
        let start = self.at;
        if self.frames.take() {
            self.pending = self.pending.saturating_sub(1);
        } else {
            self.charge(1, start)?;
        }
        loop {
            let at = self.at;
            let tag = self.u8()?;
            let item = match tag {
                tag::SMALL_INTEGER => Item::Integer(i64::from(self.u8()?)),
                tag::INTEGER => Item::Integer(i64::from(i32::from_be_bytes(self.array()?))),
                tag::ATOM_CACHE_REF | tag::SMALL_ATOM_UTF8 | tag::ATOM_UTF8 | tag::SMALL_ATOM | tag::ATOM => {
                    match self.atom_body(tag, at)? {
                        AtomRef::Utf8(text) => Item::Atom(text),
                        AtomRef::Latin1(bytes) => Item::AtomLatin1(bytes),
                    }
                }
                tag::SMALL_TUPLE => Item::Tuple(usize::from(self.u8()?)),
                tag::LARGE_TUPLE => Item::Tuple(self.length()?),
                tag::NIL => Item::Nil,
                tag::STRING => self.string(at)?,
                tag::LIST => match self.length()? {
                    // An empty list cell run stands for its tail.
                    0 => continue,
                    n => Item::List(n),
                },
                tag::BINARY => {
                    let n = self.length()?;
                    Item::Binary(self.slice(n)?)
                }
                tag::MAP => Item::Map(self.length()?),
                tag::NEW_FLOAT | tag::FLOAT => self.float(tag, at)?,
                tag::SMALL_BIG => {
                    let n = usize::from(self.u8()?);
                    self.big(n)?
                }
                tag::LARGE_BIG => {
                    let n = self.length()?;
                    self.big(n)?
                }
                tag::BIT_BINARY => self.bit_string(at)?,
                tag::NEW_PID | tag::PID => Item::Pid(self.pid_body(tag)?),
                tag::V4_PORT | tag::NEW_PORT | tag::PORT => Item::Port(self.port_body(tag)?),
                tag::NEWER_REFERENCE | tag::NEW_REFERENCE | tag::REFERENCE => {
                    Item::Reference(self.reference_body(tag, at)?)
                }
                tag::NEW_FUN => Item::Fun(self.fun_body(at)?),
                tag::EXPORT => Item::Export(self.export_body(at)?),
                tag::RECORD => Item::Record(self.record_body(at)?),
                tag::LOCAL => return Err(DecodeError::Local { at }),
                tag::COMPRESSED => return Err(DecodeError::Compressed { at }),
                _ => return Err(DecodeError::UnknownTag { tag, at }),
            };
            self.open(&item, at)?;
            return Ok(item);
        }
    }

    /// Skips one whole term (the next item with all its parts) and gives its bytes.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn skip(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        let mut left = 1_u64;
        while left > 0 {
            let item = self.next()?;
            left = left - 1 + item.parts() as u64;
        }
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }

    /// Like [`Self::skip`], of a term of any depth. It takes no memory and is bounded by the bytes alone.
    ///
    /// # Errors
    /// As [`Self::next`], without the limits on depth and terms.
    pub fn skip_deep(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        if self.frames.take() {
            self.pending = self.pending.saturating_sub(1);
        } else {
            self.charge(1, start)?;
        }
        // Item by item, with nothing open around it.
        let limits = Limits { depth: 1, terms: u64::MAX, ..self.limits };
        let mut items = Reader { limits, frames: Frames::default(), pending: 0, copy: None, ..self.clone() };
        let mut left = 1_u64;
        while left > 0 {
            let item = items.next()?;
            left = (left - 1).saturating_add(item.parts() as u64);
            items.frames = Frames::default();
            items.pending = 0;
        }
        (self.at, self.atoms) = (items.at, items.atoms);
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }

    /// Copies one whole term to `out` with cached atoms spelled out, so that it stands on its own.
    ///
    /// # Errors
    /// As [`Self::next`]; `out` then holds part of the term.
    pub fn copy_resolved(&mut self, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        self.copy = Some(Copying { out: std::mem::take(out), copied: self.at });
        let result = self.copy_term();
        self.flush_copy(self.at);
        if let Some(copying) = self.copy.take() {
            *out = copying.out;
        }
        result
    }

    fn copy_term(&mut self) -> Result<(), DecodeError> {
        let mut left = 1_u64;
        while left > 0 {
            // A fun announces its own length, which spelling out atoms changes: it is written anew.
            if self.bytes.get(self.at) == Some(&tag::NEW_FUN) {
                self.flush_copy(self.at);
                let copying = self.copy.take();
                let fun = self.term();
                self.copy = copying;
                let at = self.at;
                if let Some(copying) = &mut self.copy {
                    copying.copied = at;
                    encode_bare(&fun?, &mut copying.out);
                }
                left -= 1;
                continue;
            }
            let item = self.next()?;
            left = left - 1 + item.parts() as u64;
        }
        Ok(())
    }

    /// Reads one whole term into owned form.
    ///
    /// # Errors
    /// As [`Self::next`], and [`DecodeError::DuplicateKey`].
    pub fn term(&mut self) -> Result<Term, DecodeError> {
        owned::build(self)
    }

    /// Copies what stands between the last copied byte and `end`.
    fn flush_copy(&mut self, end: usize) {
        if let Some(copying) = &mut self.copy {
            copying.out.extend_from_slice(self.bytes.get(copying.copied..end).unwrap_or_default());
            copying.copied = end;
        }
    }

    /// Counts `n` more terms.
    fn charge(&mut self, n: u64, at: usize) -> Result<(), DecodeError> {
        self.terms = self.terms.saturating_add(n);
        if self.terms > self.limits.terms {
            return Err(DecodeError::TooManyTerms { limit: self.limits.terms, at });
        }
        Ok(())
    }

    /// Accounts for the parts of `item`, and opens a frame for them.
    fn open(&mut self, item: &Item<'_>, at: usize) -> Result<(), DecodeError> {
        let parts = item.parts();
        if parts == 0 {
            return Ok(());
        }
        self.pending = self.pending.saturating_add(parts as u64);
        let left = self.remaining().len() as u64;
        if self.pending > left {
            return Err(self.short(self.pending - left));
        }
        self.charge(parts as u64, at)?;
        let limit = self.limits.depth_in_force();
        if !self.frames.push(parts as u64, matches!(item, Item::List(_)), limit) {
            return Err(DecodeError::TooDeep { limit, at });
        }
        Ok(())
    }

    fn short(&self, needed: u64) -> DecodeError {
        if self.cut {
            return DecodeError::TooManyBytes { limit: self.limits.bytes };
        }
        DecodeError::Truncated { at: self.bytes.len(), needed }
    }

    fn u8(&mut self) -> Result<u8, DecodeError> {
        let Some(&byte) = self.bytes.get(self.at) else { return Err(self.short(1)) };
        self.at += 1;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let rest = self.remaining();
        let Some(found) = rest.first_chunk::<N>() else { return Err(self.short((N - rest.len()) as u64)) };
        self.at += N;
        Ok(*found)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        let n = self.u32()?;
        usize::try_from(n).map_err(|_| DecodeError::TooManyBytes { limit: self.limits.bytes })
    }

    fn slice(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        let rest = self.remaining();
        let Some(found) = rest.get(..n) else { return Err(self.short((n - rest.len()) as u64)) };
        self.at += n;
        Ok(found)
    }

    fn string(&mut self, at: usize) -> Result<Item<'a>, DecodeError> {
        let n = usize::from(self.u16()?);
        let bytes = self.slice(n)?;
        self.charge(n as u64, at)?;
        Ok(if n == 0 { Item::Nil } else { Item::String(bytes) })
    }

    fn float(&mut self, tag: u8, at: usize) -> Result<Item<'a>, DecodeError> {
        let value = if tag == tag::NEW_FLOAT {
            f64::from_be_bytes(self.array()?)
        } else {
            let field = self.array::<31>()?;
            let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
            let text = std::str::from_utf8(text).map_err(|_| DecodeError::BadFloat { at })?;
            text.trim_ascii().parse().map_err(|_| DecodeError::BadFloat { at })?
        };
        if value.is_finite() { Ok(Item::Float(value)) } else { Err(DecodeError::BadFloat { at }) }
    }

    fn big(&mut self, n: usize) -> Result<Item<'a>, DecodeError> {
        let negative = self.u8()? != 0;
        let magnitude = self.slice(n)?;
        let used = magnitude.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let magnitude = magnitude.get(..used).unwrap_or_default();
        if used <= 8 {
            let value = magnitude.iter().rev().fold(0_i128, |value, &byte| (value << 8) | i128::from(byte));
            if let Ok(value) = i64::try_from(if negative { -value } else { value }) {
                return Ok(Item::Integer(value));
            }
        }
        Ok(Item::BigInteger(BigRef { negative, magnitude }))
    }

    fn bit_string(&mut self, at: usize) -> Result<Item<'a>, DecodeError> {
        let n = self.length()?;
        let bits = self.u8()?;
        let bytes = self.slice(n)?;
        match bits {
            0 if n == 0 => Ok(Item::Binary(bytes)),
            8 if n > 0 => Ok(Item::Binary(bytes)),
            1..=7 if n > 0 => Ok(Item::BitString { bytes, bits }),
            _ => Err(DecodeError::BadBitString { at }),
        }
    }
}
