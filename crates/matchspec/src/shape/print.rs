//! Shapes as text, in a spelling that no whole term has: the ellipsis stands for what was left out.

use pluto_term::{DecodeError, Limits, PrintLimits, Reader, Syntax, Term};
use std::fmt::Write as _;

/// A list of shapes, or of whole terms, as the arguments of a call: `17`, `%{…3}`, `{:order, …/4}`, `<<…120 bytes>>`, `[…]`.
///
/// `bytes` begin with a tag, without the version byte. Text of single scalars is cut as `limits` say.
///
/// # Errors
/// Bytes that are no term.
pub fn print_arguments(
    bytes: &[u8],
    syntax: Syntax,
    limits: &PrintLimits,
) -> Result<Vec<String>, DecodeError> {
    let arguments = Reader::new(bytes, &Limits::default()).term()?;
    let arguments = arguments.as_list().unwrap_or(std::slice::from_ref(&arguments));
    let text = |argument| {
        let mut out = String::new();
        write(argument, syntax, limits, &mut out);
        out
    };
    Ok(arguments.iter().map(text).collect())
}

/// One shape or scalar, or a list of arguments that are, with its brackets.
///
/// # Errors
/// Bytes that are no term.
pub fn print(bytes: &[u8], syntax: Syntax, limits: &PrintLimits) -> Result<String, DecodeError> {
    let shape = Reader::new(bytes, &Limits::default()).term()?;
    let mut out = String::new();
    write(&shape, syntax, limits, &mut out);
    Ok(out)
}

fn write(shape: &Term, syntax: Syntax, limits: &PrintLimits, out: &mut String) {
    // A list that is not empty is neither a scalar nor a shape, so it is a list of arguments.
    if let Term::List(arguments) = shape {
        return write_all(('[', ']'), arguments, syntax, limits, out);
    }
    let map = match syntax {
        Syntax::Erlang => '#',
        Syntax::Elixir => '%',
    };
    let parts = shape.as_tuple().unwrap_or_default();
    let kind = parts.first().and_then(Term::as_atom).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = match (kind, parts) {
        ("map", [_, Term::Integer(0)]) => write!(out, "{map}{{}}"),
        ("map", [_, Term::Integer(keys)]) => write!(out, "{map}{{…{keys}}}"),
        ("tuple", [_, Term::Integer(0)]) => write!(out, "{{}}"),
        ("tuple", [_, Term::Integer(size)]) => write!(out, "{{…/{size}}}"),
        ("tuple", [_, Term::Integer(1), first]) => write!(out, "{{{}}}", first.display(syntax, limits)),
        ("tuple", [_, Term::Integer(size), first]) => {
            write!(out, "{{{}{}…/{size}}}", first.display(syntax, limits), syntax.comma())
        }
        ("tuple", [_, Term::List(elements)]) => {
            write_all(('{', '}'), elements, syntax, limits, out);
            Ok(())
        }
        ("alias", [_, reference @ Term::Reference(_)]) => {
            let alias = Term::atom("alias");
            // The tail of `[alias | Reference]`, in the spelling of an improper list.
            let bar = if syntax == Syntax::Elixir { " | " } else { "|" };
            write!(out, "[{}{bar}{}]", alias.display(syntax, limits), reference.display(syntax, limits))
        }
        // Binaries as short as this are kept in full: it is a bit string of a few bits.
        ("binary", [_, Term::Integer(0)]) => write!(out, "<<…under 1 byte>>"),
        ("binary", [_, Term::Integer(1)]) => write!(out, "<<…1 byte>>"),
        ("binary", [_, Term::Integer(bytes)]) => write!(out, "<<…{bytes} bytes>>"),
        ("list", [_]) => write!(out, "[…]"),
        ("other", [_]) => write!(out, "…"),
        _ => write!(out, "{}", shape.display(syntax, limits)),
    };
}

/// The elements of a tuple whose shapes are all known, or of a list of arguments. Where the limits cut it short, a tuple
/// reads as one whose elements are not known.
fn write_all(
    (open, close): (char, char),
    elements: &[Term],
    syntax: Syntax,
    limits: &PrintLimits,
    out: &mut String,
) {
    let shown = if limits.depth == 0 { 0 } else { limits.elements };
    let inner = PrintLimits { depth: limits.depth.saturating_sub(1), ..*limits };
    out.push(open);
    for (at, element) in elements.iter().take(shown).enumerate() {
        if at > 0 {
            out.push_str(syntax.comma());
        }
        write(element, syntax, &inner, out);
    }
    if elements.len() > shown {
        if shown > 0 {
            out.push_str(syntax.comma());
        }
        // Writing to a string cannot fail.
        let _ = write!(out, "…/{}", elements.len());
    }
    out.push(close);
}
