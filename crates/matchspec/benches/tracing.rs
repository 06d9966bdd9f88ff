//! What a traced call costs the process that makes it, by level and arguments, next to a bare process tracer on the
//! same node, before anything is learned of the function and afterwards: `cargo bench -p pluto-matchspec`. The releases to measure can be named: `-- 25 27`.
//!
//! Figures are nanoseconds per call and, in parentheses, their ratio to the bare tracer with the same events.

#![expect(clippy::print_stdout, reason = "the table is what the benchmark is for")]

use pluto_matchspec::{
    Form, Learner, Level, Otp, Sampling, Signature, Timing, compile, compile_with, parse, shape,
};
use pluto_term::{Limits, Reader, Term, encode, encode_bare};
use pluto_testnode::{Node, Release, releases};
use std::hint::black_box;
use std::time::Instant;

/// What is called, and how often in one round.
struct Case {
    name: &'static str,
    arity: u32,
    /// A tuple of arguments.
    arguments: &'static str,
    calls: u32,
    /// The ratio to bare that level `calls` may have.
    allowed: f64,
}

const fn case(name: &'static str, arity: u32, arguments: &'static str, allowed: f64) -> Case {
    Case { name, arity, arguments, calls: 1_500, allowed }
}

const CASES: [Case; 15] = [
    case("no argument", 0, "{}", 1.4),
    case("1 integer", 1, "{17}", 1.4),
    case("1 atom", 1, "{undefined}", 1.4),
    case("1 pid", 1, "{self()}", 1.4),
    case("1 binary", 1, "{<<\"order-4711\">>}", 1.4),
    case("2 integers", 2, "{17, 18}", 1.4),
    case("2 mixed scalars", 2, "{self(), <<\"order-4711\">>}", 1.4),
    case("6 mixed scalars", 6, "{17, ok, self(), <<\"order-4711\">>, 18, 2.5}", 2.0),
    case("6 integers", 6, "{1, 2, 3, 4, 5, 6}", 2.0),
    case("1 small map", 1, "{#{a => 1, b => 2}}", 3.0),
    case("1 tuple", 1, "{{order, 1, 2}}", 3.0),
    case("1 list", 1, "{[1, 2, 3]}", 3.0),
    case("handle_call", 3, "{{place_order, 17}, {self(), [alias | make_ref()]}, #{a => 1, b => 2}}", 3.0),
    case("6 composites", 6, "{{a, 1}, #{a => 1}, [1], <<1:1000>>, {1, 2}, #{}}", 3.0),
    Case { name: "45,000 words", arity: 1, arguments: "{lists:seq(1, 22500)}", calls: 50, allowed: 0.01 },
];

/// A way of tracing, and the way that sends the same events without a projection.
struct Way {
    name: &'static str,
    timing: Timing,
    bare_flags: &'static [&'static str],
    bare_spec: &'static str,
}

const WAYS: [Way; 3] = [
    Way { name: "calls", timing: Timing::Off, bare_flags: &["call"], bare_spec: "[]" },
    Way { name: "return_to", timing: Timing::ReturnTo, bare_flags: &["call", "return_to"], bare_spec: "[]" },
    Way {
        name: "return_trace",
        timing: Timing::ReturnTrace,
        bare_flags: &["call"],
        bare_spec: "[{'_', [], [{exception_trace}]}]",
    },
];

const ROUNDS: u32 = 80;

/// More than are looked at before something is learned.
const CALLS_TO_LEARN_FROM: u32 = 100;

// Tags of the external term format.
const LIST: u8 = 108;
const NIL: u8 = 106;

fn expression(term: &Term) -> String {
    let mut bytes = Vec::new();
    encode(term, &mut bytes);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("binary_to_term(binary:decode_hex(<<\"{digits}\">>))")
}

/// What is learned where a function is always called with these arguments.
fn learned(node: &mut Node, case: &Case) -> Vec<Signature> {
    let limits = Limits::default();
    let sent = node.eval_bytes(&format!("term_to_binary({}).", case.arguments));
    let (arguments, _) = pluto_term::decode(&sent, &limits).expect("a term");
    let mut shapes = vec![LIST];
    shapes.extend(case.arity.to_be_bytes());
    for argument in arguments.as_tuple().expect("a tuple") {
        let mut bytes = Vec::new();
        encode_bare(argument, &mut bytes);
        shape::shape_of(&mut Reader::new(&bytes, &limits), &mut shapes).expect("a term");
    }
    shapes.push(NIL);
    let mut learner = Learner::default();
    for _ in 0..CALLS_TO_LEARN_FROM {
        learner.watch(Form::Open, &shapes);
    }
    learner.signatures().to_vec()
}

/// The ways of tracing as `measure:run` takes them: untraced, then bare and ours in turn, as it is at first and with
/// what is learned.
fn ways(arity: u32, otp: Otp, signatures: &[Signature]) -> String {
    let pattern = parse("measure:f").expect("a pattern");
    let mut ways = vec!["untraced".to_owned()];
    for way in &WAYS {
        ways.push(format!("{{{}, [{}, monotonic_timestamp]}}", way.bare_spec, way.bare_flags.join(", ")));
        for signatures in [&[], signatures] {
            let compiled =
                compile_with(&[&pattern], arity, Level::Calls, way.timing, otp, Sampling::None, signatures)
                    .expect("compiles");
            let flags: Vec<String> =
                compiled.process_flags.atoms().iter().map(|flag| flag.as_str().to_owned()).collect();
            ways.push(format!("{{{}, [{}]}}", expression(&compiled.match_spec), flags.join(", ")));
        }
    }
    ways.join(", ")
}

fn measure(release: &Release) {
    let mut node = Node::start(release);
    node.load_module(include_str!("measure.erl"));
    println!("\nOTP {}, nanoseconds per call, least of {ROUNDS} rounds", release.otp());
    print!("{:<16} {:>8} {:>8}", "arguments", "untraced", "bare");
    for way in &WAYS {
        print!(" {:>20} {:>20}", way.name, "learned");
    }
    println!();
    for case in &CASES {
        let signatures = learned(&mut node, case);
        let expression = format!(
            "lists:join(32, [io_lib:format(\"~.1f\", [T]) || T <- measure:run({}, {}, [{}], {ROUNDS}, {})])",
            case.arity,
            case.arguments,
            ways(case.arity, Otp(release.otp()), &signatures),
            case.calls
        );
        let text = node.eval_bytes(&format!("iolist_to_binary({expression})."));
        let text = String::from_utf8(text).expect("numbers");
        let times: Vec<f64> = text.split(' ').map(|time| time.parse().expect("a number")).collect();
        print!("{:<16} {:>8.0} {:>8.0}", case.name, times[0], times[1]);
        for way in times[1..].chunks_exact(3) {
            let [bare, ours @ ..] = way else { continue };
            for time in ours {
                print!(" {:>10.0} ({:>7.3})", time, time / bare);
            }
        }
        let over = times[3] / times[1] > case.allowed;
        println!("{}", if over { format!("  calls is over {}", case.allowed) } else { String::new() });
    }
}

/// Nanoseconds that [`Projection::read`](pluto_matchspec::Projection::read) takes for what the node sends, the least
/// of several rounds.
fn reading() {
    let atom = Term::atom;
    let scalars =
        [Term::int(17), atom("ok"), Term::binary("order-4711"), Term::Float(2.5), Term::int(18), atom("b")];
    let slots = |size: Term, first: Term| [atom("false"), size, atom("EXIT"), first];
    let order = slots(Term::int(3), Term::tuple([atom("order")]));
    let composites = Term::tuple((0..6).flat_map(|_| order.clone()));
    let cases = [
        (1, "1 integer", Term::int(17)),
        (2, "2 integers", Term::int((17 << 29) + 18)),
        (6, "6 scalars", Term::tuple(scalars)),
        (6, "6 composites", composites),
    ];
    println!("\nreading, nanoseconds per event");
    for (arity, name, sent) in cases {
        let pattern = parse("measure:f").expect("a pattern");
        let compiled =
            compile(&pattern, arity, Level::Calls, Timing::Off, Otp(25), Sampling::None).expect("compiles");
        let (mut bytes, mut out) = (Vec::new(), Vec::new());
        encode_bare(&sent, &mut bytes);
        let round = |out: &mut Vec<u8>| {
            let start = Instant::now();
            for _ in 0..10_000 {
                out.clear();
                let mut reader = Reader::new(black_box(&bytes), &Limits::default());
                compiled.projection.read(&[], &mut reader, out).expect("a projection");
                black_box(&out);
            }
            start.elapsed().as_nanos() / 10_000
        };
        println!("{name:<16} {:>8}", (0..50).map(|_| round(&mut out)).min().unwrap_or_default());
    }
}

fn main() {
    reading();
    let wanted: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    for release in releases() {
        if wanted.is_empty() || wanted.contains(&release.otp()) {
            measure(&release);
        }
    }
}
