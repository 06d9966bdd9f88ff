//! Bytes a node wrote, read and written again.

use pluto_term::{DecodeError, Item, Limits, Reader, Term, decode, encode};

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn round_trip(hex: &str) -> Term {
    let bytes = unhex(hex);
    let (term, used) = decode(&bytes, &Limits::default()).unwrap();
    assert_eq!(used, bytes.len());
    let mut out = Vec::new();
    encode(&term, &mut out);
    assert_eq!(out, bytes, "{term:?}");
    assert_eq!(Reader::new(&bytes[1..], &Limits::default()).skip().unwrap(), &bytes[1..]);
    term
}

#[test]
fn bytes_of_a_node_come_back_the_same() {
    for hex in [
        "836805770874726163655F747358770D6E6F6E6F6465406E6F686F73740000007B0000000000000000770463616C6C6803770473686F707705706C6163656C0000000361016B00036162637400000001770161463FF80000000000006A6803610161026103",
        "836C00000001770161770162",
        "836E0D01D20A3F4EEEE073C3F60FE98E01",
        "834D00000002030140",
        "837177056C6973747377036D61706102",
        "836C000000026A6C00000002620000012C61016A6A",
        "835A0003770D6E6F6E6F6465406E6F686F73740000000000013BEF5544000257C991BB",
        "8370000000B101065361AA461590D1BDF1EB62D1A6EB080000002A00000001770865726C5F6576616C612A6200329B0D58770D6E6F6E6F6465406E6F686F7374000000090000000000000000680661016A77046E6F6E6577046E6F6E6574000000006C0000000168057706636C6175736561016C000000016803770376617261017701586A6A6C00000001680577026F70610177012B68037703766172610177015868037707696E7465676572610161016A6A",
    ] {
        round_trip(hex);
    }
}

#[test]
fn a_chain_of_list_tails_is_one_list() {
    let mut bytes = vec![131];
    for _ in 0..100_000 {
        bytes.extend_from_slice(&[108, 0, 0, 0, 1, 97, 7]);
    }
    bytes.push(106);
    let (term, _) = decode(&bytes, &Limits::default()).unwrap();
    assert_eq!(term.as_list().unwrap().len(), 100_000);
}

#[test]
fn a_million_nested_tuples_are_refused() {
    let bytes = [104, 1].repeat(1_000_000);
    let limits = Limits { terms: u64::MAX, depth: u32::MAX, ..Limits::default() };
    let error = Reader::new(&bytes, &limits).skip().unwrap_err();
    assert_eq!(error, DecodeError::TooDeep { limit: Limits::MAX_DEPTH, at: 2 * Limits::MAX_DEPTH as usize });
}

#[test]
fn a_length_without_bytes_is_refused_before_memory_is_taken() {
    for tag in [105, 108, 109, 116, 111] {
        let bytes = [131, tag, 255, 255, 255, 255, 0];
        let error = decode(&bytes, &Limits::default()).unwrap_err();
        assert!(matches!(error, DecodeError::Truncated { .. }), "{error}");
    }
}

#[test]
fn a_list_is_its_elements_then_its_tail() {
    let bytes = [108, 0, 0, 0, 1, 97, 7, 106, 104, 0];
    let mut reader = Reader::new(&bytes, &Limits::default());
    let items: Vec<_> = (0..4).map(|_| reader.next().unwrap()).collect();
    assert_eq!(items, [Item::List(1), Item::Integer(7), Item::Nil, Item::Tuple(0)]);
}
