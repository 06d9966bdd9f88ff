//! Generated terms.

use num_bigint::BigInt;
use pluto_term::{Atom, Export, Fun, Pid, Port, Record, Reference, Term};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// What generated terms may hold.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kinds {
    /// Pids, ports, references and local funs.
    pub(crate) identifiers: bool,
    /// Native records.
    pub(crate) records: bool,
    /// `-0.0`, which releases before 27 take as equal to `0.0`.
    pub(crate) negative_zero: bool,
}

impl Kinds {
    pub(crate) const ALL: Self = Self { identifiers: true, records: true, negative_zero: true };
}

fn atom_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{1,2}",
        2 => "[a-zA-Z0-9_@]{1,8}",
        1 => "[A-Z][a-z]{0,3}(\\.[A-Z][a-z]{0,3})?".prop_map(|text| format!("Elixir.{text}")),
        1 => proptest::collection::vec(any::<char>(), 0..6).prop_map(|all| all.into_iter().collect()),
        1 => proptest::sample::select(vec![
            "true", "false", "nil", "undefined", "__struct__", "end", "fun", "and", "+", "é", "ñandú", "жук", "<<>>", "{}", "..", "a b", "'", "\"", "\\", "%", "foo?", "bar!",
        ]).prop_map(str::to_owned),
        1 => (250_usize..=255).prop_map(|n| "é".repeat(n)),
    ]
}

pub(crate) fn atom() -> impl Strategy<Value = Atom> {
    atom_text().prop_map(|text| Atom::new(&text))
}

fn integer() -> impl Strategy<Value = Term> {
    let edges = (0_u32..200, -1_i32..=1, any::<bool>()).prop_map(|(bits, off, negative)| {
        let value = (BigInt::from(1) << bits) + off;
        Term::from(if negative { -value } else { value })
    });
    prop_oneof![
        4 => (-3_i64..4).prop_map(Term::int),
        2 => any::<i64>().prop_map(Term::int),
        3 => edges,
        1 => (proptest::collection::vec(any::<u8>(), 9..300), any::<bool>()).prop_map(|(bytes, negative)| {
            let value = BigInt::from_bytes_le(num_bigint::Sign::Plus, &bytes);
            Term::from(if negative { -value } else { value })
        }),
    ]
}

fn float(negative_zero: bool) -> impl Strategy<Value = Term> {
    let finite = any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite());
    let power = (0_i32..64, -1.0..1.0_f64).prop_map(|(power, off)| 2.0_f64.powi(power) + off.trunc());
    let decimal =
        (-30_i32..30, -1000_i64..1000).prop_map(|(power, digits)| digits as f64 * 10.0_f64.powi(power));
    prop_oneof![
        3 => (-3_i32..4).prop_map(|value| f64::from(value) / 2.0),
        2 => finite,
        2 => power,
        2 => decimal,
    ]
    .prop_map(move |value| Term::Float(if value == 0.0 && !negative_zero { 0.0 } else { value }))
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => proptest::collection::vec(any::<u8>(), 0..12),
        2 => "[ -~]{0,12}".prop_map(String::into_bytes),
        1 => "\\PC{0,8}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(proptest::sample::select(vec![b'a', 0, 7, 8, 10, 27, 31, 127, 128, 160, 200, 255, b'"', b'\\', b'#', b'{']), 0..6),
    ]
}

fn bit_string() -> impl Strategy<Value = Term> {
    (bytes(), 1_u8..=8).prop_map(|(bytes, bits)| Term::bit_string(bytes, bits))
}

fn text_list() -> impl Strategy<Value = Term> {
    prop_oneof![
        "[ -~]{1,12}".prop_map(|text| Term::charlist(&text)),
        "\\PC{1,6}".prop_map(|text| Term::charlist(&text)),
        bytes().prop_map(|bytes| Term::list(bytes.into_iter().map(|byte| Term::int(i64::from(byte))))),
    ]
}

fn node() -> impl Strategy<Value = Atom> {
    proptest::sample::select(vec!["a@b", "shop@host", "ж@host"]).prop_map(Atom::new)
}

fn pid() -> impl Strategy<Value = Pid> {
    (node(), any::<u32>(), any::<u32>(), 1_u32..4).prop_map(|(node, id, serial, creation)| Pid {
        node,
        id: id >> 4,
        serial: serial >> 19,
        creation,
    })
}

fn identifier() -> impl Strategy<Value = Term> {
    let port = (node(), any::<u64>(), 0_u32..64, 1_u32..4)
        .prop_map(|(node, id, shift, creation)| Term::Port(Port { node, id: id >> shift, creation }));
    let reference = (node(), proptest::collection::vec(any::<u32>(), 1..=5), 1_u32..4).prop_map(
        |(node, mut id, creation)| {
            if let Some(word) = id.first_mut() {
                *word &= (1 << 18) - 1;
            }
            Term::Reference(Reference { node, creation, id })
        },
    );
    prop_oneof![pid().prop_map(Term::Pid), port, reference]
}

fn export() -> impl Strategy<Value = Term> {
    (atom(), atom(), any::<u8>())
        .prop_map(|(module, function, arity)| Term::from(Export { module, function, arity }))
}

fn leaf(kinds: Kinds) -> BoxedStrategy<Term> {
    let plain = prop_oneof![
        4 => integer(),
        2 => float(kinds.negative_zero),
        4 => atom().prop_map(Term::Atom),
        2 => bit_string(),
        2 => text_list(),
        1 => export(),
    ];
    if kinds.identifiers { prop_oneof![6 => plain, 1 => identifier()].boxed() } else { plain.boxed() }
}

fn fun(free: Vec<Term>, module: Atom, pid: Pid, index: u32, old_uniq: i32) -> Term {
    // A node keeps one entry per module, index and digest, so the digest must follow the rest.
    let old_uniq = old_uniq & 0x7ff_ffff;
    let mut uniq = [7; 16];
    uniq[..4].copy_from_slice(&old_uniq.to_be_bytes());
    let (old_index, old_uniq) = (i64::from(index), i64::from(old_uniq));
    Term::from(Fun { module, arity: 1, uniq, index, old_index, old_uniq, pid, free })
}

fn containers(inner: &BoxedStrategy<Term>, kinds: Kinds) -> BoxedStrategy<Term> {
    let many = || proptest::collection::vec(inner.clone(), 0..6);
    let pairs = || proptest::collection::vec((inner.clone(), inner.clone()), 0..6);
    let keywords = || proptest::collection::vec((atom(), inner.clone()), 0..4);
    let tail =
        inner.clone().prop_filter("no list", |tail| !matches!(tail, Term::List(_) | Term::ImproperList(..)));
    let improper = (proptest::collection::vec(inner.clone(), 1..4), tail)
        .prop_map(|(elements, tail)| Term::ImproperList(elements, Box::new(tail)));
    let keyword_list = keywords().prop_map(|pairs| {
        Term::list(pairs.into_iter().map(|(key, value)| Term::tuple([Term::Atom(key), value])))
    });
    let atom_map = keywords()
        .prop_map(|pairs| Term::map(pairs.into_iter().map(|(key, value)| (Term::Atom(key), value))));
    let plain = prop_oneof![
        3 => many().prop_map(Term::Tuple),
        3 => many().prop_map(Term::List),
        1 => improper,
        2 => pairs().prop_map(Term::map),
        1 => keyword_list,
        1 => atom_map,
    ]
    .boxed();
    let funs = (many(), atom(), pid(), 0_u32..40, any::<i32>())
        .prop_map(|(free, module, pid, index, uniq)| fun(free, module, pid, index, uniq));
    let records = (atom(), atom(), any::<bool>(), keywords()).prop_map(|(module, name, exported, fields)| {
        let mut kept: Vec<(Atom, Term)> = Vec::new();
        for (field, value) in fields {
            if kept.iter().all(|(found, _)| *found != field) {
                kept.push((field, value));
            }
        }
        Term::from(Record { module, name, exported, fields: kept })
    });
    match (kinds.identifiers, kinds.records) {
        (true, true) => prop_oneof![8 => plain, 1 => funs, 1 => records].boxed(),
        (true, false) => prop_oneof![8 => plain, 1 => funs].boxed(),
        (false, true) => prop_oneof![8 => plain, 1 => records].boxed(),
        (false, false) => plain,
    }
}

/// Terms of up to a few dozen parts.
pub(crate) fn term(kinds: Kinds) -> BoxedStrategy<Term> {
    leaf(kinds).prop_recursive(4, 40, 6, move |inner| containers(&inner, kinds)).boxed()
}

/// Terms over a small alphabet, so that many of them are almost equal.
pub(crate) fn similar(kinds: Kinds) -> BoxedStrategy<Term> {
    let mut leaves = vec![
        Term::int(0),
        Term::int(1),
        Term::int(-1),
        Term::Float(1.0),
        Term::Float(0.0),
        Term::Float(-1.5),
        Term::int(1_i64 << 60),
        Term::Float(2.0_f64.powi(60)),
        Term::int((1_i64 << 60) + 1),
        Term::from(BigInt::from(1) << 70),
        Term::Float(2.0_f64.powi(70)),
        Term::from((BigInt::from(1) << 70) * -1),
        Term::int(i64::MAX),
        Term::Float(2.0_f64.powi(63)),
        Term::int((1_i64 << 53) + 1),
        Term::Float(2.0_f64.powi(53)),
        Term::atom("a"),
        Term::atom("b"),
        Term::atom("é"),
        Term::atom("ж"),
        Term::atom(""),
        Term::binary(""),
        Term::binary("a"),
        Term::binary("b"),
        Term::binary([0]),
        Term::bit_string(vec![0b0110_0000], 3),
        Term::bit_string(vec![0b0110_0001, 0], 1),
        Term::bit_string(vec![0], 7),
        Term::list([]),
        Term::tuple([]),
        Term::map([]),
        Term::from(Export { module: Atom::new("a"), function: Atom::new("b"), arity: 1 }),
    ];
    if kinds.identifiers {
        let node = |name: &str| Atom::new(name);
        for (name, creation, id, serial) in
            [("a@b", 1, 1, 2), ("a@b", 2, 1, 2), ("b@b", 1, 1, 1), ("a@b", 1, 2, 1)]
        {
            leaves.push(Term::Pid(Pid { node: node(name), id, serial, creation }));
            leaves.push(Term::Port(Port { node: node(name), id: u64::from(id), creation }));
            leaves.push(Term::Reference(Reference { node: node(name), creation, id: vec![id, serial, 1] }));
            leaves.push(Term::Reference(Reference {
                node: node(name),
                creation,
                id: vec![id, serial, 1, id - 1],
            }));
        }
    }
    proptest::sample::select(leaves).prop_recursive(3, 12, 3, move |inner| containers(&inner, kinds)).boxed()
}

/// The same terms in each run.
pub(crate) fn sample(strategy: &BoxedStrategy<Term>, count: usize) -> Vec<Term> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}
