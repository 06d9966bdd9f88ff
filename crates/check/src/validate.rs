//! Whether a typed program is one: every id is there, every type is known, and types agree where they must.

use pluto_source::Severity;

use crate::Checked;
use crate::arena::Id;
use crate::body::{Body, BodyId, BodyOwner, Callee, ExprId, ExprKind, PatternKind, Stmt, StmtId, Target};
use crate::program::Program;
use crate::types::{Subst, Ty, TyId};
use crate::walk::Child;

/// What is wrong with a typed program, which is a mistake of the checker: at most some of it. Types are looked at only in a
/// program without errors.
pub fn validate(checked: &Checked) -> Vec<String> {
    let errors = checked.diagnostics().iter().any(|said| said.code.severity == Severity::Error);
    look(checked, !errors)
}

/// As [`validate`], of a program whose text may have errors that the checker knows nothing of.
pub fn validate_untyped(checked: &Checked) -> Vec<String> {
    look(checked, false)
}

fn look(checked: &Checked, typed: bool) -> Vec<String> {
    let mut validator = Validator { program: &checked.program, typed, found: Vec::new(), at: 0 };
    for (id, body) in checked.program.nodes.bodies.iter() {
        validator.body(id, *body);
    }
    validator.found.truncate(20);
    validator.found
}

struct Validator<'p> {
    program: &'p Program,
    typed: bool,
    found: Vec<String>,
    at: u32,
}

impl Validator<'_> {
    fn say(&mut self, text: &str) {
        self.found.push(format!("expression {}: {text}", self.at));
    }

    fn body(&mut self, id: BodyId, body: Body) {
        let (first, end) = body.exprs;
        if !(first..end).contains(&body.root.index()) {
            self.found.push(format!("{id:?} does not hold its root"));
        }
        let mut children = Vec::new();
        for at in first..end {
            self.at = at;
            let expr = self.program.nodes.exprs[ExprId::from_index(at)];
            self.known(expr.ty);
            self.program.nodes.children(expr.kind, &mut children);
            for child in children.drain(..) {
                self.child(child, body);
            }
            if self.typed {
                self.expr(expr.kind, expr.ty);
            }
        }
        if self.typed
            && let BodyOwner::Function(function) = body.owner
        {
            let of = &self.program.functions[function];
            let ty = self.program.nodes.exprs[body.root].ty;
            if of.result != TyId::VOID && of.yields.is_none() {
                self.agree(ty, of.result, "the body of a function");
            }
        }
    }

    fn known(&mut self, ty: TyId) {
        let types = &self.program.types;
        if !types.has(ty) {
            self.say("no such type");
        } else if self.typed && (types.has_infer(ty) || types.has_wrong(ty)) {
            self.say("an unknown type");
        }
    }

    /// Ids are in bounds, and an expression is in the body of what holds it.
    fn child(&mut self, child: Child, body: Body) {
        match child {
            Child::Named(_) => (),
            Child::Expr(id) => {
                if !(body.exprs.0..body.exprs.1).contains(&id.index()) {
                    self.say("a part of another body");
                }
            }
            Child::Pattern(id) => {
                let nodes = &self.program.nodes;
                if !nodes.patterns.has(id) {
                    self.say("no such pattern");
                    return;
                }
                let pattern = nodes.patterns[id];
                self.known(pattern.ty);
                if self.typed && matches!(pattern.kind, PatternKind::Wrong) {
                    self.say("a wrong pattern");
                }
            }
            Child::Stmt(id) => self.stmt(id),
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let nodes = &self.program.nodes;
        if !nodes.stmts.has(id) {
            self.say("no such statement");
            return;
        }
        if !self.typed {
            return;
        }
        match nodes.stmts[id] {
            Stmt::Let(pattern, value, _) => {
                let (pattern, value) = (nodes.patterns[pattern].ty, nodes.exprs[value].ty);
                self.agree(value, pattern, "a `let`");
            }
            Stmt::Assign(place, None, value) => {
                let (place, value) = (nodes.exprs[place].ty, nodes.exprs[value].ty);
                self.agree(value, place, "an assignment");
            }
            Stmt::Assert(condition, _) => self.agree(nodes.exprs[condition].ty, TyId::BOOL, "an assertion"),
            _ => (),
        }
    }

    fn ty(&self, id: ExprId) -> TyId {
        self.program.nodes.exprs[id].ty
    }

    fn expr(&mut self, kind: ExprKind, ty: TyId) {
        let types = &self.program.types;
        match kind {
            ExprKind::Wrong => self.say("a wrong expression"),
            ExprKind::Local(local) => self.agree(self.program.nodes.locals[local].ty, ty, "a local name"),
            ExprKind::If(condition, then, Some(otherwise)) => {
                self.agree(self.ty(condition), TyId::BOOL, "a condition");
                if ty != TyId::VOID {
                    self.agree(self.ty(then), ty, "a branch");
                    self.agree(self.ty(otherwise), ty, "a branch");
                }
            }
            ExprKind::Match(value, arms) => {
                let arms = self.program.nodes.arms.get(arms).to_vec();
                for arm in arms {
                    let pattern = self.program.nodes.patterns[arm.pattern].ty;
                    self.agree(self.ty(value), pattern, "a pattern");
                    if ty != TyId::VOID {
                        self.agree(self.ty(arm.body), ty, "an arm");
                    }
                }
            }
            ExprKind::While(_, condition, _) => self.agree(self.ty(condition), TyId::BOOL, "a condition"),
            ExprKind::Wrap(inner) => match types.get(ty) {
                Ty::Optional(of) => self.agree(self.ty(inner), of, "a wrapped value"),
                _ => self.say("wrapped into what is not optional"),
            },
            ExprKind::Unwrap(inner) | ExprKind::Try(inner) => match types.get(self.ty(inner)) {
                Ty::Optional(of) => self.agree(of, ty, "an unwrapped value"),
                _ => self.say("unwrapped what is not optional"),
            },
            ExprKind::Array(list) => {
                if let Ty::Array(of) = types.get(ty) {
                    for item in self.program.nodes.expr_lists.get(list).to_vec() {
                        self.agree(self.ty(item), of, "an element");
                    }
                } else {
                    self.say("an array of another type");
                }
            }
            ExprKind::Tuple(list) => {
                let items = self.program.nodes.expr_lists.get(list).to_vec();
                let parts = match types.get(ty) {
                    Ty::Tuple(parts) => types.items(parts).to_vec(),
                    _ => Vec::new(),
                };
                if items.len() != parts.len() {
                    self.say("a tuple of another length");
                }
                for (item, part) in items.into_iter().zip(parts) {
                    self.agree(self.ty(item), part, "a part of a tuple");
                }
            }
            ExprKind::Call(Callee::Target(target), list) => self.call(target, list, ty),
            ExprKind::Call(Callee::Value(value), list) => self.call_value(value, list, ty),
            ExprKind::Field(base, at) => self.field(base, at, ty),
            ExprKind::Upcast(_) if !matches!(types.get(ty), Ty::Trait(..)) => self.say("not a trait object"),
            _ => (),
        }
    }

    /// Arguments are of the types of the parameters, with type arguments put in place.
    fn call(&mut self, target: Target, list: crate::arena::List<ExprId>, ty: TyId) {
        let function = &self.program.functions[target.function];
        let arguments = self.program.types.items(target.arguments).to_vec();
        if arguments.iter().any(|ty| self.program.types.has_infer(*ty) || self.program.types.has_wrong(*ty)) {
            self.say("an unknown type argument");
        }
        let values = self.program.nodes.expr_lists.get(list).to_vec();
        let receiver = usize::from(function.receiver.is_some());
        if values.len() != function.arguments() {
            self.say("another number of arguments");
            return;
        }
        // What stands for type parameters is looked at where there are none of the owner's.
        if !arguments.is_empty() && arguments.len() != function.type_params.len() {
            return;
        }
        let subst = Subst::of(&function.type_params, &arguments);
        let types = &self.program.types;
        let mut wrong = Vec::new();
        for (param, value) in function.params.iter().zip(values.into_iter().skip(receiver)) {
            if !same(types, self.ty(value), param.ty, &subst) {
                wrong.push("an argument of another type");
            }
        }
        let result = same(types, ty, function.result, &subst) || function.result == TyId::NEVER;
        if !result {
            wrong.push("a result of another type");
        }
        wrong.into_iter().for_each(|text| self.say(text));
    }

    fn call_value(&mut self, value: ExprId, list: crate::arena::List<ExprId>, ty: TyId) {
        let Ty::Function(params, result, _) = self.program.types.get(self.ty(value)) else {
            self.say("a call of what is no function");
            return;
        };
        let params = self.program.types.items(params).to_vec();
        let values = self.program.nodes.expr_lists.get(list).to_vec();
        if params.len() != values.len() {
            self.say("another number of arguments");
        }
        for (value, param) in values.into_iter().zip(params) {
            self.agree(self.ty(value), param, "an argument");
        }
        self.agree(result, ty, "a result");
    }

    fn field(&mut self, base: ExprId, at: u32, _ty: TyId) {
        let count = match self.program.types.get(self.ty(base)) {
            Ty::Class(id, _) => self.program.classes[id].fields.len(),
            Ty::Error(id) => self.program.errors[id].fields.len(),
            _ => 0,
        };
        if at as usize >= count {
            self.say("no such field");
        }
    }

    fn agree(&mut self, given: TyId, wanted: TyId, what: &str) {
        if !same(&self.program.types, given, wanted, &Subst::default()) {
            let (given, wanted) = (self.program.show(given), self.program.show(wanted));
            self.say(&format!("{what} is `{given}` where `{wanted}` is needed"));
        }
    }
}

/// Whether types are the same, whatever functions and tasks in them raise, with arguments for the parameters in the second.
fn same(types: &crate::types::Types, a: TyId, b: TyId, subst: &Subst) -> bool {
    let b = match types.get(b) {
        Ty::Param(param) => subst.param(param).unwrap_or(b),
        // `T??` is `T?`.
        Ty::Optional(of) => match types.get(of) {
            Ty::Param(param) => {
                let put = subst.param(param).filter(|put| matches!(types.get(*put), Ty::Optional(_)));
                put.unwrap_or(b)
            }
            _ => b,
        },
        _ => b,
    };
    if a == b || a == TyId::NEVER {
        return true;
    }
    let (x, y) = (types.get(a), types.get(b));
    let heads = match (x, y) {
        (Ty::Class(i, _), Ty::Class(j, _)) | (Ty::Actor(i, _), Ty::Actor(j, _)) => i == j,
        (Ty::Enum(i, _), Ty::Enum(j, _)) => i == j,
        (Ty::Trait(i, _), Ty::Trait(j, _)) => i == j,
        (Ty::Caught(_), Ty::Caught(_)) => true,
        _ => {
            let made = matches!(
                x,
                Ty::Tuple(_)
                    | Ty::Array(_)
                    | Ty::Map(..)
                    | Ty::Set(_)
                    | Ty::Optional(_)
                    | Ty::Function(..)
                    | Ty::Task(..)
                    | Ty::Sender(_)
                    | Ty::Receiver(_)
                    | Ty::Stream(_)
                    | Ty::Expectation(_)
            );
            made && std::mem::discriminant(&x) == std::mem::discriminant(&y)
        }
    };
    if !heads {
        return false;
    }
    let (mut p, mut q) = (Vec::new(), Vec::new());
    types.each_part(x, &mut |part| p.push(part));
    types.each_part(y, &mut |part| q.push(part));
    p.len() == q.len() && p.into_iter().zip(q).all(|(a, b)| same(types, a, b, subst))
}
