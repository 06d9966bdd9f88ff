//! Digests.

use sha2::{Digest as _, Sha256, Sha512};

crate::function::table! {
    outside: false;
    "std.hash.host_crc32" = |_, data: &[u8]| i64::from(crc32fast::hash(data));
    "std.hash.host_sha256" = |_, data: &[u8]| Sha256::digest(data).to_vec();
    "std.hash.host_sha512" = |_, data: &[u8]| Sha512::digest(data).to_vec();
}
