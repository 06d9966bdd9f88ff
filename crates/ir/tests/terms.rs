//! Values of the BEAM: what programs make of them, and that conditions mean what the predicates of traces mean.

#[path = "support/lowered.rs"]
mod support;
#[path = "support/told.rs"]
mod told;
#[path = "support/ways.rs"]
mod ways;

use expect_test::expect;
use pluto_host::split_mix;
use pluto_ir::interpret::Limits;
use pluto_matchspec::{
    ArgumentPattern, Comparison, Condition, Literal, Pattern, Predicate, Requests, Spelling, TypeTest, Value,
};
use pluto_term::{Atom, Term};
use support::lowered;
use told::told;
use ways::each_way;

fn ran(text: &str) -> String {
    told(each_way(&lowered(text), Limits::default(), 0))
}

#[test]
fn terms_are_made_shown_and_looked_into() {
    expect![[r##"
        #{id => 7,total => 5} 5 2
        #{<<"total">> => 5} 50 1
        {a,1,[1,2,3]} 6 3
        {ok,true,7} 7 3
        {ok,false,7} -1 3
        {ok,false,700} -1 3
        [{1,<<"x">>},{2,<<"y">>}] 1003 2
        [] 1000 0
        3 234 -1
        1.75 15 -1
        none 0 -1
        <<"none">> 0 4
        #{<<"a">> => <<"b">>,<<"c">> => <<"d">>} 2 2
        <<"ab">> -2 2
        [true,false] -1 2
        'with space' -1 -1
        [1,two,<<"three">>,4.0,[5],{6,#{7 => 8}}] -1 6
        -12 -1 -1
        <<"ä\n"/utf8>> -3 3
        <<1>> -1 1
        true
        true
        ["id", "total"]
        5 4 6
        true
        -4 -6 20 2 4 7
        29 14 1 30     5|
        false true true true
        a large one
        1 [two,<<"three">>,4.0,[5],{6,#{7 => 8}}] 5 two nothing
    "##]]
    .assert_eq(&ran(include_str!("terms.pluto")));
}

#[test]
fn what_fails_is_a_trap_where_nothing_compares_it() {
    let mut told = String::new();
    for what in [
        "let t: term = :a\n print(t.size() ?? -1)\n print(t.name)",
        "let t: term = [1]\n print(t[1])",
        "let t: term = 9223372036854775807\n print(t + 1)",
        "let t: term = 1\n print(t / 0)",
        "let mut t: term = \"x\"\n t += 1",
        "let t: term = 1\n print(t << 64)",
        "let t: term = (1, 2)\n print(t as int)",
        "let t: term = 300\n print(t as byte)",
        "print((0.0 / 0.0) as term)",
    ] {
        told.push_str(&ran(&format!("fn main() {{\n {what}\n}}\n")));
    }
    expect![[r#"
        -1
        trap: a value of the BEAM that has no such part, or is not of the kind that this needs
        trap: a value of the BEAM that has no such part, or is not of the kind that this needs
        trap: a value of the BEAM that has no such part, or is not of the kind that this needs
        trap: a value of the BEAM that has no such part, or is not of the kind that this needs
        trap: a value of the BEAM that has no such part, or is not of the kind that this needs
        trap: a value of the BEAM that has no such part, or is not of the kind that this needs
        trap: a conversion that would lose something
        trap: a conversion that would lose something
        trap: a conversion that would lose something
    "#]]
    .assert_eq(&told);
}

/// Random conditions on two terms, as Pluto writes them and as the patterns of traces have them.
struct Conditions {
    state: u64,
}

const ATOMS: [&str; 3] = ["a", "b", "true"];
const TEXTS: [&str; 3] = ["", "a", "b"];
const FLOATS: [f64; 3] = [1.0, 2.5, -0.5];
const INTS: [i64; 5] = [0, 1, 2, 3, i64::MAX];

impl Conditions {
    fn draw<T: Clone>(&mut self, from: &[T]) -> T {
        let at = split_mix(&mut self.state) % from.len() as u64;
        from[at as usize].clone()
    }

    fn below(&mut self, end: u64) -> u64 {
        self.draw(&(0..end).collect::<Vec<u64>>())
    }

    fn literal(&mut self) -> (String, Literal) {
        match self.below(6) {
            0 => {
                let atom = self.draw(&ATOMS);
                (format!(":{atom}"), Literal::Atom(Atom::new(atom)))
            }
            1 => {
                let text = self.draw(&TEXTS);
                (format!("{text:?}"), Literal::String(text.to_owned()))
            }
            2 => {
                let value = self.draw(&FLOATS);
                (format!("({value:?})"), Literal::Float(value))
            }
            _ => {
                let value = self.draw(&INTS);
                (format!("({value})"), Literal::Integer(value))
            }
        }
    }

    fn value(&mut self, depth: u32) -> (String, Value) {
        let name = self.draw(&["x", "y"]);
        match if depth == 0 { self.below(4) } else { self.below(7) } {
            0 => {
                let (text, literal) = self.literal();
                // A literal by itself is no term.
                (format!("({text} as term)"), Value::Literal(literal))
            }
            1..4 => (name.to_owned(), Value::Variable(name.to_owned())),
            4 => {
                let (of, value) = self.value(0);
                let at = self.below(3) as u32;
                (format!("{of}[{at}]"), Value::Element(at + 1, Box::new(value)))
            }
            5 => {
                let (of, value) = self.value(0);
                (format!("{of}.a"), Value::Get(Literal::Atom(Atom::new("a")), Box::new(value)))
            }
            _ => {
                use pluto_matchspec::Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
                let (left, right) = (self.value(depth - 1), self.value(depth - 1));
                let (sign, op) = self.draw(&[
                    ("+", Add),
                    ("-", Subtract),
                    ("*", Multiply),
                    ("/", Divide),
                    ("%", Remainder),
                ]);
                let value = Value::Arithmetic(op, Box::new(left.1), Box::new(right.1));
                (format!("({} {sign} {})", left.0, right.0), value)
            }
        }
    }

    fn condition(&mut self, depth: u32) -> (String, Condition) {
        match if depth == 0 { self.below(2) } else { self.below(6) } {
            0 => {
                let (of, value) = self.value(1);
                let (name, test) = self.draw(&[("int", TypeTest::Integer), ("float", TypeTest::Float)]);
                // A name would be known to be of the kind in what follows.
                let of = if of.len() == 1 { format!("{of}.copy()") } else { format!("({of} + 0)") };
                let value = match value {
                    variable @ Value::Variable(_) => variable,
                    other => {
                        let zero = Box::new(Value::Literal(Literal::Integer(0)));
                        Value::Arithmetic(pluto_matchspec::Arithmetic::Add, Box::new(other), zero)
                    }
                };
                (format!("{of} is {name}"), Condition::Is(test, value))
            }
            1 | 2 => {
                let (left, mut right) = (self.value(1), self.value(1));
                while left.0.len() == 1 && right.0.len() == 1 {
                    // A node is not asked to compare tuples and maps, which is done here.
                    right = self.value(1);
                }
                let (sign, of) = self.draw(&[
                    ("==", Comparison::Equal),
                    ("!=", Comparison::NotEqual),
                    ("<", Comparison::Less),
                    ("<=", Comparison::LessOrEqual),
                    (">", Comparison::Greater),
                    (">=", Comparison::GreaterOrEqual),
                ]);
                (format!("{} {sign} {}", left.0, right.0), Condition::Compare(of, left.1, right.1))
            }
            3 => {
                let (text, of) = self.condition(depth - 1);
                (format!("(not ({text}))"), Condition::Not(Box::new(of)))
            }
            join => {
                let (left, right) = (self.condition(depth - 1), self.condition(depth - 1));
                let (l, r) = (Box::new(left.1), Box::new(right.1));
                let (word, of) = match join {
                    4 => ("and", Condition::And(l, r)),
                    _ => ("or", Condition::Or(l, r)),
                };
                (format!("(({}) {word} ({}))", left.0, right.0), of)
            }
        }
    }
}

/// A call with two arguments of which a condition speaks.
fn pattern(condition: Condition) -> Pattern {
    let variable = |name: &str| ArgumentPattern::Variable(name.to_owned());
    Pattern {
        module: Atom::new("m"),
        function: Some(Atom::new("f")),
        arity: Some(2),
        arguments: Some(vec![variable("x"), variable("y")]),
        condition: Some(condition),
        requests: Requests::default(),
        spelling: Spelling::Erlang,
    }
}

/// A condition holds of terms where the predicate of the same pattern does, whose meaning is that of a guard in the VM.
#[test]
fn conditions_mean_what_predicates_of_traces_mean() {
    let mut conditions = Conditions { state: 7 };
    let arguments: Vec<(&str, Term)> = vec![
        ("0", Term::Integer(0)),
        ("1", Term::Integer(1)),
        ("3", Term::Integer(3)),
        ("2", Term::Integer(2)),
        ("2.5", Term::Float(2.5)),
        (":a", Term::atom("a")),
        ("true", Term::atom("true")),
        ("\"a\"", Term::binary("a")),
        ("(1, :b)", Term::tuple([Term::Integer(1), Term::atom("b")])),
        ("[:a: 3]", Term::map([(Term::atom("a"), Term::Integer(3))])),
    ];
    let (mut text, mut wanted, mut asked) = (String::new(), Vec::new(), String::new());
    let mut held = 0;
    for at in 0..300 {
        let (condition, of) = conditions.condition(3);
        text.push_str(&format!("fn c{at}(x: term, y: term) bool {{ {condition} }}\n"));
        let predicate = Predicate::of(&pattern(of)).expect("it asks something");
        for _ in 0..8 {
            let ((x, first), (y, second)) = (conditions.draw(&arguments), conditions.draw(&arguments));
            asked.push_str(&format!("    print(c{at}({x}, {y}))\n"));
            let holds = predicate.holds(&[first, second]);
            held += u32::from(holds);
            wanted.push((holds.to_string(), format!("x = {x}, y = {y}: {condition}")));
        }
    }
    assert!((300..2_100).contains(&held), "both happen: {held} of 2400 hold");
    let found = ran(&format!("{text}\nfn main() {{\n{asked}}}\n"));
    let found: Vec<&str> = found.lines().collect();
    assert_eq!(found.len(), wanted.len());
    let differ = found.iter().zip(&wanted).filter(|(found, (wanted, _))| *found != wanted);
    assert_eq!(differ.collect::<Vec<_>>(), []);
}
