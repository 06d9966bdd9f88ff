//! What is learned from calls, and the clauses that are made of it.

use super::*;
use crate::projection::Form;
use crate::{Level, Otp, Sampling, Timing, compile, compile_with};
use expect_test::expect;
use pluto_term::{PrintLimits, Syntax, parse};

fn term(text: &str) -> Term {
    parse(text, Syntax::Erlang).unwrap()
}

/// Shapes of arguments in Erlang's spelling, as a projection writes them.
fn shapes(text: &str) -> Vec<u8> {
    let arguments = term(text);
    let arguments = arguments.as_list().unwrap();
    let mut bytes = Vec::new();
    shape::write_list_head(&mut bytes, arguments.len() as u32);
    for argument in arguments {
        pluto_term::encode_bare(argument, &mut bytes);
    }
    shape::write_nil(&mut bytes);
    bytes
}

/// What is learned from so many calls of each of these in turn.
fn watch(learner: &mut Learner, calls: usize, texts: &[&str]) {
    let all: Vec<Vec<u8>> = texts.iter().map(|text| shapes(text)).collect();
    for arguments in all.iter().cycle().take(calls) {
        learner.watch(Form::Open, arguments);
    }
}

fn learned(texts: &[&str]) -> Vec<Signature> {
    let mut learner = Learner::default();
    watch(&mut learner, 32, texts);
    learner.signatures().to_vec()
}

/// The clauses that a function has for what is learned, one a line.
fn clauses(signatures: &[Signature]) -> String {
    let pattern = crate::parse("m:f").unwrap();
    let Some(arity) = signatures.first().map(Signature::arity) else { return "nothing".to_owned() };
    let level = (Level::Calls, Timing::Off, Otp(25), Sampling::None);
    let with = compile_with(&[&pattern], arity, level.0, level.1, level.2, level.3, signatures).unwrap();
    let without = compile(&pattern, arity, level.0, level.1, level.2, level.3).unwrap();
    let (with, without) = (with.match_spec.as_list().unwrap(), without.match_spec);
    assert_eq!(with[signatures.len()..], *without.as_list().unwrap());
    let lines = with[..signatures.len()]
        .iter()
        .map(|clause| clause.display(Syntax::Erlang, &PrintLimits::NONE).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

fn check(texts: &[&str], expected: &expect_test::Expect) {
    expected.assert_eq(&clauses(&learned(texts)));
}

#[test]
fn clauses_test_for_what_was_seen_and_send_what_is_open() {
    check(&["[17]"], &expect!["{['$1'],[{'=:=',{'band','$1',-576460752303423488},0}],[{message,'$1'}]}"]);
    check(&["[undefined]"], &expect!["{[undefined],[],[{message,{const,{0,0}}}]}"]);
    check(&["[a]", "[true]"], &expect!["nothing"]);
    check(
        &["[<<\"x\">>]"],
        &expect!["{['$1'],[{is_binary,'$1'},{'<',{byte_size,'$1'},65}],[{message,'$1'}]}"],
    );
    check(&["[{map, 4}]"], &expect!["{['$1'],[{'=:=',{map_size,'$1'},4}],[{message,{const,{0,0}}}]}"]);
    check(
        &["[{map, 4}]", "[{map, 5}]"],
        &expect!["{['$1'],[{is_map,'$1'}],[{message,{{0,{map_size,'$1'}}}}]}"],
    );
    check(&["[{tuple, 4, order}]"], &expect!["{[{order,'_','_','_'}],[],[{message,{const,{0,0}}}]}"]);
    check(
        &["[{tuple, 4, '$1'}]"],
        &expect![
            "{['$1'],[{'=:=',{element,1,'$1'},{const,'$1'}},{'=:=',{size,'$1'},4}],[{message,{const,{0,0}}}]}"
        ],
    );
    check(
        &["[{tuple, 40, order}]"],
        &expect![
            "{['$1'],[{'=:=',{element,1,'$1'},order},{'=:=',{size,'$1'},40}],[{message,{const,{0,0}}}]}"
        ],
    );
    check(
        &["[{tuple, 4, order}]", "[{tuple, 2, stop}]"],
        &expect!["{['$1'],[{is_atom,{element,1,'$1'}}],[{message,{{0,{size,'$1'},{element,1,'$1'}}}}]}"],
    );
    check(
        &["[{tuple, 2}]"],
        &expect!["{[{'$2','_'}],[{'=:=',{is_atom,'$2'},false}],[{message,{const,{0,0}}}]}"],
    );
    check(&["[{list}]"], &expect!["{[['_'|'_']],[],[{message,{const,{0,0}}}]}"]);
    check(
        &["[{binary, 100}]"],
        &expect!["{['$1'],[{is_binary,'$1'},{'=:=',{byte_size,'$1'},100}],[{message,{const,{0,0}}}]}"],
    );
    check(&["[{binary, 8}]"], &expect!["nothing"]);
    check(&["[{other}]"], &expect!["nothing"]);
    check(
        &["[placed, 17]"],
        &expect!["{[placed,'$2'],[{'=:=',{'band','$2',-576460752303423488},0}],[{message,{'bnot','$2'}}]}"],
    );
    check(
        &["[placed, -17]"],
        &expect![
            "{[placed,'$2'],[{'=<','$2',576460752303423487},{'>=','$2',-576460752303423488}],[{message,{{0,'$2',0}}}]}"
        ],
    );
    check(
        &["[placed, a]", "[placed, b]"],
        &expect!["{[placed,'$2'],[{is_atom,'$2'}],[{message,{{0,'$2',0}}}]}"],
    );
    check(&["[1, 2]"], &expect!["nothing"]);
    check(
        &["[1, 2.5]"],
        &expect![
            "{['$1','$2'],[{is_float,'$2'},{'=:=',{'band','$1',-576460752303423488},0}],[{message,{{'$1','$2'}}}]}"
        ],
    );
    check(
        &["[17, placed, 18, <<\"x\">>, 2.5, []]"],
        &expect![
            "{['$1',placed,'$3','$4','$5',[]],[{is_binary,'$4'},{'<',{byte_size,'$4'},65},{is_float,'$5'},{'=:=',{'band',{'bor','$1','$3'},-576460752303423488},0}],[{message,{{0,'$1','$3','$4','$5'}}}]}"
        ],
    );
    check(
        &["[{tuple, 3, order}, {tuple, 2}, {map, 3}]", "[{tuple, 2, stop}, {tuple, 2}, {map, 3}]"],
        &expect![
            "{['$1',{'$5','_'},'$3'],[{is_atom,{element,1,'$1'}},{'=:=',{is_atom,'$5'},false},{'=:=',{map_size,'$3'},3}],[{message,{{0,{size,'$1'},{element,1,'$1'},0}}}]}"
        ],
    );
}

#[test]
fn what_was_fixed_and_changes_is_left_open_and_then_nothing_more_is_learned() {
    let mut learner = Learner::default();
    watch(&mut learner, 31, &["[placed, 1]"]);
    assert_eq!(learner.signatures(), []);
    // One that is under way while the node is told changes nothing.
    for (calls, texts) in
        [(500, ["[placed, 1]"]), (500, ["[sent, 1]"]), (500, ["[back, -1]"]), (500, ["[back, 1.5]"])]
    {
        watch(&mut learner, calls, &texts);
    }
    expect![[r#"
        {[placed,'$2'],[{'=:=',{'band','$2',-576460752303423488},0}],[{message,{'bnot','$2'}}]}
        {['$1','$2'],[{is_atom,'$1'},{'=<','$2',576460752303423487},{'>=','$2',-576460752303423488}],[{message,{{'$1','$2'}}}]}
        {[back,'$2'],[{is_float,'$2'}],[{message,{{2,'$2',0}}}]}"#]].assert_eq(&clauses(learner.signatures()));
    assert!(!learner.is_watching());
}

#[test]
fn too_few_of_a_kind_are_not_worth_a_clause() {
    let mut learner = Learner::default();
    watch(&mut learner, 5_000, &["[{map, 1}, 1]", "[{list}, 1]", "[a, 1]"]);
    assert_eq!(learner.signatures(), []);
    let mut learner = Learner::default();
    for n in 0..5_000 {
        let form = if n % 9 == 0 { Form::Open } else { Form::Direct };
        learner.watch(form, &shapes("[{map, 1}, 1]"));
    }
    assert_eq!(learner.signatures(), []);
}

#[test]
fn what_no_clause_sends_is_foreign() {
    let signatures = learned(&["[placed, {map, 3}]"]);
    let pattern = crate::parse("m:f").unwrap();
    let compiled = compile(&pattern, 2, Level::Calls, Timing::Off, Otp(25), Sampling::None).unwrap();
    for (sent, signatures) in [
        ("{0}", &[][..]),
        ("{1}", &signatures),
        ("{a}", &signatures),
        ("{0, 1, 2}", &signatures),
        ("-1", &signatures),
        ("a", &signatures),
    ] {
        let mut bytes = Vec::new();
        pluto_term::encode_bare(&term(sent), &mut bytes);
        let mut reader = Reader::new(&bytes, &pluto_term::Limits::default());
        let read = compiled.projection.read(signatures, &mut reader, &mut Vec::new());
        assert_eq!(read, Err(ProjectionError::Foreign), "{sent}");
    }
}

#[test]
fn conditions_samples_and_ends_go_with_every_clause() {
    let signatures = learned(&["[placed, {map, 3}]"]);
    let pattern = crate::parse("m:f(_, M) when map_size(M) > 2").unwrap();
    let sampling = Sampling::OneIn(3);
    let with =
        compile_with(&[&pattern], 2, Level::Calls, Timing::ReturnTrace, Otp(25), sampling, &signatures);
    let with = with.unwrap().match_spec;
    let without =
        compile(&pattern, 2, Level::Calls, Timing::ReturnTrace, Otp(25), sampling).unwrap().match_spec;
    let (with, without) = (with.as_list().unwrap(), without.as_list().unwrap());
    // Those of the condition and the sample come before it.
    assert_eq!([&with[..2], &with[3..]].concat(), *without);
    expect!["{[placed,'$2'],[{'=:=',{map_size,'$2'},3}],[{set_tcw,{'band',{'+',{'*',{get_tcw},37769685},1013904223},2147483647}},{exception_trace},{message,{const,{0}}}]}"].assert_eq(&with[2].display(Syntax::Erlang, &PrintLimits::NONE).to_string());
    let full = |signatures: &[Signature]| {
        compile_with(&[&pattern], 2, Level::Full, Timing::Off, Otp(25), sampling, signatures).unwrap()
    };
    assert_eq!(full(&signatures), full(&[]));
}
