//! Interpolated strings and collections.

use pluto_check::arena::List;
use pluto_check::body::{Align, ExprId, Format, Part, Radix};
use pluto_check::types::TyId;

use super::code::{Code, Value};
use super::loops::first;
use crate::Intrinsic;
use crate::program::{Lane, Reg};

impl Code<'_, '_> {
    /// `f"…"`
    pub(super) fn interpolated(&mut self, parts: List<Part>) -> Reg {
        let shape = self.l.shape(TyId::STRING);
        let mut whole: Option<Reg> = None;
        for part in self.l.source.nodes.parts.get(parts).to_vec() {
            let text = match part {
                Part::Text(list) => {
                    let text = self.literal(list);
                    self.text(&text)
                }
                Part::Value(value, format) => self.shown(value, format),
            };
            whole = Some(match whole {
                None => text,
                Some(before) => {
                    first(&self.intrinsic(Intrinsic::Concat, shape, &[before, text], &[Lane::Ref]))
                }
            });
        }
        whole.unwrap_or_else(|| self.text(""))
    }

    /// A value as text.
    fn shown(&mut self, value: ExprId, format: Format) -> Reg {
        let ty = self.ty_of(value);
        let made = self.expr(value);
        if format == Format::default() {
            return self.show(ty, &made);
        }
        let packed = self.int(pack(format));
        let shape = self.l.shape(ty);
        let with: Vec<Reg> = std::iter::once(packed).chain(made).collect();
        first(&self.intrinsic(Intrinsic::ShowFormatted, shape, &with, &[Lane::Ref]))
    }

    /// A value as text, as `print` shows it.
    pub(super) fn show(&mut self, ty: TyId, value: &[Reg]) -> Reg {
        if ty == TyId::STRING {
            return first(value);
        }
        let shape = self.l.shape(ty);
        first(&self.intrinsic(Intrinsic::Show, shape, value, &[Lane::Ref]))
    }

    pub(super) fn array(&mut self, id: ExprId, list: List<ExprId>) -> Value {
        self.collection(id, list, Intrinsic::ArrayNew, Intrinsic::ArrayPush, &[])
    }

    pub(super) fn set(&mut self, id: ExprId, list: List<ExprId>) -> Value {
        self.collection(id, list, Intrinsic::SetNew, Intrinsic::SetInsert, &[Lane::Byte])
    }

    fn collection(
        &mut self,
        id: ExprId,
        list: List<ExprId>,
        new: Intrinsic,
        add: Intrinsic,
        gives: &[Lane],
    ) -> Value {
        let ty = self.ty_of(id);
        let shape = self.l.shape(ty);
        let items = self.l.source.nodes.expr_lists.get(list).to_vec();
        let room = self.int(items.len() as i64);
        let made = self.intrinsic(new, shape, &[room], &[Lane::Ref]);
        for item in items {
            let value = self.expr(item);
            let with: Vec<Reg> = made.iter().copied().chain(value).collect();
            self.intrinsic(add, shape, &with, gives);
        }
        made
    }

    pub(super) fn map(&mut self, id: ExprId, entries: List<(ExprId, ExprId)>) -> Value {
        let ty = self.ty_of(id);
        let shape = self.l.shape(ty);
        let entries = self.l.source.nodes.entries.get(entries).to_vec();
        let room = self.int(entries.len() as i64);
        let made = self.intrinsic(Intrinsic::MapNew, shape, &[room], &[Lane::Ref]);
        for (key, value) in entries {
            let (key, value) = (self.expr(key), self.expr(value));
            let with: Vec<Reg> = made.iter().copied().chain(key).chain(value).collect();
            self.put(shape, &with, ty);
        }
        made
    }
}

/// How a value is printed, in an integer: width, precision (with one added), radix, alignment, zeros.
fn pack(format: Format) -> i64 {
    let align = match format.align {
        None => 0,
        Some(Align::Left) => 1,
        Some(Align::Centre) => 2,
        Some(Align::Right) => 3,
    };
    let radix = match format.radix {
        None => 0,
        Some(Radix::Hex) => 1,
        Some(Radix::Binary) => 2,
        Some(Radix::Octal) => 3,
        Some(Radix::Exponent) => 4,
    };
    let precision = format.precision.map_or(0, |digits| i64::from(digits.min(1000)) + 1);
    i64::from(format.width.min(1 << 16))
        | precision << 20
        | radix << 32
        | align << 36
        | i64::from(format.zero) << 40
}
