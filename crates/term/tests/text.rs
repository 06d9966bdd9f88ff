//! Printing and parsing without a node: round trips, limits, errors.

use crate::generate::{self, Kinds};
use expect_test::{Expect, expect};
use pluto_term::{Atom, Fun, Pid, PrintLimits, Syntax, Term, parse};
use proptest::prelude::*;

fn whole(term: &Term, syntax: Syntax) -> String {
    term.display(syntax, &PrintLimits::NONE).to_string()
}

proptest! {
    #[test]
    fn erlang_text_reads_back(term in generate::term(Kinds { negative_zero: true, ..Kinds::default() })) {
        let text = whole(&term, Syntax::Erlang);
        prop_assert_eq!(parse(&text, Syntax::Erlang), Ok(term), "{}", text);
    }

    #[test]
    fn elixir_text_reads_back(term in generate::term(Kinds { negative_zero: true, ..Kinds::default() })) {
        let text = whole(&term, Syntax::Elixir);
        prop_assert_eq!(parse(&text, Syntax::Elixir), Ok(term), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_error(text in "\\PC{0,40}") {
        let _ = parse(&text, Syntax::Erlang);
        let _ = parse(&text, Syntax::Elixir);
    }

    #[test]
    fn limits_hold(term in generate::term(Kinds::ALL), total in 0_usize..60, depth in 0_usize..4, elements in 0_usize..4) {
        let limits = PrintLimits { depth, elements, text: 5, total };
        for syntax in [Syntax::Erlang, Syntax::Elixir] {
            prop_assert!(term.display(syntax, &limits).to_string().chars().count() <= total + 3);
        }
    }
}

#[test]
fn records_and_identifiers_read_back_in_erlang_syntax() {
    for text in [
        "#shop:order{id = 1,items = [\"a\"]}",
        "#shop:empty{}",
        "<0.123.4>",
        "#Port<0.7>",
        "#Ref<0.3.2.1>",
        "{<0.1.0>,fun lists:map/2}",
    ] {
        let term = parse(text, Syntax::Erlang).unwrap();
        assert_eq!(whole(&term, Syntax::Erlang), text);
    }
}

#[test]
fn identifiers_read_back_in_elixir_syntax() {
    for text in
        ["#PID<0.123.4>", "#Port<0.7>", "#Reference<0.3.2.1>", "{#PID<0.1.0>, &Enum.map/2, &:lists.map/2}"]
    {
        let term = parse(text, Syntax::Elixir).unwrap();
        assert_eq!(whole(&term, Syntax::Elixir), text);
    }
}

fn check_limits(erlang: &str, expected: &Expect) {
    let term = parse(erlang, Syntax::Erlang).unwrap();
    let limits = PrintLimits { depth: 2, elements: 3, text: 4, total: 60 };
    let lines =
        [Syntax::Erlang, Syntax::Elixir].map(|syntax| term.display(syntax, &limits).to_string() + "\n");
    expected.assert_eq(&lines.concat());
}

#[test]
fn what_is_left_out_shows_as_dots() {
    check_limits(
        "{1,[2,{3}],#{a => {b}}}",
        &expect![[r#"
        {1,[2,...],#{a => ...}}
        {1, [2, ...], %{a: ...}}
    "#]],
    );
    check_limits(
        "[a,b,c,d]",
        &expect![[r#"
            [a,b,c|...]
            [:a, :b, :c, ...]
        "#]],
    );
    check_limits(
        "[a,b,c|d]",
        &expect![[r#"
        [a,b,c|d]
        [:a, :b, :c | :d]
    "#]],
    );
    check_limits(
        "[a,b,c,d|e]",
        &expect![[r#"
            [a,b,c|...]
            [:a, :b, :c, ...]
        "#]],
    );
    check_limits(
        "{a,b,c,d}",
        &expect![[r#"
            {a,b,c,...}
            {:a, :b, :c, ...}
        "#]],
    );
    check_limits(
        "#{a => 1,b => 2,c => 3,d => 4}",
        &expect![[r#"
            #{a => 1,b => 2,c => 3,...}
            %{a: 1, b: 2, c: 3, ...}
        "#]],
    );
    check_limits(
        "[{a,1},{b,2},{c,3},{d,4}]",
        &expect![[r#"
            [{a,1},{b,2},{c,3}|...]
            [a: 1, b: 2, c: 3, ...]
        "#]],
    );
    check_limits(
        "#{'__struct__' => 'Elixir.Shop.Order',b => 2,c => 3,d => 4,e => 5}",
        &expect![[r#"
            #{'__struct__' => 'Elixir.Shop.Order',b => 2,c => 3,...}
            %Shop.Order{b: 2, c: 3, d: 4, ...}
        "#]],
    );
    check_limits(
        "\"abcdef\"",
        &expect![[r#"
        "abcd"...
        ~c"abcd" <> ...
    "#]],
    );
    check_limits(
        "<<\"abcdef\">>",
        &expect![[r#"
        <<"abcd"...>>
        "abcd" <> ...
    "#]],
    );
    check_limits(
        "<<1,2,3,4,5>>",
        &expect![[r#"
        <<1,2,3,4,...>>
        <<1, 2, 3, 4, ...>>
    "#]],
    );
    check_limits(
        "123456789012345678901234567890",
        &expect![[r#"
            16#C77487FB61B9F077...
            0xC77487FB61B9F077...
        "#]],
    );
    check_limits(
        "#r:pair{x = 1,y = {2,{3}},z = 3,w = 4}",
        &expect![[r#"
            #r:pair{x = 1,y = {2,...},z = 3,...}
            #Record<:r.pair{x: 1, y: {2, ...}, z: 3, ...}>
        "#]],
    );
    check_limits(
        "{aaaaaaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,cccccccccccccccccccc}",
        &expect![[r#"
        {aaaaaaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,ccccc...
        {:aaaaaaaaaaaaaaaaaaaa, :bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, :...
    "#]],
    );
}

#[test]
fn errors_say_where() {
    let mut report = String::new();
    for (syntax, text) in [
        (Syntax::Erlang, ""),
        (Syntax::Erlang, "{a,"),
        (Syntax::Erlang, "{a b}"),
        (Syntax::Erlang, "[a|b,c]"),
        (Syntax::Erlang, "{a,X}"),
        (Syntax::Erlang, "foo:bar(1)"),
        (Syntax::Erlang, "#Fun<erl_eval.42.3316493>"),
        (Syntax::Erlang, "99#1"),
        (Syntax::Erlang, "1.0e999"),
        (Syntax::Erlang, "\"\\xZZ\""),
        (Syntax::Erlang, "'abc"),
        (Syntax::Erlang, "<<256:99>>"),
        (Syntax::Erlang, "#{a => 1, b}"),
        (Syntax::Erlang, "#r:pair{1 = 2}"),
        (Syntax::Erlang, "a."),
        (Syntax::Erlang, "end"),
        (Syntax::Elixir, "%{a: 1, b}"),
        (Syntax::Elixir, "\"a#{x}\""),
        (Syntax::Elixir, "foo"),
        (Syntax::Elixir, "{:a, b: 1}"),
        (Syntax::Elixir, "#Function<42.3316493/1 in :erl_eval>"),
        (Syntax::Elixir, "[1, 2 | 3, 4]"),
        (Syntax::Elixir, "éé: 1"),
    ] {
        let error = parse(text, syntax).unwrap_err();
        report.push_str(&format!("{text:42} {error}\n"));
    }
    expect![[r#"
                                                   text ends before the term does at byte 0
        {a,                                        text ends before the term does at byte 3
        {a b}                                      unexpected 'b' at byte 3
        [a|b,c]                                    unexpected ',' at byte 4
        {a,X}                                      not a constant at byte 3
        foo:bar(1)                                 text after the term at byte 3
        #Fun<erl_eval.42.3316493>                  a local fun cannot be read from text at byte 0
        99#1                                       malformed number at byte 0
        1.0e999                                    malformed number at byte 0
        "\xZZ"                                     malformed escape at byte 3
        'abc                                       text ends before the term does at byte 4
        <<256:99>>                                 malformed segment of a binary at byte 2
        #{a => 1, b}                               unexpected '}' at byte 11
        #r:pair{1 = 2}                             unexpected '1' at byte 8
        a.                                         text after the term at byte 1
        end                                        not a constant at byte 0
        %{a: 1, b}                                 not a constant at byte 8
        "a#{x}"                                    not a constant at byte 2
        foo                                        not a constant at byte 0
        {:a, b: 1}                                 unexpected 'b' at byte 5
        #Function<42.3316493/1 in :erl_eval>       a local fun cannot be read from text at byte 0
        [1, 2 | 3, 4]                              unexpected ',' at byte 9
        éé: 1                                      unexpected 'é' at byte 0
    "#]]
    .assert_eq(&report);
}

#[test]
fn deep_text_is_refused() {
    for (syntax, open) in [(Syntax::Erlang, "{"), (Syntax::Erlang, "#{a=>"), (Syntax::Elixir, "[a: ")] {
        let error = parse(&open.repeat(1_000_000), syntax).unwrap_err();
        assert!(error.to_string().starts_with("nested deeper than 512"), "{error}");
    }
}

#[test]
fn a_local_fun_shows_its_place() {
    let pid = Pid { node: Atom::new("a@b"), id: 9, serial: 0, creation: 1 };
    let term = Term::from(Fun {
        module: Atom::new("Elixir.Shop"),
        arity: 2,
        uniq: [0; 16],
        index: 3,
        old_index: 3,
        old_uniq: 77,
        pid,
        free: vec![],
    });
    expect!["#Fun<'Elixir.Shop'.3.77>"].assert_eq(&whole(&term, Syntax::Erlang));
    expect!["#Function<3.77/2 in Shop>"].assert_eq(&whole(&term, Syntax::Elixir));
}
