//! The suite itself: what is wrong in a chapter is seen.

use expect_test::{Expect, expect};
use pluto_testcompiler::{TestCompiler, run};

/// Compares what fails in a chapter, and the chapter as it would be written.
fn check(chapter: &str, failures: &Expect, updated: Option<&Expect>) {
    let outcome = run(chapter);
    let shown: String =
        outcome.failures.iter().map(|failure| format!("{}: {}\n", failure.line, failure.what)).collect();
    failures.assert_eq(&shown);
    match updated {
        Some(updated) => updated.assert_eq(&outcome.updated),
        None => assert_eq!(outcome.updated, chapter),
    }
}

#[test]
fn a_right_chapter_has_no_failures_and_stays_as_it_is() {
    check(
        "# One\n\nText.\n\n```pluto body syntax\nlet a = true && false\n//           ^^ error[E0007]: `&&` is written `and`\n```\n\n\
         ```sh\npluto run\n```\n\n```pluto\nfn f() {}\n```\nEnd.\n",
        &expect![""],
        None,
    );
}

#[test]
fn a_wrong_expectation_fails_whatever_is_wrong_about_it() {
    let block =
        |comment: &str| format!("```pluto body syntax\nlet a = true && false\n{comment}\nlet d = 1\n```\n");
    let right = "//           ^^ error[E0007]: `&&` is written `and`";
    assert_eq!(run(&block(right)).failures, []);
    for wrong in [
        "//           ^^ error[E0008]: `&&` is written `and`",
        "//           ^^ warning[E0007]: `&&` is written `and`",
        "//           ^^ error[E0007]: `&&` is written `or`",
        "//          ^^ error[E0007]: `&&` is written `and`",
        "//           ^^^ error[E0007]: `&&` is written `and`",
        "//           ^ to +1:2 error[E0007]: `&&` is written `and`",
        "// error[E0007]: `&&` is written `and`",
        "//           ^^ error[E0007]: `&&` is written `and`\n//           ^^ error[E0007]: `&&` is written `and`",
        "",
    ] {
        let outcome = run(&block(wrong));
        assert!(!outcome.failures.is_empty(), "{wrong}");
        assert_eq!(outcome.updated.matches(right).count(), 1, "{wrong}");
    }
}

#[test]
fn what_is_found_is_written_into_the_chapter() {
    check(
        "```pluto syntax\nfn f() {\n    let a = 1;\n    // ^ error[E0001]: something else\n    let b = 2\n}\n\nlet c = 1\n```\n",
        &expect![[r#"
            3: expected, not found: //     ^ error[E0001]: something else
            3: found, not expected: //           ^ error[E0008]: a statement ends with its line, not with `;`
            8: found, not expected: // column 1 ^^^ error[E0109]: `let` is `const` in Pluto
        "#]],
        Some(&expect![[r#"
            ```pluto syntax
            fn f() {
                let a = 1;
            //           ^ error[E0008]: a statement ends with its line, not with `;`
                let b = 2
            }

            let c = 1
            // column 1 ^^^ error[E0109]: `let` is `const` in Pluto
            ```
        "#]]),
    );
}

#[test]
fn a_negative_block_does_not_die_at_a_syntax_error_unless_it_says_so() {
    check(
        "```pluto body\nlet a = true && false\n//           ^^ error[E0007]: `&&` is written `and`\n```\n\n```pluto syntax\nfn f() {}\n```\n",
        &expect![[r#"
            1: this block has a syntax error and does not say `syntax`
            6: this block says `syntax` and has no syntax error
        "#]],
        None,
    );
}

#[test]
fn blocks_with_a_path_under_one_heading_are_one_program() {
    let chapter = "# A\n```pluto path=a.pluto\nfn f() {}\n```\n```pluto path=b.pluto syntax\nfn g() {\n    print(1);\n//          ^ error[E0008]: a statement ends with its line, not with `;`\n}\n```\n\
                   # B\n```pluto path=c.pluto\nfn f() {}\n```\n```pluto path=c.pluto\nfn f() {}\n```\n```pluto\nfn h() {}\n```\n";
    let outcome = run(chapter);
    assert_eq!((outcome.failures, outcome.programs), (vec![], (4, 1)));
}

#[test]
fn manifests_under_a_heading_are_the_packages_of_its_program() {
    let chapter = "# A\n```toml path=a/pluto.toml\n[dependencies]\nc = { path = \"../b\" }\n```\n```toml path=b/pluto.toml\n```\n\
                   ```pluto path=a/main.pluto\nimport c.d.{e}\nimport b.d\n//     ^^^ error[E0203]: there is no module `b.d`\n\n\
                   fn main() { print(e()) }\n```\n```pluto path=b/d.pluto\npub fn e() int { 1 }\n```\n";
    assert_eq!(run(chapter).failures, []);
    check(
        &chapter.replace("../b", "../x").replace("b/d.pluto", "d.pluto"),
        &expect![[r#"
            8: the program is wrong: a/pluto.toml: there is no package c in ../x
            8: the program is wrong: d.pluto: it is in no package
            9: found, not expected: //     ^^^ error[E0203]: there is no module `c.d`
        "#]],
        Some(&expect![[r##"
            # A
            ```toml path=a/pluto.toml
            [dependencies]
            c = { path = "../x" }
            ```
            ```toml path=b/pluto.toml
            ```
            ```pluto path=a/main.pluto
            import c.d.{e}
            //     ^^^ error[E0203]: there is no module `c.d`
            import b.d
            //     ^^^ error[E0203]: there is no module `b.d`

            fn main() { print(e()) }
            ```
            ```pluto path=d.pluto
            pub fn e() int { 1 }
            ```
        "##]]),
    );
}

#[test]
fn a_block_is_in_the_one_style_unless_it_says_so() {
    let block = |words: &str| format!("```pluto{words}\nlet  a = 1\n```\n");
    assert_eq!(run(&block(" body loose")).failures, []);
    check(&block(" body"), &expect!["1: this block is not in the style of `pluto fmt`\n"], None);
    assert_eq!(run(&block(" body").replace("  ", " ")).failures, []);
}

#[test]
fn types_and_error_sets_are_asked_for() {
    let chapter = "```pluto\nerror Bad {}\n\nfn f(n: int) int {\n// ^ raises: Bad\n    if n > 0 { raise Bad {} }\n    n * 2\n\
                   //  ^^^^^ type: int\n}\n```\n";
    assert_eq!(run(chapter).failures, []);
    check(
        &chapter.replace("raises: Bad", "raises: none").replace("^^^^^ type: int", "^^^^ type: int"),
        &expect![[r#"
            4: expected, not found: // ^ raises: none
            4: found, not expected: // ^ raises: Bad
            7: expected, not found: //  ^^^^ type: int
            7: found, not expected: //  ^^^^ type: nothing stands here
        "#]],
        Some(&expect![[r#"
            ```pluto
            error Bad {}

            fn f(n: int) int {
            // ^ raises: Bad
                if n > 0 { raise Bad {} }
                n * 2
            //  ^^^^ type: nothing stands here
            }
            ```
        "#]]),
    );
}

#[test]
fn warnings_of_unused_names_count_where_the_block_says_so() {
    let block = |words: &str| format!("```pluto{words}\nfn f() {{}}\n```\n");
    assert_eq!(run(&block("")).failures, []);
    check(
        &block(" unused"),
        &expect![[r#"
            2: found, not expected: // ^ warning[E0232]: nothing uses the function `f`
        "#]],
        Some(&expect![[r#"
            ```pluto unused
            fn f() {}
            // ^ warning[E0232]: nothing uses the function `f`
            ```
        "#]]),
    );
}

#[test]
fn slips_in_a_chapter_are_seen() {
    check(
        "```pluto bdy\nfn f() {}\n```\n\n```pluto\n// ^ error[E0001]: nothing above\nfn f() {}\n//^^ eror[E0001]: a slip\n```\n\n```pluto\nfn g() {}\n",
        &expect![[r#"
            1: an unknown word
            6: this is no expectation
            8: this is no expectation
            11: this block has no end
        "#]],
        Some(&expect![[r#"
            ```pluto bdy
            fn f() {}
            ```

            ```pluto
            fn f() {}
            ```

            ```pluto
            fn g() {}
        "#]]),
    );
}

#[test]
fn tokens_and_diagnostics_are_shown_with_their_places() {
    let lexed = TestCompiler::new("let ü = 0x1 'a'\n").with_file("b.pluto", "1;\n").lex();
    let expected = expect![[r#"
        main.pluto:1:1-3: Let let
        main.pluto:1:5-5: Name ü
        main.pluto:1:7-7: Equal =
        main.pluto:1:9-11: Int 0x1
        main.pluto:1:13-15: String 'a'
        b.pluto:1:1-1: Int 1
        main.pluto:1:13-15: error[E0009]: strings are in double quotes
        b.pluto:1:2-2: error[E0008]: a statement ends with its line, not with `;`
    "#]];
    expected.assert_eq(&lexed.shown());
}

#[test]
fn trees_and_typed_programs_are_shown() {
    let compiler = TestCompiler::new("fn f(a: int) int { a + 1 }\n");
    let expected = expect![[r#"
        function 0..26
          fn 0..26
            name: `f` 3..4
            param 5..11
              name: `a` 5..6
              type: named 8..11
                path: `int` 8..11
            result: named 13..16
              path: `int` 13..16
            body: block 17..26
              expression 19..24
                Add 19..24
                  left: `a` 19..20
                  right: int 1 23..24
    "#]];
    expected.assert_eq(&compiler.parse().dump());
    let expected = expect![[r#"
        module main
        fn f(a: int) int raises none
          block : int
            + : int
              a : int
              1 : int
    "#]];
    expected.assert_eq(&compiler.check().dump());
}
