//! Literals.

use pluto_source::Span;

use super::{Context, Parser};
use crate::error::{Expected, Fact, Number};
use crate::literal::{self, INT_MAGNITUDE, Spelling, multi_line, unescape};
use crate::token::Kind;
use crate::tree::{Expr, ExprId, List, Pooled, Text, TextPart, TextPartKind};

impl Parser<'_> {
    /// A literal that is one token.
    pub(super) fn literal(&mut self) -> ExprId {
        let (kind, start, text) = (self.kind, self.start, self.text());
        let span = self.bump();
        let expr = match kind {
            Kind::Int => {
                let value = literal::integer(text);
                let limit = if self.after_minus == start { INT_MAGNITUDE } else { INT_MAGNITUDE - 1 };
                Expr::Int(self.in_range(span, Number::Int, value.filter(|value| *value <= limit)))
            }
            Kind::Float => Expr::Float(self.in_range(span, Number::Float, literal::float(text))),
            Kind::Duration => Expr::Duration(self.in_range(span, Number::Duration, literal::duration(text))),
            Kind::Atom => {
                let name = text.get(1..).unwrap_or_default();
                Expr::Atom(if name.starts_with('"') {
                    self.string_text(name)
                } else {
                    self.add_text(name.into())
                })
            }
            Kind::True => Expr::Bool(true),
            Kind::False => Expr::Bool(false),
            Kind::None => Expr::None,
            _ => Expr::Text(self.string_text(text)),
        };
        self.nodes.add(expr, span)
    }

    /// A value that was read; nought stands for one that is out of range, of which the lexer may have said that it is no number.
    fn in_range<T: Default>(&mut self, span: Span, number: Number, value: Option<T>) -> T {
        if value.is_none() {
            self.note(span, Fact::OutOfRange(number));
        }
        value.unwrap_or_default()
    }

    fn add_text(&mut self, text: String) -> Text {
        self.nodes.add_list([text])
    }

    /// What a string token stands for.
    pub(super) fn string_text(&mut self, token: &str) -> Text {
        let mut out = String::new();
        if let Some(text) = token.strip_prefix("\"\"\"") {
            let (text, indent) = multi_line(text.strip_suffix("\"\"\"").unwrap_or(text));
            unescape(dedent_first(text, indent), Spelling::Plain, indent, &mut out);
        } else {
            let text = token.strip_prefix(['"', '\'', '`']).unwrap_or(token);
            unescape(text.strip_suffix(['"', '\'', '`']).unwrap_or(text), Spelling::Plain, 0, &mut out);
        }
        self.add_text(out)
    }

    /// A string with holes, at its beginning.
    pub(super) fn interpolated(&mut self) -> ExprId {
        let start = self.start;
        let multi = self.text().len() > 2;
        self.bump();
        let begin = self.begin::<TextPart>();
        while matches!(self.kind, Kind::FText | Kind::HoleOpen) {
            if self.at(Kind::HoleOpen) {
                self.hole(multi);
            } else {
                let span = self.bump();
                self.push(TextPart { span, kind: TextPartKind::Text(List::EMPTY) });
            }
        }
        // The lexer has said so where the end is missing.
        self.eat(Kind::FEnd);
        self.read_texts(begin, multi);
        let parts = self.finish(begin);
        let span = self.since(start);
        self.nodes.add(Expr::Interpolated(parts), span)
    }

    fn hole(&mut self, multi: bool) {
        let open = self.bump();
        let (value, format) = self.within(Context { brackets: true, ..Context::default() }, |parser| {
            let value = parser.expr();
            let format = parser.eat(Kind::Colon).and_then(|_| parser.eat(Kind::Format));
            if !parser.at(Kind::HoleClose) {
                parser.skip_to_hole_end(multi);
            }
            (value, format)
        });
        if self.eat(Kind::HoleClose).is_some() {
            self.recovering = false;
        }
        let span = self.since(open.start);
        self.push(TextPart { span, kind: TextPartKind::Hole { value, format } });
    }

    /// Passes over what does not belong into a hole, and says so; where the hole has no end, the lexer has said that.
    fn skip_to_hole_end(&mut self, multi: bool) {
        let (span, fact) = self.unexpected(Expected::Token(Kind::HoleClose));
        while !self.at(Kind::HoleClose) && !self.at(Kind::End) && (multi || !self.newline) {
            self.skip_group();
        }
        if self.at(Kind::HoleClose) {
            self.error(span, fact);
        } else {
            self.recovering = true;
        }
    }

    /// The texts between the holes: all at once, because the last line of three-quoted ones decides how far they are indented.
    fn read_texts(&mut self, begin: usize, multi: bool) {
        let parts = TextPart::pool(&self.scratch).elements.get(begin..).unwrap_or_default();
        let last = parts.len().saturating_sub(1);
        let source = self.source;
        let opens_with_line =
            multi && parts.first().is_some_and(|part| part.span.of(source).starts_with(['\n', '\r']));
        let (mut indent, mut last_end) = (0, None);
        if let Some(TextPart { span, kind: TextPartKind::Text(_) }) = parts.last()
            && opens_with_line
            && let Some((before, line)) = span.of(source).rsplit_once('\n')
            && line.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
        {
            indent = line.len();
            let before = before.strip_suffix('\r').unwrap_or(before);
            last_end = Some(span.start + before.len() as u32);
        }
        for at in 0..=last {
            let part = TextPart::pool(&self.scratch).elements.get(begin + at).copied();
            let Some(TextPart { span, kind: TextPartKind::Text(_) }) = part else { continue };
            let end = last_end.filter(|_| at == last).unwrap_or(span.end);
            let mut text = Span::new(span.start, end).of(source);
            if opens_with_line && at == 0 {
                let body = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text);
                text = dedent_first(body, indent);
            }
            let mut out = String::new();
            unescape(text, Spelling::Holes, indent, &mut out);
            let text = self.add_text(out);
            if let Some(part) = TextPart::pool_mut(&mut self.scratch).elements.get_mut(begin + at) {
                part.kind = TextPartKind::Text(text);
            }
        }
    }
}

/// A text without the indentation of its first line; that of the others is taken off when it is read.
fn dedent_first(text: &str, indent: usize) -> &str {
    let white = text.bytes().take(indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    text.get(white..).unwrap_or_default()
}
