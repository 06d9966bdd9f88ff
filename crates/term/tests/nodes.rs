//! Live nodes as oracles: what they write, read, print, scan and sort.

use std::io::Write;

use crate::generate::{self, Kinds};
use pluto_term::{Atom, Limits, Pid, Port, PrintLimits, Syntax, Term, decode, encode};
use pluto_testnode::{Node, NodeOptions, Release, releases};

/// What the node does with the terms of a file; loaded into each node.
const ORACLE: &str = r#"
-module(pluto_oracle).
-export([each/1, pairs/1, sort/1, texts/1]).

read(File) ->
    {ok, Bytes} = file:read_file(File),
    binary_to_term(Bytes).

%% Per term: as written, as written deterministically, compressed, as printed.
each(File) ->
    term_to_binary([
        {term_to_binary(T, [{minor_version, 2}]),
         term_to_binary(T, [deterministic, {minor_version, 2}]),
         term_to_binary({T, T, T}, [compressed]),
         term_to_binary(T, [{minor_version, 1}]),
         unicode:characters_to_binary(io_lib:format("~0tp", [T]))}
     || T <- read(File)]).

pairs(File) ->
    << <<(order(A, B)), (byte(A == B)), (byte(A =:= B))>> || {A, B} <- read(File) >>.

order(A, B) when A < B -> 0;
order(A, B) when A > B -> 2;
order(_, _) -> 1.

byte(true) -> 1;
byte(false) -> 0.

sort(File) ->
    term_to_binary(lists:sort(read(File))).

%% Per term and its text: whether the text reads back as the term.
texts(File) ->
    << <<(byte(reads_back(T, Text)))>> || {T, Text} <- read(File) >>.

reads_back(T, Text) ->
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text) ++ "."),
    case erl_parse:parse_term(Tokens) of
        {ok, Read} -> Read =:= T;
        _ -> false
    end.
"#;

struct Oracle {
    node: Node,
    directory: tempfile::TempDir,
}

impl Oracle {
    fn start(release: &Release) -> Self {
        let arguments = ["+pc", "unicode"].map(str::to_owned).to_vec();
        let mut node = Node::start_with(release, NodeOptions { arguments, ..NodeOptions::default() });
        node.load_module(ORACLE);
        Self { node, directory: tempfile::tempdir().unwrap() }
    }

    /// Gives `terms` as a list to a function of the oracle.
    fn ask(&mut self, function: &str, terms: Vec<Term>) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(&Term::List(terms), &mut bytes);
        let path = self.directory.path().join("terms");
        std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        self.node.eval_bytes(&format!("pluto_oracle:{function}({:?}).", path.to_str().unwrap()))
    }

    /// Pids and ports as the node itself makes them.
    fn local_identifiers(&mut self) -> Vec<Term> {
        let node = Atom::new(self.node.name());
        let creation = self.node.eval("erlang:system_info(creation).").parse().unwrap();
        let pids = [(1, 0), (123, 0), (77, 5)]
            .map(|(id, serial)| Term::Pid(Pid { node: node.clone(), id, serial, creation }));
        let ports = [0, 7, 300].map(|id| Term::Port(Port { node: node.clone(), id, creation }));
        pids.into_iter().chain(ports).collect()
    }
}

fn kinds(release: &Release) -> Kinds {
    // Releases before 27 take -0.0 as exactly equal to 0.0; native records came with 29.
    Kinds { identifiers: true, records: release.otp() >= 29, negative_zero: release.otp() >= 27 }
}

fn read(bytes: &[u8]) -> Term {
    let limits = Limits { terms: u64::MAX, atoms: u64::MAX, ..Limits::default() };
    let (term, used) = decode(bytes, &limits).unwrap();
    assert_eq!(used, bytes.len());
    term
}

fn written(term: &Term) -> Vec<u8> {
    let mut out = Vec::new();
    encode(term, &mut out);
    out
}

/// Shows the bytes around the first difference.
fn assert_same_bytes(ours: &[u8], theirs: &[u8], what: &str) {
    let same = ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
    let around = |bytes: &[u8]| bytes[same.saturating_sub(8)..bytes.len().min(same + 24)].to_vec();
    assert!(ours == theirs, "at {same}: {:?} but {:?} in {what}", around(ours), around(theirs));
}

fn text(term: &Term) -> String {
    term.display(Syntax::Erlang, &PrintLimits::NONE).to_string()
}

/// Whether the node prints the term as if it were its own, and as every release does.
fn prints_alike(printed: &str) -> bool {
    // Nodes number other nodes' identifiers in the order in which they met them, and funs of unknown modules are
    // shown in more than one way; `maybe` and `else` are reserved since 27 only.
    let marks = ["#Port<", "#Ref<", "#Fun<", "else", "maybe"];
    // Names in funs come out as Latin-1 of their UTF-8, without escapes, and reserved words without quotes.
    let reserved = [":fun/", ":end/", ":and/", "fun fun:", "fun end:", "fun and:"];
    let plain =
        printed.is_ascii() && !printed.contains('\'') && !reserved.iter().any(|it| printed.contains(it));
    let garbled = printed.contains("fun ") && !plain;
    let pid = printed.replace("<<", "").contains('<');
    !garbled && !pid && !marks.iter().any(|mark| printed.contains(mark))
}

#[test]
fn nodes_write_read_and_print_as_we_do() {
    for release in releases() {
        let mut oracle = Oracle::start(&release);
        let mut terms = generate::sample(&generate::term(kinds(&release)), 1_000);
        let without = Kinds { identifiers: false, ..kinds(&release) };
        terms.extend(generate::sample(&generate::term(without), 1_200));
        let local = oracle.local_identifiers();
        terms.extend(local.iter().cloned());
        let answers = read(&oracle.ask("each", terms.clone()));
        let answers = answers.as_list().unwrap();
        assert_eq!(answers.len(), terms.len());
        let mut printed_alike = 0;
        for (term, answer) in terms.iter().zip(answers) {
            let parts: Vec<&[u8]> =
                answer.as_tuple().unwrap().iter().map(|part| part.as_binary().unwrap()).collect();
            let &[plain, deterministic, compressed, old, printed] = parts.as_slice() else {
                panic!("{answer:?}")
            };
            let back = read(plain);
            assert_eq!(&back, term, "OTP {}", release.otp());
            assert_eq!(read(compressed), Term::tuple(vec![term.clone(); 3]), "OTP {}", release.otp());
            assert_eq!(&read(old), term, "OTP {}", release.otp());
            let printed = std::str::from_utf8(printed).unwrap();
            if prints_alike(printed) || local.contains(term) {
                assert_eq!(text(&back), printed, "OTP {}", release.otp());
                printed_alike += 1;
            }
            // OTP 25 still writes ports below 2^28 in a shorter form.
            if release.otp() == 25 && plain.contains(&89) {
                continue;
            }
            assert_same_bytes(&written(&back), plain, &format!("OTP {}: {term:?}", release.otp()));
            assert_eq!(&read(deterministic), term, "OTP {}", release.otp());
            assert_same_bytes(
                &written(&read(deterministic)),
                deterministic,
                &format!("OTP {}: {term:?}", release.otp()),
            );
        }
        assert!(printed_alike > 800, "only {printed_alike} terms were compared as text");
    }
}

/// Whether a map stands in a key. Since OTP 26 nodes compare such maps by the places of their keys in the node's
/// table of atoms, which nobody else can know.
fn has_map_in_key(term: &Term, in_key: bool) -> bool {
    let any = |terms: &[Term]| terms.iter().any(|term| has_map_in_key(term, in_key));
    match term {
        Term::Map(pairs) => {
            in_key
                || pairs.iter().any(|(key, value)| has_map_in_key(key, true) || has_map_in_key(value, in_key))
        }
        Term::Tuple(elements) | Term::List(elements) => any(elements),
        Term::ImproperList(elements, tail) => any(elements) || has_map_in_key(tail, in_key),
        Term::Fun(fun) => any(&fun.free),
        Term::Record(record) => record.fields.iter().any(|(_, value)| has_map_in_key(value, in_key)),
        _ => false,
    }
}

#[test]
fn nodes_compare_as_we_do() {
    for release in releases() {
        let mut oracle = Oracle::start(&release);
        let mut terms = generate::sample(&generate::similar(kinds(&release)), 4_000);
        if release.otp() >= 26 {
            terms.retain(|term| !has_map_in_key(term, false));
        }
        let mut pairs: Vec<(Term, Term)> = terms.iter().cloned().zip(terms.iter().skip(1).cloned()).collect();
        let few = &terms[..60];
        pairs.extend(few.iter().flat_map(|a| few.iter().map(|b| (a.clone(), b.clone()))));
        let asked = pairs.iter().map(|(a, b)| Term::tuple([a.clone(), b.clone()])).collect();
        let answers = oracle.ask("pairs", asked);
        for ((a, b), answer) in pairs.iter().zip(answers.chunks(3)) {
            let ours = [a.compare(b) as i8 + 1, i8::from(a.compare(b).is_eq()), i8::from(a == b)];
            let theirs: Vec<i8> = answer.iter().map(|&byte| byte as i8).collect();
            assert_eq!(ours.as_slice(), theirs, "OTP {}: {a:?} against {b:?}", release.otp());
        }
        let sorted = read(&oracle.ask("sort", terms.clone()));
        let sorted = sorted.as_list().unwrap();
        assert_eq!(sorted.len(), terms.len());
        for pair in sorted.windows(2) {
            assert!(pair[0].compare(&pair[1]).is_le(), "OTP {}: {pair:?}", release.otp());
        }
    }
}

#[test]
fn nodes_read_the_text_we_print() {
    for release in releases() {
        let mut oracle = Oracle::start(&release);
        let kinds = Kinds { identifiers: false, records: false, ..kinds(&release) };
        let terms = generate::sample(&generate::term(kinds), 1_500);
        let asked = terms.iter().map(|term| Term::tuple([term.clone(), Term::binary(text(term))])).collect();
        let answers = oracle.ask("texts", asked);
        for (term, answer) in terms.iter().zip(answers) {
            assert_eq!(answer, 1, "OTP {}: {}", release.otp(), text(term));
        }
    }
}
