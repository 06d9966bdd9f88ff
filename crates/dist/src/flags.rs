//! Distribution flags: what each side of a connection says it can do.

use std::fmt;
use std::ops::{BitAnd, BitOr};

/// A set of distribution flags, as the 64 bits of the handshake (Erlang's `erl_dist_protocol`, "Distribution Flags").
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u64);

/// Every flag known here, with its name in Erlang's own headers without the `DFLAG_`.
const NAMES: [(Flags, &str); 32] = [
    (Flags::PUBLISHED, "PUBLISHED"),
    (Flags::ATOM_CACHE, "ATOM_CACHE"),
    (Flags::EXTENDED_REFERENCES, "EXTENDED_REFERENCES"),
    (Flags::DIST_MONITOR, "DIST_MONITOR"),
    (Flags::FUN_TAGS, "FUN_TAGS"),
    (Flags::DIST_MONITOR_NAME, "DIST_MONITOR_NAME"),
    (Flags::HIDDEN_ATOM_CACHE, "HIDDEN_ATOM_CACHE"),
    (Flags::NEW_FUN_TAGS, "NEW_FUN_TAGS"),
    (Flags::EXTENDED_PIDS_PORTS, "EXTENDED_PIDS_PORTS"),
    (Flags::EXPORT_PTR_TAG, "EXPORT_PTR_TAG"),
    (Flags::BIT_BINARIES, "BIT_BINARIES"),
    (Flags::NEW_FLOATS, "NEW_FLOATS"),
    (Flags::UNICODE_IO, "UNICODE_IO"),
    (Flags::DIST_HDR_ATOM_CACHE, "DIST_HDR_ATOM_CACHE"),
    (Flags::SMALL_ATOM_TAGS, "SMALL_ATOM_TAGS"),
    (Flags::UTF8_ATOMS, "UTF8_ATOMS"),
    (Flags::MAP_TAG, "MAP_TAG"),
    (Flags::BIG_CREATION, "BIG_CREATION"),
    (Flags::SEND_SENDER, "SEND_SENDER"),
    (Flags::BIG_SEQTRACE_LABELS, "BIG_SEQTRACE_LABELS"),
    (Flags::EXIT_PAYLOAD, "EXIT_PAYLOAD"),
    (Flags::FRAGMENTS, "FRAGMENTS"),
    (Flags::HANDSHAKE_23, "HANDSHAKE_23"),
    (Flags::UNLINK_ID, "UNLINK_ID"),
    (Flags::MANDATORY_25_DIGEST, "MANDATORY_25_DIGEST"),
    (Flags::SPAWN, "SPAWN"),
    (Flags::NAME_ME, "NAME_ME"),
    (Flags::V4_NC, "V4_NC"),
    (Flags::ALIAS, "ALIAS"),
    (Flags::LOCAL_EXT, "LOCAL_EXT"),
    (Flags::ALTACT_SIG, "ALTACT_SIG"),
    (Flags::NATIVE_RECORDS, "NATIVE_RECORDS"),
];

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The node is visible: it joins `nodes()`. Pluto never sets it.
    pub const PUBLISHED: Self = Self(0x1);
    /// The atom cache of releases long gone.
    pub const ATOM_CACHE: Self = Self(0x2);
    /// References of more than one word.
    pub const EXTENDED_REFERENCES: Self = Self(0x4);
    /// Monitors across nodes.
    pub const DIST_MONITOR: Self = Self(0x8);
    /// Funs as terms, in their first form.
    pub const FUN_TAGS: Self = Self(0x10);
    /// Monitors on registered names.
    pub const DIST_MONITOR_NAME: Self = Self(0x20);
    /// The atom cache towards hidden nodes.
    pub const HIDDEN_ATOM_CACHE: Self = Self(0x40);
    /// Funs as terms, in their present form.
    pub const NEW_FUN_TAGS: Self = Self(0x80);
    /// Pids and ports with wide numbers.
    pub const EXTENDED_PIDS_PORTS: Self = Self(0x100);
    /// `fun m:f/a` as a term.
    pub const EXPORT_PTR_TAG: Self = Self(0x200);
    /// Bit strings.
    pub const BIT_BINARIES: Self = Self(0x400);
    /// Floats as eight bytes.
    pub const NEW_FLOATS: Self = Self(0x800);
    /// Unicode in the I/O protocol.
    pub const UNICODE_IO: Self = Self(0x1000);
    /// Distribution headers with an atom cache.
    pub const DIST_HDR_ATOM_CACHE: Self = Self(0x2000);
    /// Atoms with one byte of length.
    pub const SMALL_ATOM_TAGS: Self = Self(0x4000);
    /// Atoms in UTF-8.
    pub const UTF8_ATOMS: Self = Self(0x1_0000);
    /// Maps.
    pub const MAP_TAG: Self = Self(0x2_0000);
    /// Creations of 32 bits.
    pub const BIG_CREATION: Self = Self(0x4_0000);
    /// Sends that name their sender.
    pub const SEND_SENDER: Self = Self(0x8_0000);
    /// Any term as a label of sequential tracing.
    pub const BIG_SEQTRACE_LABELS: Self = Self(0x10_0000);
    /// Exit reasons as payload, outside the control message.
    pub const EXIT_PAYLOAD: Self = Self(0x40_0000);
    /// Large messages in fragments.
    pub const FRAGMENTS: Self = Self(0x80_0000);
    /// The handshake of OTP 23 (version 6).
    pub const HANDSHAKE_23: Self = Self(0x100_0000);
    /// The link protocol with acknowledged unlinks.
    pub const UNLINK_ID: Self = Self(0x200_0000);
    /// Stands for every flag that OTP 25 made mandatory. The code of OTP 25 to 29 uses this bit, whatever its document says.
    pub const MANDATORY_25_DIGEST: Self = Self(0x400_0000);
    /// Spawn requests.
    pub const SPAWN: Self = Self(1 << 32);
    /// "Name me": the accepting node chooses the name.
    pub const NAME_ME: Self = Self(1 << 33);
    /// Pids and references with wide numbers (version 4 of node containers).
    pub const V4_NC: Self = Self(1 << 34);
    /// Process aliases. Pluto never sets it.
    pub const ALIAS: Self = Self(1 << 35);
    /// Terms in a node's private format. Never sent to others.
    pub const LOCAL_EXT: Self = Self(1 << 36);
    /// Alternate signals (OTP 28).
    pub const ALTACT_SIG: Self = Self(1 << 37);
    /// Native records (OTP 29).
    pub const NATIVE_RECORDS: Self = Self(1 << 38);

    /// What OTP 25 refuses to do without, spelled out flag by flag.
    pub const MANDATORY_25: Self = Self(
        Self::EXTENDED_REFERENCES.0
            | Self::FUN_TAGS.0
            | Self::NEW_FUN_TAGS.0
            | Self::EXTENDED_PIDS_PORTS.0
            | Self::EXPORT_PTR_TAG.0
            | Self::BIT_BINARIES.0
            | Self::NEW_FLOATS.0
            | Self::UTF8_ATOMS.0
            | Self::MAP_TAG.0
            | Self::BIG_CREATION.0
            | Self::HANDSHAKE_23.0,
    );
    /// What OTP 26 and later refuse to do without.
    pub const MANDATORY_26: Self = Self(Self::MANDATORY_25.0 | Self::V4_NC.0 | Self::UNLINK_ID.0);

    /// What Pluto says it can do: a hidden node with a dynamic name.
    pub const OURS: Self = Self(
        Self::MANDATORY_26.0
            | Self::MANDATORY_25_DIGEST.0
            | Self::DIST_MONITOR.0
            | Self::DIST_MONITOR_NAME.0
            | Self::UNICODE_IO.0
            | Self::DIST_HDR_ATOM_CACHE.0
            | Self::SMALL_ATOM_TAGS.0
            | Self::SEND_SENDER.0
            | Self::BIG_SEQTRACE_LABELS.0
            | Self::EXIT_PAYLOAD.0
            | Self::FRAGMENTS.0
            | Self::SPAWN.0
            | Self::NATIVE_RECORDS.0,
    );

    /// What a peer must offer for Pluto to work with it; every OTP from 25 on does.
    pub const NEEDED: Self = Self(
        Self::MANDATORY_26.0
            | Self::DIST_MONITOR.0
            | Self::DIST_HDR_ATOM_CACHE.0
            | Self::EXIT_PAYLOAD.0
            | Self::SPAWN.0
            | Self::MANDATORY_25_DIGEST.0,
    );

    /// The set with these bits, known or not.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits of the set.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether every flag of `other` is in `self`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The flags of `self` that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with the mandatory digest spelled out as the flags it stands for.
    #[must_use]
    pub const fn expanded(self) -> Self {
        if self.contains(Self::MANDATORY_25_DIGEST) { Self(self.0 | Self::MANDATORY_25.0) } else { self }
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Flags {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Display for Flags {
    /// Names joined by `|`; unknown bits in hexadecimal at the end; `none` when empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut separator = "";
        for (flag, name) in NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = "|";
                rest &= !flag.0;
            }
        }
        if rest != 0 {
            write!(f, "{separator}{rest:#x}")?;
        } else if self.is_empty() {
            f.write_str("none")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({self})")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::Flags;

    #[test]
    fn bits_that_nodes_send() {
        expect!["4507df7fbc"].assert_eq(&format!("{:x}", Flags::OURS.bits()));
        for (bits, missing) in
            [(0xd_07df_7fbd, "none"), (0x6d_07df_7fbd, "none"), (0xd_03df_7fbd, "MANDATORY_25_DIGEST")]
        {
            let peer = Flags::from_bits(bits);
            assert_eq!(Flags::NEEDED.without(peer).to_string(), missing);
        }
    }

    #[test]
    fn digest_stands_for_the_mandatory_flags() {
        let short = Flags::MANDATORY_25_DIGEST | Flags::V4_NC | Flags::UNLINK_ID;
        assert!(short.expanded().contains(Flags::MANDATORY_26));
        assert_eq!(Flags::OURS & Flags::PUBLISHED, Flags::NONE);
        assert_eq!(Flags::OURS & Flags::ALIAS, Flags::NONE);
        assert_eq!((Flags::PUBLISHED | Flags::from_bits(1 << 50)).to_string(), "PUBLISHED|0x4000000000000");
    }
}
