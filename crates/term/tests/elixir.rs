//! Elixir's `inspect/2` and reader as oracles.

use std::process::Command;

use crate::generate::{self, Kinds};
use pluto_term::{Limits, PrintLimits, Syntax, Term, decode, encode, parse};

/// Prints each term of a file as `inspect/2` does, and reads the text beside it as code.
const ORACLE: &str = r#"
[terms, answers] = System.argv()
result =
  for {term, text} <- :erlang.binary_to_term(File.read!(terms)) do
    printed = inspect(term, limit: :infinity, printable_limit: :infinity, width: :infinity)
    reads_back =
      try do
        {value, _} = Code.eval_string(text)
        value === term
      rescue
        error -> Exception.message(error)
      end
    {term, printed, reads_back}
  end
File.write!(answers, :erlang.term_to_binary(result))
"#;

fn ask(terms: &[Term]) -> Vec<(Term, String, Term)> {
    let directory = tempfile::tempdir().unwrap();
    let [script, input, output] = ["oracle.exs", "terms", "answers"].map(|name| directory.path().join(name));
    std::fs::write(&script, ORACLE).unwrap();
    let mut bytes = Vec::new();
    let asked = terms.iter().map(|term| Term::tuple([term.clone(), Term::binary(text(term))]));
    encode(&Term::list(asked), &mut bytes);
    std::fs::write(&input, bytes).unwrap();
    // Without a UTF-8 locale the emulator would take `+fnu` from the environment of whoever runs the test.
    let status =
        Command::new("elixir").env("LC_ALL", "C.UTF-8").arg(&script).args([&input, &output]).status();
    assert!(status.unwrap().success());
    let (answers, _) = decode(&std::fs::read(&output).unwrap(), &Limits::default()).unwrap();
    let answer = |answer: &Term| {
        let [term, printed, reads_back] = answer.as_tuple().unwrap() else { panic!("{answer:?}") };
        (term.clone(), String::from_utf8(printed.as_binary().unwrap().to_vec()).unwrap(), reads_back.clone())
    };
    answers.as_list().unwrap().iter().map(answer).collect()
}

fn text(term: &Term) -> String {
    term.display(Syntax::Elixir, &PrintLimits::NONE).to_string()
}

/// Whether Elixir and we print the term alike: charlists differ from release to release, and Elixir looks up a
/// struct's module to choose its form.
fn prints_alike(ours: &str) -> bool {
    // Elixir quotes atoms with letters that its tokenizer leaves out, such as archaic ones.
    let usual = |c: char| c.is_ascii() || "éñúжук".contains(c);
    !ours.contains("~c\"") && !ours.contains("__struct__") && ours.chars().all(usual)
}

#[test]
fn aliases_with_the_prefix_in_front() {
    let names =
        ["Elixir", "Elixir.Foo", "Elixir.Foo.Bar", "Elixir.ElixirX", "Elixir.Elixir", "Elixir.Elixir.Foo"];
    let mut seen = Vec::new();
    for (term, printed, reads_back) in ask(&names.map(Term::atom)) {
        assert_eq!(text(&term), printed);
        assert_eq!(reads_back, Term::atom("true"), "{printed}");
        assert_eq!(parse(&printed, Syntax::Elixir), Ok(term.clone()));
        // Each atom is read from its whole name as well.
        assert_eq!(parse(term.as_atom().unwrap(), Syntax::Elixir), Ok(term));
        seen.push(printed);
    }
    assert_eq!(seen, ["Elixir", "Foo", "Foo.Bar", "ElixirX", "Elixir.Elixir", "Elixir.Elixir.Foo"]);
}

#[test]
fn elixir_prints_and_reads_as_we_do() {
    let kinds = Kinds { identifiers: false, records: false, negative_zero: false };
    let terms = generate::sample(&generate::term(kinds), 600);
    let mut printed_alike = 0;
    // The terms that come back have the pairs of maps in the node's order.
    for (term, printed, reads_back) in ask(&terms) {
        let ours = text(&term);
        if prints_alike(&ours) {
            assert_eq!(ours, printed);
            printed_alike += 1;
        }
        // Elixir cannot read all that it prints: captures such as `&:...end/1`, and text that turns direction.
        let unreadable =
            ours.contains('&') || ours.contains(['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}']);
        assert!(unreadable || reads_back == Term::atom("true"), "{ours}: {reads_back:?}");
    }
    assert!(printed_alike > 250, "only {printed_alike} terms were compared");
}
