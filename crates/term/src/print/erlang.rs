//! Erlang syntax.

use std::fmt;

use super::output::Output;
use super::text::{character, is_plain};
use super::{Language, Pairing};
use crate::{Atom, Export, Fun, Pid, Port, Record, Reference, Term};

/// Words that must be quoted to be atoms; `maybe` and `else` since OTP 27.
const RESERVED: [&str; 30] = [
    "after", "and", "andalso", "band", "begin", "bnot", "bor", "bsl", "bsr", "bxor", "case", "catch", "cond",
    "div", "else", "end", "fun", "if", "let", "maybe", "not", "of", "or", "orelse", "receive", "rem", "try",
    "when", "xor", "",
];

pub(super) struct Erlang;

/// Whether an atom reads back without quotes.
pub(crate) fn is_bare_atom(text: &str) -> bool {
    let letter = |c: char| matches!(c, 'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ');
    let rest = |c: char| letter(c) || matches!(c, 'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | '0'..='9' | '_' | '@');
    text.starts_with(letter) && text.chars().all(rest) && !RESERVED.contains(&text)
}

/// Prints a character as it stands between quotes.
fn quoted(out: &mut Output<'_, '_>, c: char, quote: char) -> fmt::Result {
    let escape = match c {
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{b}' => 'v',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '\u{1b}' => 'e',
        '\u{7f}' => 'd',
        '\\' => '\\',
        c if c == quote => quote,
        ..' ' | '\u{80}'..='\u{9f}' => return out.text(&format!("\\{:03o}", u32::from(c))),
        c => return out.character(c),
    };
    out.character('\\')?;
    out.character(escape)
}

fn is_printable(c: char) -> bool {
    is_plain(c) || matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{8}' | '\u{c}' | '\u{1b}')
}

/// Prints characters between quotes, up to `limit`.
fn string(out: &mut Output<'_, '_>, characters: impl Iterator<Item = char>, limit: usize) -> fmt::Result {
    let mut characters = characters;
    out.text("\"")?;
    for c in characters.by_ref().take(limit) {
        quoted(out, c, '"')?;
    }
    out.text(if characters.next().is_some() { "\"..." } else { "\"" })
}

/// How a binary is shown as text: the characters, and whether they are UTF-8 beyond ASCII.
fn as_text(bytes: &[u8]) -> Option<(Vec<char>, bool)> {
    let (characters, wide): (Vec<char>, bool) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.chars().collect(), !text.is_ascii()),
        Err(_) => (bytes.iter().map(|&byte| char::from(byte)).collect(), false),
    };
    characters.iter().all(|&c| is_printable(c)).then_some((characters, wide))
}

impl Language for Erlang {
    const COMMA: &'static str = ",";
    const HEXADECIMAL: &'static str = "16#";
    const CUT: &'static str = ",...";
    const LIST_CUT: &'static str = "|...";
    const BAR: &'static str = "|";
    const CLOSE_RECORD: &'static str = "}";

    fn atom(out: &mut Output<'_, '_>, atom: &Atom) -> fmt::Result {
        let text = atom.as_str();
        if is_bare_atom(text) {
            return out.text(text);
        }
        out.text("'")?;
        text.chars().try_for_each(|c| quoted(out, c, '\''))?;
        out.text("'")
    }

    fn text_list(out: &mut Output<'_, '_>, elements: &[Term], limit: usize) -> Result<bool, fmt::Error> {
        let as_character = |term: &Term| character(term.as_int()).filter(|&c| is_printable(c));
        if !elements.iter().all(|term| as_character(term).is_some()) {
            return Ok(false);
        }
        string(out, elements.iter().filter_map(as_character), limit)?;
        Ok(true)
    }

    fn bits(out: &mut Output<'_, '_>, bytes: &[u8], bits: u8, limit: usize) -> fmt::Result {
        out.text("<<")?;
        if bits == 8
            && !bytes.is_empty()
            && let Some((characters, wide)) = as_text(bytes)
        {
            string(out, characters.into_iter(), limit)?;
            return out.text(if wide { "/utf8>>" } else { ">>" });
        }
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 {
                out.text(",")?;
            }
            if place == limit {
                return out.text("...>>");
            }
            if place + 1 == bytes.len() && bits < 8 {
                out.text(&format!("{}:{bits}", byte >> (8 - bits)))?;
            } else {
                out.display(byte)?;
            }
        }
        out.text(">>")
    }

    fn pid(out: &mut Output<'_, '_>, pid: &Pid) -> fmt::Result {
        out.text(&format!("<0.{}.{}>", pid.id, pid.serial))
    }

    fn port(out: &mut Output<'_, '_>, port: &Port) -> fmt::Result {
        out.text(&format!("#Port<0.{}>", port.id))
    }

    fn reference(out: &mut Output<'_, '_>, reference: &Reference) -> fmt::Result {
        out.text("#Ref<0")?;
        words(out, reference)
    }

    fn fun(out: &mut Output<'_, '_>, fun: &Fun) -> fmt::Result {
        out.text("#Fun<")?;
        Self::atom(out, &fun.module)?;
        out.text(&format!(".{}.{}>", fun.old_index, fun.old_uniq))
    }

    fn export(out: &mut Output<'_, '_>, export: &Export) -> fmt::Result {
        out.text("fun ")?;
        Self::atom(out, &export.module)?;
        out.text(":")?;
        Self::atom(out, &export.function)?;
        out.text(&format!("/{}", export.arity))
    }

    fn open_map(out: &mut Output<'_, '_>, _pairs: &[(Term, Term)]) -> Result<Pairing, fmt::Error> {
        out.text("#{")?;
        Ok(Pairing::Arrows)
    }

    fn is_keyword(_elements: &[Term]) -> bool {
        false
    }

    fn keyword(out: &mut Output<'_, '_>, key: &Atom) -> fmt::Result {
        Self::record_field(out, key)
    }

    fn open_record(out: &mut Output<'_, '_>, record: &Record) -> fmt::Result {
        out.text("#")?;
        Self::atom(out, &record.module)?;
        out.text(":")?;
        Self::atom(out, &record.name)?;
        out.text("{")
    }

    fn record_field(out: &mut Output<'_, '_>, name: &Atom) -> fmt::Result {
        Self::atom(out, name)?;
        out.text(" = ")
    }
}

/// Prints the words of a reference, the most significant first, and closes it.
pub(super) fn words(out: &mut Output<'_, '_>, reference: &Reference) -> fmt::Result {
    for word in reference.id.iter().rev() {
        out.text(&format!(".{word}"))?;
    }
    out.text(">")
}
