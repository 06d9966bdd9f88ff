//! Patterns and terms for property tests: small ranges, so that conditions are true about as often as not.

use pluto_matchspec::{
    ArgumentPattern, Arithmetic, Comparison, Condition, Literal, Pattern, Requests, SizeOf, Spelling,
    TypeTest, Value,
};
use pluto_term::Atom;
use proptest::prelude::*;
use proptest::sample::select;

fn atom() -> impl Strategy<Value = Atom> {
    let names = [
        "ok",
        "error",
        "true",
        "false",
        "undefined",
        "nil",
        "_",
        "$1",
        "$$",
        "not",
        "when",
        "Quoted atom",
        "it's",
        "Elixir.MyApp.Orders",
        "Elixir.lower",
        "äöü",
        "name@host",
        "valid?",
        "",
        "\n\u{7}",
    ];
    select(names.to_vec()).prop_map(Atom::new)
}

pub(crate) fn integer() -> impl Strategy<Value = i64> {
    let edges =
        vec![0, 1, -1, 2, 3, 10, 255, 1 << 59, -(1 << 59), i64::MAX, i64::MAX - 1, i64::MIN, i64::MIN + 1];
    prop_oneof![select(edges), -4_i64..12]
}

pub(crate) fn float() -> impl Strategy<Value = f64> {
    select(vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        2.5,
        10.0,
        1e300,
        -1e300,
        9_007_199_254_740_993.0,
        9.223_372_036_854_776e18,
    ])
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        4 => integer().prop_map(Literal::Integer),
        1 => float().prop_map(Literal::Float),
        3 => atom().prop_map(Literal::Atom),
        2 => select(vec!["", "a", "ok", "say \"hi\"\\", "žluťoučký\t", "\u{0}"])
            .prop_map(|text| Literal::String(text.to_owned())),
        1 => Just(Literal::Nil),
    ]
}

fn argument(names: Vec<String>) -> impl Strategy<Value = ArgumentPattern> {
    let leaf = prop_oneof![
        1 => Just(ArgumentPattern::Any),
        6 => select(names).prop_map(ArgumentPattern::Variable),
        1 => literal().prop_map(ArgumentPattern::Literal),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(ArgumentPattern::Tuple))
}

fn variables(arguments: &[ArgumentPattern]) -> Vec<String> {
    let mut names = Vec::new();
    for argument in arguments {
        match argument {
            ArgumentPattern::Variable(name) => names.push(name.clone()),
            ArgumentPattern::Tuple(elements) => names.extend(variables(elements)),
            ArgumentPattern::Any | ArgumentPattern::Literal(_) => {}
        }
    }
    names
}

/// A value that depends on the arguments.
fn open_value(names: Vec<String>) -> impl Strategy<Value = Value> + Clone {
    let leaf = select(names).prop_map(Value::Variable);
    leaf.prop_recursive(3, 8, 2, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let sizes = select(vec![SizeOf::Tuple, SizeOf::Map, SizeOf::Binary]);
        let operations = select(vec![
            Arithmetic::Add,
            Arithmetic::Subtract,
            Arithmetic::Multiply,
            Arithmetic::Divide,
            Arithmetic::Remainder,
        ]);
        let operand = prop_oneof![inner, integer().prop_map(|n| Value::Literal(Literal::Integer(n)))];
        prop_oneof![
            (1_u32..4, boxed.clone()).prop_map(|(index, of)| Value::Element(index, of)),
            boxed.clone().prop_map(Value::Head),
            (sizes, boxed.clone()).prop_map(|(size, of)| Value::Size(size, of)),
            (literal(), boxed.clone()).prop_map(|(key, of)| Value::Get(key, of)),
            (operations, boxed, operand, any::<bool>()).prop_map(|(operation, open, other, swap)| {
                let (left, right) = if swap { (Box::new(other), open) } else { (open, Box::new(other)) };
                Value::Arithmetic(operation, left, right)
            }),
        ]
    })
}

fn condition(names: Vec<String>) -> impl Strategy<Value = Condition> {
    let comparison = select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let open = open_value(names);
    let other = prop_oneof![2 => literal().prop_map(Value::Literal), 1 => open.clone()];
    let holds = open.clone().prop_filter("a truth", |value| {
        matches!(value, Value::Variable(_) | Value::Element(..) | Value::Head(_) | Value::Get(..))
    });
    let leaf = prop_oneof![
        6 => (comparison, open.clone(), other, any::<bool>()).prop_map(|(comparison, open, other, swap)| {
            let (left, right) = if swap { (other, open) } else { (open, other) };
            Condition::Compare(comparison, left, right)
        }),
        2 => (select(TypeTest::ALL.to_vec()), open).prop_map(|(test, value)| Condition::Is(test, value)),
        1 => holds.prop_map(Condition::Holds),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let boxed = inner.prop_map(Box::new);
        prop_oneof![
            (boxed.clone(), boxed.clone()).prop_map(|(left, right)| Condition::And(left, right)),
            (boxed.clone(), boxed.clone()).prop_map(|(left, right)| Condition::Or(left, right)),
            boxed.prop_map(Condition::Not),
        ]
    })
}

/// A pattern with arguments and mostly with a condition, as the parser could have given it.
pub(crate) fn pattern() -> impl Strategy<Value = Pattern> {
    let spelling = select(vec![Spelling::Erlang, Spelling::Elixir]);
    let requests = any::<[bool; 2]>().prop_map(|[returns, time]| Requests { returns, time });
    spelling
        .prop_flat_map(|spelling| {
            let names = match spelling {
                Spelling::Elixir => ["x", "_rest", "total_2", "a", "b", "c", "d", "é"],
                Spelling::Erlang | Spelling::Recon => ["X", "_Rest", "Total2", "A", "B", "C", "D", "É"],
            };
            let names: Vec<String> = names.map(str::to_owned).to_vec();
            prop::collection::vec(argument(names), 0..4).prop_flat_map(move |arguments| {
                let names = variables(&arguments);
                let condition = if names.is_empty() {
                    Just(None).boxed()
                } else {
                    prop::option::weighted(0.9, condition(names)).boxed()
                };
                (Just(arguments), condition, Just(spelling))
            })
        })
        .prop_flat_map(move |parts| {
            (Just(parts), requests.clone(), module(), prop::option::weighted(0.9, atom()))
        })
        .prop_map(|((arguments, condition, spelling), requests, module, function)| {
            let function = function.filter(|function| function.as_str() != "_");
            let arguments = function.is_some().then_some(arguments);
            Pattern {
                module,
                condition: condition.filter(|_| arguments.is_some()),
                arity: arguments.as_ref().map(|arguments| arguments.len() as u32),
                arguments,
                function,
                requests,
                spelling,
            }
        })
}

fn module() -> impl Strategy<Value = Atom> {
    select(vec!["shop", "Elixir.MyApp.Orders", "Odd name", "when"]).prop_map(Atom::new)
}
