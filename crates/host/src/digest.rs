//! Digests, and bytes as text.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest as _, Sha256, Sha512};

crate::function::table! {
    outside: false;
    "std.hash.host_crc32" = |_, data: &[u8]| i64::from(crc32fast::hash(data));
    "std.hash.host_sha256" = |_, data: &[u8]| Sha256::digest(data).to_vec();
    "std.hash.host_sha512" = |_, data: &[u8]| Sha512::digest(data).to_vec();
    "std.base64.host_encode" = |_, data: &[u8], url: bool, pad: bool| engine(url, pad).encode(data);
    "std.base64.host_decode" = |_, text: &str, url: bool| engine(url, text.ends_with('=')).decode(text).ok();
}

/// What writes and reads with `=` at the end, or without.
fn engine(url: bool, pad: bool) -> GeneralPurpose {
    let decode = if pad { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone };
    let config = GeneralPurposeConfig::new().with_encode_padding(pad).with_decode_padding_mode(decode);
    GeneralPurpose::new(if url { &URL_SAFE } else { &STANDARD }, config)
}
