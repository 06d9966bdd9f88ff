//! Numbers, texts, arrays, maps, tuples.

use pluto_source::Span;
use pluto_syntax::tree::{self, Expr as E, TextPartKind};

use super::{Body, Later, Want};
use crate::body::{Align, ExprId, ExprKind, Format, Part, Radix};
use crate::error::Fact;
use crate::types::{Ty, TyId};

impl Body<'_, '_> {
    pub(super) fn literal(&mut self, id: tree::ExprId, want: Want) -> ExprId {
        let span = self.nodes.span(id);
        match self.nodes[id] {
            E::Int(value) => self.int(value, false, span, want),
            E::Float(value) => self.add(ExprKind::Float(value), TyId::FLOAT, span),
            E::Bool(value) => self.add(ExprKind::Bool(value), TyId::BOOL, span),
            E::Text(text) => {
                let text = self.text(text);
                self.add(ExprKind::Text(text), TyId::STRING, span)
            }
            E::Duration(value) => {
                let value = i64::try_from(value).unwrap_or(i64::MAX);
                self.add(ExprKind::Duration(value), TyId::DURATION, span)
            }
            E::Atom(text) => {
                let text = self.text(text);
                self.add(ExprKind::Atom(text), TyId::TERM, span)
            }
            E::None => self.none(span, want),
            E::Interpolated(parts) => self.interpolated(parts, span),
            E::Array(items) => self.array(items, span, want),
            E::Map(entries) => self.map(entries, span, want),
            E::Tuple(items) => self.tuple(items, span, want),
            _ => self.wrong(span),
        }
    }

    pub(super) fn text(&mut self, text: tree::Text) -> crate::arena::List<String> {
        let text = self.nodes.list(text).concat();
        self.c.program.nodes.texts.add([text])
    }

    /// A whole number, with a minus before it or without.
    pub(super) fn int(&mut self, value: u64, negative: bool, span: Span, want: Want) -> ExprId {
        let signed = if negative { -i128::from(value) } else { i128::from(value) };
        let ty = match self.plain_hint(want) {
            Some(TyId::BYTE) => TyId::BYTE,
            _ => TyId::INT,
        };
        let fits =
            if ty == TyId::BYTE { u8::try_from(signed).is_ok() } else { i64::try_from(signed).is_ok() };
        if !fits {
            return self.refuse(span, Fact::OutOfRange { ty });
        }
        self.add(ExprKind::Int(signed as i64), ty, span)
    }

    fn none(&mut self, span: Span, want: Want) -> ExprId {
        let ty = match self.hint(want) {
            Some(ty) if matches!(self.get(ty), Ty::Optional(_)) => ty,
            _ => {
                // What is dropped need not be decided.
                let of = if matches!(want, Want::Drop) { TyId::NEVER } else { self.fresh(span) };
                self.c.program.types.optional(of)
            }
        };
        self.add(ExprKind::None, ty, span)
    }

    fn array(&mut self, items: tree::List<tree::ExprId>, span: Span, want: Want) -> ExprId {
        let hint = self.plain_hint(want).and_then(|ty| match self.get(ty) {
            Ty::Array(of) => Some(of),
            // A list of anything.
            Ty::Term => Some(TyId::TERM),
            _ => None,
        });
        let (items, of) = self.items(items, hint, span);
        let ty = self.intern(Ty::Array(of));
        let items = self.c.program.nodes.expr_lists.add(items);
        self.add(ExprKind::Array(items), ty, span)
    }

    /// Elements, which are all of one type.
    pub(super) fn items(
        &mut self,
        items: tree::List<tree::ExprId>,
        hint: Option<TyId>,
        span: Span,
    ) -> (Vec<ExprId>, TyId) {
        let ids = self.nodes.list(items);
        let hint = hint.map(|of| self.shallow(of));
        if let Some(of) = hint
            && !matches!(self.get(of), Ty::Infer(_))
        {
            return (ids.iter().map(|item| self.check(*item, of)).collect(), of);
        }
        if ids.is_empty() {
            return (Vec::new(), hint.unwrap_or_else(|| self.fresh(span)));
        }
        let mut made: Vec<ExprId> = ids.iter().map(|item| self.value(*item, Want::Any)).collect();
        let of = self.join(&mut made, Want::Any);
        if let Some(hint) = hint {
            self.unify(hint, of, span);
        }
        (made, of)
    }

    fn map(&mut self, entries: tree::List<tree::MapEntry>, span: Span, want: Want) -> ExprId {
        let hint = self.plain_hint(want).and_then(|ty| match self.get(ty) {
            Ty::Map(key, value) => Some((key, value)),
            Ty::Term => Some((TyId::TERM, TyId::TERM)),
            _ => None,
        });
        let (key, value) = hint.unwrap_or_else(|| (self.fresh(span), self.fresh(span)));
        let entries = self.nodes.list(entries);
        let mut made = Vec::with_capacity(entries.len());
        for entry in entries {
            let (k, v) = (self.check(entry.key, key), self.check(entry.value, value));
            made.push((k, v));
        }
        if hint.is_none() {
            self.later
                .push(Later::Key(key, entries.first().map_or(span, |entry| self.nodes.span(entry.key))));
        }
        let ty = self.intern(Ty::Map(key, value));
        let entries = self.c.program.nodes.entries.add(made);
        self.add(ExprKind::Map(entries), ty, span)
    }

    fn tuple(&mut self, items: tree::List<tree::ExprId>, span: Span, want: Want) -> ExprId {
        let ids = self.nodes.list(items);
        let hints = match self.plain_hint(want).map(|ty| self.get(ty)) {
            Some(Ty::Tuple(list)) => self.c.program.types.items(list).to_vec(),
            Some(Ty::Term) => vec![TyId::TERM; ids.len()],
            _ => Vec::new(),
        };
        let mut made = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            let item = match hints.get(at).filter(|_| hints.len() == ids.len()) {
                Some(ty) => self.check(*id, *ty),
                None => self.value(*id, Want::Any),
            };
            made.push(item);
        }
        let tys: Vec<TyId> = made
            .iter()
            .zip(0..)
            .map(|(item, at)| {
                let ty = self.ty(*item);
                // What does not return has the type that is expected of it.
                hints
                    .get(at as usize)
                    .copied()
                    .filter(|_| hints.len() == made.len() && ty == TyId::NEVER)
                    .unwrap_or(ty)
            })
            .collect();
        let ty = self.c.program.types.tuple(&tys);
        let items = self.c.program.nodes.expr_lists.add(made);
        self.add(ExprKind::Tuple(items), ty, span)
    }

    fn interpolated(&mut self, parts: tree::List<tree::TextPart>, span: Span) -> ExprId {
        let mut made = Vec::new();
        for part in self.nodes.list(parts) {
            made.push(match part.kind {
                TextPartKind::Text(text) => Part::Text(self.text(text)),
                TextPartKind::Hole { value, format } => {
                    let value = self.value(value, Want::Any);
                    let format = format.map_or(Format::default(), |format| self.format(value, format));
                    Part::Value(value, format)
                }
            });
        }
        let parts = self.c.program.nodes.parts.add(made);
        self.add(ExprKind::Interpolated(parts), TyId::STRING, span)
    }

    fn format(&mut self, value: ExprId, span: Span) -> Format {
        let ty = self.ty(value);
        let text = span.of(self.c.file(self.module).text);
        let format = read_format(text);
        let fits = format.is_some_and(|format| {
            let number = matches!(self.get(ty), Ty::Int | Ty::Byte | Ty::Float | Ty::Wrong | Ty::Term);
            let precise = matches!(self.get(ty), Ty::Float | Ty::String | Ty::Wrong | Ty::Term);
            (format.precision.is_none() || precise) && (format.radix.is_none() && !format.zero || number)
        });
        if !fits {
            let ty = self.resolve(ty);
            self.error(span, Fact::BadFormat { ty });
        }
        format.unwrap_or_default()
    }
}

/// Reads what stands after the colon of a hole: `[<^>][0][width][.precision][x|b|o|e]`.
fn read_format(text: &str) -> Option<Format> {
    let mut rest = text.trim();
    let mut format = Format::default();
    for (sign, align) in [("<", Align::Left), ("^", Align::Centre), (">", Align::Right)] {
        if let Some(after) = rest.strip_prefix(sign) {
            format.align = Some(align);
            rest = after;
            break;
        }
    }
    if let Some(after) = rest.strip_prefix('0') {
        format.zero = true;
        rest = after;
    }
    let (width, after) = digits(rest)?;
    format.width = width.unwrap_or(0);
    rest = after;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = digits(after)?;
        format.precision = Some(precision?);
        rest = after;
    }
    format.radix = match rest {
        "" => None,
        "x" => Some(Radix::Hex),
        "b" => Some(Radix::Binary),
        "o" => Some(Radix::Octal),
        "e" => Some(Radix::Exponent),
        _ => return None,
    };
    Some(format)
}

fn digits(text: &str) -> Option<(Option<u32>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() {
        return Some((None, rest));
    }
    let value: u32 = digits.parse().ok()?;
    (value <= 1_000).then_some((Some(value), rest))
}

#[cfg(test)]
mod tests {
    use super::read_format;
    use crate::body::{Align, Format, Radix};

    #[test]
    fn formats_are_read_whole_or_not_at_all() {
        let plain = Format::default();
        assert_eq!(read_format(".2"), Some(Format { precision: Some(2), ..plain }));
        let full = Format {
            align: Some(Align::Right),
            zero: true,
            width: 8,
            precision: None,
            radix: Some(Radix::Hex),
        };
        assert_eq!(read_format(">08x"), Some(full));
        assert_eq!([read_format("."), read_format("2q"), read_format("99999")], [None, None, None]);
    }
}
