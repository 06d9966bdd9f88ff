//! Bytes of a term: whatever they are, an error or a term that survives being written, compared, printed and
//! copied.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pluto_term::{Atom, Limits, PrintLimits, Reader, Syntax, decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { terms: 20_000, bytes: 1 << 20, ..Limits::default() };
    if let Ok((term, used)) = decode(bytes, &limits) {
        assert!(used <= bytes.len());
        let mut out = Vec::new();
        encode(&term, &mut out);
        // A copy may be longer than the original: cached atoms and list chains are spelled out.
        let (back, all) = decode(&out, &Limits::default()).expect("what we write, we read");
        assert_eq!(all, out.len());
        assert!(back == term && back.cmp(&term).is_eq() && back.compare(&term).is_eq());
        for syntax in [Syntax::Erlang, Syntax::Elixir] {
            let text = term.display(syntax, &PrintLimits::default()).to_string();
            assert!(text.len() <= 4 * (PrintLimits::default().total + 3));
        }
    }
    copy_and_skip(bytes, &limits);
});

/// Skipping, reading and copying take the same bytes, and a copy with its atoms spelled out says the same.
fn copy_and_skip(bytes: &[u8], limits: &Limits) {
    let cache = [Atom::new("cached"), Atom::new("жук")];
    let reader = || Reader::new(bytes, limits).with_atom_cache(&cache);
    let (mut reading, mut skipping, mut copying) = (reader(), reader(), reader());
    let Ok(term) = reading.term() else { return };
    assert!(skipping.skip().is_ok());
    assert_eq!(reading.position(), skipping.position());
    let mut copy = Vec::new();
    copying.copy_resolved(&mut copy).expect("what is read can be copied");
    assert_eq!(reading.position(), copying.position());
    let again = Reader::new(&copy, &Limits::default()).term().expect("a copy stands on its own");
    assert_eq!(again, term);
}
