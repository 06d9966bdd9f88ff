//! Changes of programs that mostly leave them ones that parse: a token becomes another of its kind, a line goes elsewhere.

use pluto_syntax::token::Kind;

/// A token that is no trivia: its bytes, and its kind.
type Piece = (std::ops::Range<usize>, Kind);

/// A program of the corpus, changed as the choices say; no choices, no change. A change is kept where `keep` likes what it makes.
pub(crate) fn changed(corpus: &[String], choices: &[u8], keep: impl Fn(&str) -> bool) -> String {
    let mut choices = Choices { bytes: choices };
    let Some(base) = pick(corpus, &mut choices) else { return String::new() };
    let other = pick(corpus, &mut choices).cloned().unwrap_or_default();
    let mut text = base.clone();
    while !choices.bytes.is_empty() {
        let next = match choices.one() % 10 {
            0 => move_line(&text, &mut choices, true),
            1 => move_line(&text, &mut choices, false),
            2 => any_token(&text, &mut choices),
            3 | 4 => like_token(&text, Some(&other), &mut choices),
            _ => like_token(&text, None, &mut choices),
        };
        if keep(&next) {
            text = next;
        }
        if text.len() > 20_000 {
            break;
        }
    }
    text
}

struct Choices<'a> {
    bytes: &'a [u8],
}

impl Choices<'_> {
    fn one(&mut self) -> usize {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                usize::from(*first)
            }
            None => 0,
        }
    }

    fn below(&mut self, end: usize) -> usize {
        let choice = self.one() * 256 + self.one();
        if end == 0 { 0 } else { choice % end }
    }
}

fn pick<'a>(corpus: &'a [String], choices: &mut Choices<'_>) -> Option<&'a String> {
    let at = choices.below(corpus.len());
    corpus.get(at)
}

fn pieces(text: &str) -> Vec<Piece> {
    let (tokens, _) = pluto_syntax::lex(text);
    let ends = tokens.iter().skip(1).map(|token| token.start as usize);
    let pieces = tokens.iter().zip(ends).map(|(token, end)| (token.start as usize..end, token.kind));
    pieces.filter(|(_, kind)| !kind.is_trivia()).collect()
}

/// What can stand in the place of what.
fn class(kind: Kind, text: &str) -> (u8, bool) {
    use Kind as K;
    match kind {
        K::Name => (1, text.starts_with(char::is_uppercase)),
        K::Int
        | K::Float
        | K::Duration
        | K::String
        | K::True
        | K::False
        | K::None
        | K::Atom
        | K::SelfValue => (2, false),
        K::Plus | K::Minus | K::Star | K::Slash | K::Percent | K::And | K::Or | K::QuestionQuestion => {
            (3, false)
        }
        K::EqualEqual | K::BangEqual | K::LessEqual | K::GreaterEqual => (4, false),
        K::Equal | K::PlusEqual | K::MinusEqual => (5, false),
        K::Bang | K::Question => (6, false),
        K::Dot | K::QuestionDot => (7, false),
        other => (100 + other as u8, false),
    }
}

/// A token becomes another one like it, of the same text or of another.
fn like_token(text: &str, other: Option<&str>, choices: &mut Choices<'_>) -> String {
    let ours = pieces(text);
    let foreign = other.map(pieces);
    let (theirs, other) = (foreign.as_ref().unwrap_or(&ours), other.unwrap_or(text));
    let at = choices.below(ours.len());
    let Some((place, kind)) = ours.get(at) else { return text.to_owned() };
    let wanted = class(*kind, &text[place.clone()]);
    let like: Vec<&str> = theirs
        .iter()
        .map(|(place, kind)| (&other[place.clone()], kind))
        .filter(|(text, kind)| class(**kind, text) == wanted)
        .map(|(text, _)| text)
        .collect();
    let at = choices.below(like.len());
    let Some(by) = like.get(at) else { return text.to_owned() };
    format!("{}{by}{}", &text[..place.start], &text[place.end..])
}

/// A token goes away, or stands twice.
fn any_token(text: &str, choices: &mut Choices<'_>) -> String {
    let ours = pieces(text);
    let at = choices.below(ours.len());
    let Some((place, _)) = ours.get(at) else { return text.to_owned() };
    let twice = choices.one().is_multiple_of(2);
    let (start, end) = if twice { (place.end, place.start) } else { (place.start, place.end) };
    format!("{} {}", &text[..start], &text[end..])
}

/// A line stands elsewhere too, or only there.
fn move_line(text: &str, choices: &mut Choices<'_>, stay: bool) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let from = choices.below(lines.len());
    let Some(line) = lines.get(from).copied() else { return text.to_owned() };
    if !stay {
        lines.remove(from);
    }
    let to = choices.below(lines.len() + 1);
    lines.insert(to, line);
    lines.join("\n")
}
