//! Bytes that no node would send.

use crate::generate::{self, Kinds};
use pluto_term::{DecodeError, Item, Limits, Reader, Term, decode, encode, encode_bare};
use proptest::prelude::*;

proptest! {
    #[test]
    fn garbage_is_an_error_or_a_term(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut with_version = vec![131];
        with_version.extend_from_slice(&bytes);
        if let Ok((term, used)) = decode(&with_version, &Limits::default()) {
            let mut out = Vec::new();
            encode(&term, &mut out);
            prop_assert!(used <= with_version.len());
            prop_assert_eq!(decode(&out, &Limits::default()).unwrap().0, term);
        }
    }

    #[test]
    fn a_changed_byte_is_an_error_or_a_term(term in generate::term(Kinds::ALL), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = Vec::new();
        encode(&term, &mut bytes);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(&bytes, &Limits::default());
    }

    #[test]
    fn each_cut_is_noticed(term in generate::term(Kinds::ALL)) {
        let mut bytes = Vec::new();
        encode(&term, &mut bytes);
        for end in 0..bytes.len() {
            let error = decode(&bytes[..end], &Limits::default()).unwrap_err();
            prop_assert!(matches!(error, DecodeError::Truncated { .. }), "{} at {}", error, end);
        }
    }

    #[test]
    fn skipping_ends_where_reading_does(term in generate::term(Kinds::ALL)) {
        let mut bytes = Vec::new();
        encode_bare(&term, &mut bytes);
        let end = bytes.len();
        encode_bare(&Term::atom("next"), &mut bytes);
        let mut reader = Reader::new(&bytes, &Limits::default());
        prop_assert_eq!(reader.skip().unwrap(), &bytes[..end]);
        prop_assert_eq!(reader.term().unwrap(), Term::atom("next"));
    }
}

#[test]
fn a_gigabyte_is_refused_before_memory_is_taken() {
    let limits = Limits::default();
    let bytes = [131, 109, 0x40, 0, 0, 0, 1, 2, 3];
    assert!(
        matches!(decode(&bytes, &limits), Err(DecodeError::Truncated { needed, .. }) if needed == (1 << 30) - 3)
    );
    let compressed = [131, 80, 0x40, 0, 0, 0, 1, 2, 3];
    assert_eq!(decode(&compressed, &limits), Err(DecodeError::TooManyBytes { limit: limits.bytes }));
    let mut present = vec![131, 109, 0, 0, 4, 0];
    present.resize(6 + 1_024, 0);
    let small = Limits { bytes: 1_000, ..limits };
    assert_eq!(decode(&present, &small), Err(DecodeError::TooManyBytes { limit: 1_000 }));
}

#[test]
fn a_bomb_of_zeros_does_not_expand_beyond_what_it_announces() {
    let zeros = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 32 << 20], 9);
    let mut bytes = vec![131, 80, 0, 0, 4, 0];
    bytes.extend_from_slice(&zeros);
    assert_eq!(decode(&bytes, &Limits::default()), Err(DecodeError::BadCompression { announced: 1_024 }));
}

#[test]
fn deep_nesting_is_refused_in_every_container() {
    let fun_head = |depth: usize| {
        let mut head = vec![112, 0, 0, 0, 0, 1];
        head.extend_from_slice(&[0; 20]);
        head.extend_from_slice(&[0, 0, 0, 1, 119, 1, b'm', 97, 0, 97, 0, 88, 119, 1, b'n']);
        head.extend_from_slice(&[0; 12]);
        head.repeat(depth)
    };
    let depth = 100_000;
    for bytes in [
        [104, 1].repeat(depth),
        [105, 0, 0, 0, 1].repeat(depth),
        [[108, 0, 0, 0, 1].as_slice(), &[]].concat().repeat(depth),
        [116, 0, 0, 0, 1].repeat(depth),
        [116, 0, 0, 0, 1, 106].repeat(depth),
        [67, 0, 0, 0, 1, 1, 119, 1, b'm', 119, 1, b'r', 119, 1, b'f'].repeat(depth),
        fun_head(depth),
    ] {
        let limits = Limits::default();
        let skipped = Reader::new(&bytes, &limits).skip();
        assert!(matches!(skipped, Err(DecodeError::TooDeep { limit: 512, .. })), "{skipped:?}");
        let read = Reader::new(&bytes, &limits).term();
        assert!(matches!(read, Err(DecodeError::TooDeep { limit: 512, .. })), "{read:?}");
    }
}

#[test]
fn a_term_of_any_depth_is_skipped() {
    let limits = Limits::default();
    for (depth, after) in [(0, 1_u8), (511, 2), (512, 3), (1_000_000, 4)] {
        // A tuple of the deep term and of a byte that follows it.
        let deep = [[104, 1].repeat(depth), vec![106]].concat();
        let bytes = [vec![104, 2], deep.clone(), vec![97, after]].concat();
        let mut reader = Reader::new(&bytes, &limits);
        assert!(matches!(reader.next(), Ok(Item::Tuple(2))));
        assert_eq!(reader.skip_deep(), Ok(deep.as_slice()));
        assert_eq!(reader.term(), Ok(Term::int(after)));
        assert_eq!(reader.remaining(), b"");
        let cut = Reader::new(&deep[..deep.len() - 1], &limits).skip_deep();
        assert!(matches!(cut, Err(DecodeError::Truncated { .. })), "{cut:?}");
    }
}

#[test]
fn the_deepest_terms_allowed_are_handled_on_a_small_stack() {
    let handle = || {
        let depth = Limits::MAX_DEPTH as usize;
        let limits = Limits { depth: u32::MAX, ..Limits::default() };
        for unit in [vec![104, 1], vec![116, 0, 0, 0, 1], vec![116, 0, 0, 0, 1, 106], vec![104, 2, 97, 1]] {
            let mut bytes = vec![131];
            bytes.extend(unit.repeat(depth));
            // Every unit but the first lacks a key or a value at its end.
            bytes.extend(vec![106; depth + 2]);
            let (term, used) = decode(&bytes, &limits).unwrap();
            let copy = term.clone();
            assert!(term == copy && term.cmp(&copy).is_eq());
            let mut out = Vec::new();
            encode(&term, &mut out);
            assert_eq!(out, &bytes[..used]);
            let text = term.display(pluto_term::Syntax::Elixir, &pluto_term::PrintLimits::NONE).to_string();
            assert!(text.len() > depth);
        }
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(handle).unwrap().join().unwrap();
}

#[test]
fn terms_and_atoms_are_counted() {
    let limits = Limits { terms: 10, atoms: 3, ..Limits::default() };
    let read = |term: &Term| {
        let mut bytes = Vec::new();
        encode_bare(term, &mut bytes);
        Reader::new(&bytes, &limits).term()
    };
    let ints = |n: i64| Term::list((0..n).map(|i| Term::int(i + 300)));
    assert!(read(&ints(8)).is_ok());
    assert_eq!(read(&ints(9)), Err(DecodeError::TooManyTerms { limit: 10, at: 0 }));
    assert!(matches!(read(&Term::charlist("0123456789")), Err(DecodeError::TooManyTerms { .. })));
    let atoms = |n| Term::list(vec![Term::atom("a"); n]);
    assert!(read(&atoms(3)).is_ok());
    assert_eq!(read(&atoms(4)), Err(DecodeError::TooManyAtoms { limit: 3, at: 14 }));
}

#[test]
fn maps_with_a_key_twice_are_refused() {
    let bytes = [131, 116, 0, 0, 0, 2, 97, 1, 106, 97, 1, 106];
    assert_eq!(decode(&bytes, &Limits::default()), Err(DecodeError::DuplicateKey { at: 11 }));
}

#[test]
fn maps_in_keys_of_maps_in_keys_take_linear_time() {
    // Each level holds the level below and a chain of the same depth as keys, so that sorting one level by
    // comparing afresh would double the work with each level.
    let mut deep = Term::int(1);
    let mut chain = Term::int(2);
    for _ in 0..60 {
        deep = Term::Map(vec![(deep, Term::list([])), (chain.clone(), Term::list([]))]);
        chain = Term::Map(vec![(chain, Term::list([])), (Term::atom("a"), Term::list([]))]);
    }
    let mut bytes = Vec::new();
    encode(&deep, &mut bytes);
    assert_eq!(decode(&bytes, &Limits::default()).unwrap().0, deep);
}

#[test]
fn the_private_local_format_is_named() {
    assert_eq!(decode(&[131, 121, 1, 2, 3], &Limits::default()), Err(DecodeError::Local { at: 0 }));
    assert_eq!(decode(&[131, 104, 1, 80, 0], &Limits::default()), Err(DecodeError::Compressed { at: 2 }));
    assert_eq!(decode(&[130, 106], &Limits::default()), Err(DecodeError::Version { found: 130 }));
    assert_eq!(decode(&[131, 117], &Limits::default()), Err(DecodeError::UnknownTag { tag: 117, at: 0 }));
}
