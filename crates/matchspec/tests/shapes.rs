//! Shapes as text, and what needs force.

use expect_test::expect;
use pluto_matchspec::{Risk, risks, shape};
use pluto_term::{Atom, Limits, PrintLimits, Reader, Reference, Syntax, Term, encode_bare};

fn encoded(term: &Term) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_bare(term, &mut bytes);
    bytes
}

fn shapes(arguments: &[Term]) -> Vec<u8> {
    let mut out = Vec::new();
    for argument in arguments {
        shape::shape_of(&mut Reader::new(&encoded(argument), &Limits::default()), &mut out).expect("a term");
    }
    let mut list = vec![108];
    list.extend((arguments.len() as u32).to_be_bytes());
    list.extend(out);
    list.push(106);
    list
}

fn arguments() -> Vec<Term> {
    let pairs = |n: i64| Term::map((0..n).map(|n| (Term::int(n), Term::int(n))));
    vec![
        Term::int(17),
        Term::Float(1.5),
        Term::atom("ok"),
        Term::atom("Odd one"),
        Term::binary("text"),
        Term::list([]),
        pairs(3),
        pairs(0),
        Term::tuple([Term::atom("order"), Term::int(1), Term::int(2), Term::int(3)]),
        Term::tuple([Term::atom("stop")]),
        Term::tuple([Term::int(1), Term::int(2)]),
        Term::tuple([]),
        Term::binary([b'x'; 120]),
        Term::list([Term::int(1)]),
        Term::bit_string(vec![1, 128], 1),
        Term::bit_string(vec![2], 7),
        Term::from(num_bigint::BigInt::from(1) << 64_u32),
    ]
}

#[test]
fn shapes_read_well_in_both_syntaxes() {
    let bytes = shapes(&arguments());
    let show =
        |syntax| shape::print_arguments(&bytes, syntax, &PrintLimits::default()).expect("shapes").join(", ");
    expect![[r#"17, 1.5, ok, 'Odd one', <<"text">>, [], #{…3}, #{}, {order,…/4}, {stop}, {…/2}, {}, <<…120 bytes>>, […], <<…1 byte>>, <<…under 1 byte>>, …"#]].assert_eq(&show(Syntax::Erlang));
    expect![[r#"17, 1.5, :ok, :"Odd one", "text", [], %{…3}, %{}, {:order, …/4}, {:stop}, {…/2}, {}, <<…120 bytes>>, […], <<…1 byte>>, <<…under 1 byte>>, …"#]].assert_eq(&show(Syntax::Elixir));
}

#[test]
fn shapes_of_messages_read_as_far_as_they_are_known() {
    let tuple = |shapes: Vec<Term>| Term::tuple([Term::atom("tuple"), Term::list(shapes)]);
    let reference = Term::Reference(Reference { node: Atom::new("n@host"), creation: 1, id: vec![4, 3, 2] });
    let tag = Term::tuple([Term::atom("alias"), reference]);
    let from = tuple(vec![Term::atom("caller"), tag.clone()]);
    let order =
        tuple(vec![Term::atom("place"), Term::int(17), Term::tuple([Term::atom("map"), Term::int(3)])]);
    let shapes = [
        tuple(vec![Term::atom("$gen_call"), from, order]),
        tuple(vec![tag, tuple(vec![Term::atom("ok"), Term::tuple([Term::atom("list")])])]),
        // Such a list of small integers is encoded as a string.
        tuple(vec![Term::int(104), Term::int(105)]),
        tuple(vec![]),
        tuple(vec![Term::int(1), Term::int(2), Term::int(3), Term::int(4)]),
        tuple(vec![tuple(vec![tuple(vec![tuple(vec![])])])]),
        Term::list([Term::int(17), Term::tuple([Term::atom("map"), Term::int(3)])]),
    ];
    let limits = PrintLimits { depth: 3, elements: 3, ..PrintLimits::default() };
    let show = |syntax| {
        let lines =
            shapes.iter().map(|shape| shape::print(&encoded(shape), syntax, &limits).expect("a shape"));
        lines.collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        {'$gen_call',{caller,[alias|#Ref<0.2.3.4>]},{place,17,#{…3}}}
        {[alias|#Ref<0.2.3.4>],{ok,[…]}}
        {104,105}
        {}
        {1,2,3,…/4}
        {{{{}}}}
        [17,#{…3}]"#]]
    .assert_eq(&show(Syntax::Erlang));
    expect![[r#"
        {:"$gen_call", {:caller, [:alias | #Reference<0.2.3.4>]}, {:place, 17, %{…3}}}
        {[:alias | #Reference<0.2.3.4>], {:ok, […]}}
        {104, 105}
        {}
        {1, 2, 3, …/4}
        {{{{}}}}
        [17, %{…3}]"#]]
    .assert_eq(&show(Syntax::Elixir));
}

#[test]
fn what_copies_state_needs_force() {
    let seen = shapes(&arguments());
    let wide = shapes(&[Term::tuple(vec![Term::int(1); 17]), Term::tuple(vec![Term::int(1); 16])]);
    let more = shapes(&[Term::map((0..100).map(|n| (Term::int(n), Term::int(n))))]);
    let risks = |name: &str, arity, behaviours: &[&str], seen: &[&[u8]]| {
        let behaviours: Vec<Atom> = behaviours.iter().map(|name| Atom::new(name)).collect();
        risks(&Atom::new(name), arity, &behaviours, seen.iter().copied())
    };
    assert_eq!(risks("handle_call", 3, &[], &[]), [Risk::Callback]);
    assert_eq!(risks("handle_call", 1, &[], &[]), []);
    assert_eq!(risks("init", 1, &[], &[]), []);
    assert_eq!(risks("init", 1, &["Elixir.GenServer"], &[]), [Risk::Callback]);
    assert_eq!(risks("waiting", 3, &["gen_statem"], &[]), [Risk::Callback]);
    assert_eq!(risks("waiting", 3, &["gen_server"], &[]), []);
    assert_eq!(
        risks("f", 16, &[], &[&seen]),
        [Risk::Map { argument: 7, keys: 3 }, Risk::Map { argument: 8, keys: 0 }, Risk::List { argument: 14 }]
    );
    assert_eq!(risks("f", 2, &[], &[&wide]), [Risk::WideTuple { argument: 1, size: 17 }]);
    let small = shapes(&[Term::map([(Term::int(1), Term::int(1))])]);
    assert_eq!(risks("f", 1, &[], &[&small, &more, b"garbage"]), [Risk::Map { argument: 1, keys: 100 }]);
}
