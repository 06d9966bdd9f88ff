//! Cases by hand, each as the patterns and all that is said about them.

use super::universe::{Def, P, Universe, look, print};
use crate::exhaustive::Limits;

/// The types of the cases.
struct Types {
    universe: Universe,
    bool: usize,
    int: usize,
    byte: usize,
    maybe: usize,
    pair: usize,
    shape: usize,
    bools: usize,
    text: usize,
    term: usize,
    map: usize,
    never: usize,
    list: usize,
}

fn types() -> Types {
    let mut universe = Universe::default();
    let bool = universe.closed(&[("false", &[]), ("true", &[])]);
    let int = universe.add(Def::Ints(i64::MIN, i64::MAX));
    let byte = universe.add(Def::Ints(0, 255));
    let maybe = universe.closed(&[("none", &[]), ("some", &[bool])]);
    let pair = universe.closed(&[("", &[bool, maybe])]);
    let shape = universe.closed(&[("Circle", &[int]), ("Rect", &[int, int]), ("Empty", &[]), ("Dot", &[])]);
    let bools = universe.add(Def::Array(bool));
    let text = universe.add(Def::Open(Vec::new()));
    let term = universe.add(Def::Open(Vec::new()));
    universe.types[term] = Def::Open(vec![vec![int], vec![text], vec![term, term]]);
    let map = universe.add(Def::Keyed(bool));
    let never = universe.closed(&[]);
    let list = universe.closed(&[("Nil", &[]), ("Cons", &[bool, usize::MAX])]);
    let Def::Closed(variants) = &mut universe.types[list] else { panic!() };
    variants[1].1[1] = list;
    Types { universe, bool, int, byte, maybe, pair, shape, bools, text, term, map, never, list }
}

/// Compares all that is said about a `match` with these arms.
fn is(universe: &Universe, ty: usize, arms: &[P], expected: &str) {
    let arms: Vec<_> = arms.iter().map(|p| (p.clone(), false)).collect();
    guarded(universe, ty, &arms, expected);
}

fn guarded(universe: &Universe, ty: usize, arms: &[(P, bool)], expected: &str) {
    let (report, alternatives) = look(universe, ty, arms, Limits::default()).unwrap();
    let missing: Vec<_> = report.missing.iter().map(|witness| print(universe, witness)).collect();
    let mut said = Vec::new();
    if !missing.is_empty() {
        let more = if report.more_missing { " and more" } else { "" };
        said.push(format!("missing {}{more}", missing.join(" | ")));
    }
    said.extend(report.unreachable_arms.iter().map(|arm| format!("arm {arm}")));
    said.extend(alternatives.iter().map(|alternative| format!("alternative {alternative}")));
    assert_eq!(said.join("; "), expected, "{arms:?}");
}

fn any() -> P {
    P::Any
}

fn v<const N: usize>(index: u32, parts: [P; N]) -> P {
    P::V(index, parts.into())
}

fn i(value: i64) -> P {
    P::I(value, value)
}

fn l<const N: usize>(label: u64, parts: [P; N]) -> P {
    P::L(label, parts.into())
}

fn or<const N: usize>(parts: [P; N]) -> P {
    P::Or(parts.into())
}

/// `[before, ..after]`
fn rest<const N: usize, const M: usize>(before: [P; N], after: [P; M]) -> P {
    P::A(before.into(), Some(after.into()))
}

fn fixed<const N: usize>(before: [P; N]) -> P {
    P::A(before.into(), None)
}

const NO: u32 = 0;
const YES: u32 = 1;
const SOME: u32 = 1;

#[test]
fn bools_and_optionals() {
    let Types { universe: u, bool, maybe, pair, never, .. } = &types();
    is(u, *bool, &[], "missing _");
    is(u, *bool, &[v(YES, [])], "missing false");
    is(u, *bool, &[v(YES, []), v(NO, [])], "");
    is(u, *bool, &[v(YES, []), v(YES, []), any(), any()], "arm 1; arm 3");
    is(u, *maybe, &[v(SOME, [v(YES, [])])], "missing some(false) | none");
    is(u, *maybe, &[v(0, []), v(SOME, [])], "");
    is(u, *pair, &[v(0, [v(YES, []), any()]), v(0, [any(), v(0, [])])], "missing (false, some(_))");
    is(u, *never, &[], "");
    is(u, *never, &[any()], "arm 0");
}

#[test]
fn enums() {
    let Types { universe: u, shape, list, .. } = &types();
    is(u, *shape, &[v(2, [])], "missing Circle(_) | Rect(_, _) | Dot");
    is(
        u,
        *shape,
        &[v(0, [i(1)]), v(3, []), v(2, [])],
        "missing Circle(-9223372036854775808..=0) | Circle(2..=9223372036854775807) | Rect(_, _)",
    );
    is(u, *shape, &[or([v(0, []), v(1, [])]), or([v(2, []), v(3, []), v(2, [])])], "alternative 4");
    is(u, *shape, &[v(0, []), or([v(0, []), v(0, [i(1)])]), any()], "arm 1");
    let long = v(1, [any(), v(1, [v(YES, []), v(1, [])])]);
    is(
        u,
        *list,
        &[v(0, []), long],
        "missing Cons(_, Cons(true, Nil)) | Cons(_, Cons(false, _)) | Cons(_, Nil)",
    );
}

#[test]
fn guards_never_count() {
    let Types { universe: u, bool, .. } = &types();
    guarded(u, *bool, &[(any(), true)], "missing _");
    guarded(u, *bool, &[(v(YES, []), true), (v(YES, []), false), (v(NO, []), true)], "missing false");
    guarded(u, *bool, &[(any(), false), (any(), true)], "arm 1");
}

#[test]
fn integers_are_cut_into_pieces() {
    let Types { universe: u, int, byte, .. } = &types();
    is(u, *int, &[i(0)], "missing -9223372036854775808..=-1 | 1..=9223372036854775807");
    is(u, *int, &[P::I(i64::MIN, 0), P::I(1, i64::MAX)], "");
    is(u, *int, &[P::I(i64::MIN, -1), P::I(1, i64::MAX)], "missing 0");
    is(u, *int, &[P::I(i64::MIN, i64::MAX), i(i64::MIN)], "arm 1");
    is(u, *int, &[P::I(0, 9), P::I(5, 15), P::I(3, 12), any()], "arm 2");
    is(u, *int, &[P::I(9, 0), any()], "arm 0");
    is(u, *byte, &[P::I(0, 99), P::I(100, 254)], "missing 255");
    is(u, *byte, &[P::I(-5, 300)], "");
    is(u, *byte, &[P::I(256, 300), any()], "arm 0");
    let odd: Vec<P> = (0..20).map(|n| i(2 * n)).collect();
    is(u, *byte, &odd, "missing 1 | 3 | 5 | 7 | 9 | 11 | 13 | 15 and more");
}

#[test]
fn what_is_open_needs_an_arm_for_the_rest() {
    let Types { universe: u, text, term, .. } = &types();
    is(u, *text, &[l(0, []), l(1, [])], "missing _");
    is(u, *text, &[l(0, []), l(1, []), l(0, []), any(), l(7, [])], "arm 2; arm 4");
    let reply = |tag, value| l(2, [l(1, [l(tag, [])]), value]);
    is(
        u,
        *term,
        &[reply(0, l(0, [any()])), reply(1, any())],
        "missing :2(:1(:0), _) | :2(:1(_), _) | :2(_, _) | _",
    );
    is(u, *term, &[l(0, [any()]), l(0, [i(3)]), any()], "arm 1");
}

#[test]
fn arrays_with_a_rest_anywhere() {
    let Types { universe: u, bools, .. } = &types();
    let (yes, no) = (|| v(YES, []), || v(NO, []));
    is(u, *bools, &[fixed([])], "missing [_, ..]");
    is(u, *bools, &[fixed([]), rest([any()], [])], "");
    is(u, *bools, &[rest([], [])], "");
    is(u, *bools, &[rest([yes()], []), rest([], [yes()])], "missing [false] | [false, .., false] | []");
    is(
        u,
        *bools,
        &[rest([yes()], [no()]), fixed([]), fixed([any()])],
        "missing [true, .., true] | [false, .., _]",
    );
    is(u, *bools, &[rest([any(), any()], []), rest([any()], []), fixed([any()]), any()], "arm 2");
    is(u, *bools, &[fixed([yes(), yes()]), rest([any()], [any()])], "missing [] | [_]");
    is(u, *bools, &[fixed([]), fixed([any()]), rest([], [any(), any()])], "");
}

#[test]
fn maps_are_told_apart_by_the_keys_of_the_arms() {
    let Types { universe: u, map, .. } = &types();
    let k = |entries: &[(u64, P)]| P::K(entries.to_vec());
    is(u, *map, &[k(&[])], "");
    is(u, *map, &[k(&[(1, any())]), any()], "");
    is(u, *map, &[k(&[(1, any())]), k(&[(2, any()), (1, v(YES, []))]), any()], "arm 1");
    is(u, *map, &[k(&[(1, v(YES, []))])], "missing {1: has false} | {1: absent}");
    is(u, *map, &[k(&[(1, any())]), k(&[(2, any())])], "missing {1: absent, 2: absent}");
}

#[test]
fn only_the_outermost_alternative_is_named() {
    let Types { universe: u, pair, .. } = &types();
    let (yes, no) = (|| v(YES, []), || v(NO, []));
    let inner = v(0, [or([yes(), no()]), any()]);
    is(u, *pair, &[v(0, [yes(), any()]), or([inner, v(0, [yes(), any()])])], "alternative 1; alternative 3");
    is(u, *pair, &[v(0, [or([yes(), any(), no()]), any()])], "alternative 2");
}

#[test]
fn what_grows_without_bound_is_given_up() {
    // Each row says two columns, in the worst way: there are 2^40 cases and no row decides most of them.
    let mut universe = Universe::default();
    let bool = universe.closed(&[("false", &[]), ("true", &[])]);
    let wide = universe.closed(&[("", &[bool; 40])]);
    let arms: Vec<(P, bool)> = (0..40)
        .flat_map(|at| [(at, at, YES), (at, (at + 7) % 40, NO)])
        .map(|(a, b, value)| {
            let parts = (0..40).map(|n| if n == a || n == b { v(value, []) } else { any() });
            (P::V(0, parts.collect()), true)
        })
        .collect();
    assert!(look(&universe, wide, &arms, Limits::default()).is_none());

    let ranges: Vec<(P, bool)> = (0..5_000).map(|n| (P::I(n, 20_000 - n), true)).collect();
    let int = universe.add(Def::Ints(0, 20_000));
    assert!(look(&universe, int, &ranges, Limits::default()).is_none());
}

#[test]
fn what_is_too_much_to_list_is_still_decided() {
    let mut universe = Universe::default();
    let suit = universe.closed(&[("Hearts", &[]), ("Clubs", &[]), ("Spades", &[])]);
    let wide = universe.closed(&[("", &[suit; 24])]);
    let mut arms: Vec<P> = (0..24)
        .map(|at| P::V(0, (0..24).map(|n| if n == at { v(0, []) } else { any() }).collect()))
        .collect();
    let arm = |arms: &[P]| -> Vec<(P, bool)> { arms.iter().map(|p| (p.clone(), false)).collect() };
    let (report, _) = look(&universe, wide, &arm(&arms), Limits::default()).unwrap();
    assert!(!report.missing.is_empty() && report.more_missing);
    assert_eq!(report.unreachable_arms, [0; 0]);
    arms.extend([any(), any()]);
    let (report, _) = look(&universe, wide, &arm(&arms), Limits::default()).unwrap();
    assert_eq!((report.missing.len(), report.unreachable_arms), (0, vec![25]));
}

#[test]
fn many_arms_and_long_patterns_are_not_too_much() {
    let Types { universe: u, text, shape, bools, .. } = &types();
    let mut arms: Vec<P> = (0..50_000).map(|label| l(label, [])).collect();
    arms.push(any());
    is(u, *text, &arms, "");
    let deep = (0..5_000).fold(v(2, []), |inner, _| or([inner, v(3, [])]));
    let (report, alternatives) = look(u, *shape, &[(deep, true)], Limits::default()).unwrap();
    assert_eq!((report.unreachable_arms.len(), alternatives.len()), (0, 0));
    let long = fixed([(); 600].map(|()| v(YES, [])));
    is(u, *bools, &[long, any()], "");
}
