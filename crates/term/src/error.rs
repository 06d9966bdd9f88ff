//! Why bytes are not a term we accept.

/// What is wrong with the bytes. `at` is the offset, in bytes, from the start of the reader's slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end inside a term.
    #[error("term cut short at byte {at}: {needed} more bytes needed")]
    Truncated {
        /// Where the missing bytes should begin.
        at: usize,
        /// How many are missing, at least.
        needed: u64,
    },
    /// The first byte is not the version of the format.
    #[error("not an external term: first byte is {found}, not 131")]
    Version {
        /// The byte found instead of 131.
        found: u8,
    },
    /// A tag that no release from OTP 25 to 29 writes.
    #[error("unknown tag {tag} at byte {at}")]
    UnknownTag {
        /// The tag.
        tag: u8,
        /// Where it stands.
        at: usize,
    },
    /// A `LOCAL_EXT` term: only the node that wrote it can read it.
    #[error("term at byte {at} is in the writing node's private local format")]
    Local {
        /// Where it stands.
        at: usize,
    },
    /// A compressed term where only an uncompressed one may stand.
    #[error("compressed term at byte {at}, where none may stand")]
    Compressed {
        /// Where it stands.
        at: usize,
    },
    /// Compressed bytes that do not expand to what they announce.
    #[error("compressed term is damaged, or not the {announced} bytes it announces")]
    BadCompression {
        /// Bytes announced for the expanded term.
        announced: u64,
    },
    /// More containers inside one another than allowed.
    #[error("term nested deeper than {limit} at byte {at}")]
    TooDeep {
        /// The limit in force.
        limit: u32,
        /// Where the container stands that is one too many.
        at: usize,
    },
    /// More terms than allowed.
    #[error("more than {limit} terms at byte {at}")]
    TooManyTerms {
        /// The limit in force.
        limit: u64,
        /// Where the term stands that is one too many.
        at: usize,
    },
    /// More bytes than allowed.
    #[error("term of more than {limit} bytes")]
    TooManyBytes {
        /// The limit in force.
        limit: usize,
    },
    /// More atoms than allowed.
    #[error("more than {limit} atoms at byte {at}")]
    TooManyAtoms {
        /// The limit in force.
        limit: u64,
        /// Where the atom stands that is one too many.
        at: usize,
    },
    /// An atom that is not UTF-8, or longer than 255 characters, or something else where an atom must stand.
    #[error("malformed atom at byte {at}")]
    BadAtom {
        /// Where it stands.
        at: usize,
    },
    /// A reference to an atom that the distribution header did not announce.
    #[error("atom cache reference {index} at byte {at} is not in the message's atom table")]
    UnknownCacheReference {
        /// The index into the message's table.
        index: u8,
        /// Where it stands.
        at: usize,
    },
    /// A float that is not a finite number, or whose text is not one.
    #[error("malformed float at byte {at}")]
    BadFloat {
        /// Where it stands.
        at: usize,
    },
    /// A bit string whose count of bits in the last byte is impossible.
    #[error("malformed bit string at byte {at}")]
    BadBitString {
        /// Where it stands.
        at: usize,
    },
    /// A pid, port, reference or fun with a part that no node writes.
    #[error("malformed {what} at byte {at}")]
    BadIdentifier {
        /// Which kind: `pid`, `port`, `reference`, `fun`, `record`.
        what: &'static str,
        /// Where it stands.
        at: usize,
    },
    /// A map with the same key twice.
    #[error("map with a key twice, ending at byte {at}")]
    DuplicateKey {
        /// Where the map ends.
        at: usize,
    },
}
