//! Tests, and what they expect.

use pluto_check::program::TestId;
use pluto_check::types::{Subst, Ty, TyId};

use super::code::{Code, Value};
use super::{Job, Lowering};
use crate::Intrinsic;
use crate::program::{Const, End, FuncId, Function, Lane, Reg, Test, Trap};

impl Lowering<'_> {
    /// The function of a test.
    pub(super) fn test(&mut self, test: TestId) -> FuncId {
        let of = &self.source.tests[test];
        let (name, at) = (format!("test {:?}", of.name), self.location(of.module, of.span));
        let id = self.reserve(name, Vec::new(), true, at);
        self.queue.push((id, Job::Test(test)));
        id
    }

    pub(super) fn test_code(&mut self, id: FuncId, test: TestId) -> Function {
        let of = self.source.tests[test].clone();
        let mut code = Code::new(self, id, Subst::default(), of.module, TyId::VOID);
        if let Some(body) = of.body {
            let root = code.l.source.nodes.bodies[body].root;
            code.begin(root);
            code.note_dropped(root);
            code.body(body);
        }
        code.give(Vec::new());
        code.finish()
    }
}

impl Code<'_, '_> {
    /// A method of what is expected of a value: goes on where it is so, and ends the test where it is not.
    pub(super) fn expectation(&mut self, matcher: &str, on: TyId, flat: &[Reg]) {
        let Ty::Expectation(of) = self.l.types.get(on) else { return };
        let width = self.l.lanes(of).len();
        let (actual, wanted) = flat.split_at(width.min(flat.len()));
        let holds = match matcher {
            "to_be" | "to_equal" => self.compare(Test::Eq, of, actual, wanted),
            "to_not_equal" => self.compare(Test::Ne, of, actual, wanted),
            "to_be_at_least" => self.compare(Test::Ge, of, actual, wanted),
            "to_be_at_most" => self.compare(Test::Le, of, actual, wanted),
            "to_be_above" => self.compare(Test::Gt, of, actual, wanted),
            "to_be_below" => self.compare(Test::Lt, of, actual, wanted),
            "to_be_true" => actual.first().copied().unwrap_or(Reg(0)),
            "to_be_false" => self.not(actual),
            "to_be_some" => self.is_there(of, actual),
            "to_be_none" => {
                let there = self.is_there(of, actual);
                self.not(&[there])
            }
            _ => {
                let shape = self.l.shape(TyId::STRING);
                let with: Value = actual.iter().chain(wanted).copied().collect();
                let found = self.intrinsic(Intrinsic::TextContains, shape, &with, &[Lane::Byte]);
                found.first().copied().unwrap_or(Reg(0))
            }
        };
        let (fine, not) = (self.block(), self.block());
        self.branch(holds, fine, not);
        self.enter(not);
        let shown = self.quoted(of, actual);
        let wanted = match wanted {
            [] => None,
            wanted if matcher == "to_contain_text" => Some(self.quoted(TyId::STRING, wanted)),
            wanted => Some(self.quoted(of, wanted)),
        };
        let matcher = self.l.text(matcher);
        self.end(End::Trap(Trap::Expect { matcher, actual: shown, wanted }));
        self.enter(fine);
    }

    fn not(&mut self, value: &[Reg]) -> Reg {
        let no = self.constant(Const::Byte(0));
        self.test(Test::Eq, value.first().copied().unwrap_or(no), no)
    }

    /// A value as it is written in a program.
    fn quoted(&mut self, ty: TyId, value: &[Reg]) -> Reg {
        let shape = self.l.shape(ty);
        let shown = self.intrinsic(Intrinsic::ShowQuoted, shape, value, &[Lane::Ref]);
        shown.first().copied().unwrap_or(Reg(0))
    }
}
