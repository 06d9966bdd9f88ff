//! Where a value comes from.

use pluto_source::Span;
use rustc_hash::FxHashMap;

use super::flow::Flow;
use super::reach::Reach;
use super::{Given, bit};
use crate::body::{BinaryOp, Callee, Dispatch, ExprId, ExprKind, LocalId, Target};
use crate::checker::Checker;
use crate::error::Leak;
use crate::program::{ClassId, ClassKind, FunctionId, Owner};
use crate::types::{Ty, TyId};

/// What is known beside the bodies.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) reach: Reach,
    pub(super) given: FxHashMap<FunctionId, Given>,
    /// What does what the head of a trait's method says.
    pub(super) implementers: FxHashMap<FunctionId, Vec<FunctionId>>,
}

/// Where a value, or something in it, comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    Local(LocalId),
    /// From an object of a class with an invariant.
    Part(Part),
}

/// A part of an object of a class with an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) span: Span,
    pub(super) ty: TyId,
    /// The name at which the path to the object begins.
    pub(super) root: Option<LocalId>,
    pub(super) how: Leak,
}

/// An expression that is looked at: the longest path that it begins, and whether what comes of it is no part of it any more.
struct Step {
    at: ExprId,
    whole: Option<ExprId>,
    moved: bool,
}

impl Checker<'_> {
    pub(super) fn is_guarded(&self, class: ClassId) -> bool {
        let of = &self.program.classes[class];
        of.kind != ClassKind::Actor && !of.invariants.is_empty()
    }

    pub(super) fn is_guarded_field(&self, class: ClassId, field: u32) -> bool {
        let injected = self.program.classes[class].fields.get(field as usize).is_some_and(|of| of.injected);
        self.is_guarded(class) && !injected
    }

    /// The name at which a path begins.
    pub(crate) fn root_of(&self, mut at: ExprId) -> Option<LocalId> {
        loop {
            at = match self.program.nodes.exprs[at].kind {
                ExprKind::Local(local) => return Some(local),
                ExprKind::Field(base, _)
                | ExprKind::Element(base, _)
                | ExprKind::Index(base, _)
                | ExprKind::Unwrap(base)
                | ExprKind::Downcast(base)
                | ExprKind::Upcast(base) => base,
                _ => return None,
            };
        }
    }

    /// Where a value comes from, without what names are bound to.
    pub(super) fn sources(&mut self, value: ExprId, flow: &Flow, known: &mut Known) -> Vec<Source> {
        let mut found = Vec::new();
        let mut work = vec![Step { at: value, whole: None, moved: false }];
        while let Some(Step { at, whole, moved }) = work.pop() {
            if whole.is_none() && !self.value_holds(at, known) {
                continue;
            }
            let plain = |at| Step { at, whole: None, moved: false };
            let path = |base| Step { at: base, whole: Some(whole.unwrap_or(at)), moved };
            let nodes = &self.program.nodes;
            match nodes.exprs[at].kind {
                ExprKind::Local(local) => found.push(Source::Local(local)),
                ExprKind::Field(base, field) => {
                    let base_ty = self.program.types.get(nodes.exprs[base].ty);
                    let guarded =
                        matches!(base_ty, Ty::Class(class, _) if self.is_guarded_field(class, field));
                    let longest = nodes.exprs[whole.unwrap_or(at)];
                    if !moved && guarded && known.reach.changes(self, longest.ty) {
                        let (span, root) = (longest.span, self.root_of(base));
                        found.push(Source::Part(Part { span, ty: longest.ty, root, how: Leak::Value }));
                    } else {
                        work.push(path(base));
                    }
                }
                ExprKind::Index(base, _)
                | ExprKind::Element(base, _)
                | ExprKind::Unwrap(base)
                | ExprKind::Downcast(base)
                | ExprKind::Upcast(base) => work.push(path(base)),
                ExprKind::Block(_, Some(inner))
                | ExprKind::Wrap(inner)
                | ExprKind::Propagate(inner)
                | ExprKind::Try(inner)
                | ExprKind::Convert(inner)
                | ExprKind::Scope(inner)
                | ExprKind::Chain(_, _, inner)
                | ExprKind::Method(inner, _) => work.push(plain(inner)),
                ExprKind::If(_, then, otherwise) => {
                    work.extend([Some(then), otherwise].into_iter().flatten().map(plain));
                }
                ExprKind::Binary(BinaryOp::Coalesce, left, right) | ExprKind::Default(left, right) => {
                    work.extend([plain(left), plain(right)]);
                }
                ExprKind::Match(_, arms) => {
                    work.extend(nodes.arms.get(arms).iter().map(|arm| plain(arm.body)));
                }
                ExprKind::Handle(value, handler) => {
                    let arms = nodes.arms.get(nodes.handlers[handler].arms);
                    work.extend(arms.iter().map(|arm| plain(arm.body)));
                    work.push(plain(value));
                }
                ExprKind::Select(arms) => {
                    work.extend(nodes.select_arms.get(arms).iter().map(|arm| plain(arm.body)));
                }
                ExprKind::Loop(id, _) => {
                    work.extend(flow.breaks.get(&id).into_iter().flatten().map(|value| plain(*value)));
                }
                ExprKind::Closure(id) => {
                    work.extend(flow.closures.get(&id).into_iter().flatten().map(|value| plain(*value)));
                    found.extend(self.changed_in(id, flow, known));
                }
                ExprKind::Array(list) | ExprKind::Set(list) | ExprKind::Tuple(list) => {
                    work.extend(nodes.expr_lists.get(list).iter().map(|value| plain(*value)));
                }
                ExprKind::Map(entries) => {
                    work.extend(nodes.entries.get(entries).iter().map(|(_, value)| plain(*value)));
                }
                ExprKind::Class(class, _) if self.is_guarded(class) => (),
                ExprKind::Class(_, fields) | ExprKind::Variant(_, _, fields) | ExprKind::Error(_, fields) => {
                    work.extend(nodes.field_values.get(fields).iter().map(|(_, value)| plain(*value)));
                }
                ExprKind::Call(callee, arguments) => {
                    let arguments = nodes.expr_lists.get(arguments).to_vec();
                    let whole = whole.unwrap_or(at);
                    self.sources_of_call(
                        callee,
                        &arguments,
                        Step { at, whole: Some(whole), moved },
                        known,
                        &mut work,
                    );
                }
                _ => (),
            }
        }
        found
    }

    /// What a closure changes that is not its own: who has the closure can change it.
    fn changed_in(&mut self, closure: crate::body::ClosureId, flow: &Flow, known: &mut Known) -> Vec<Source> {
        let mut found = Vec::new();
        for change in &flow.changes {
            // A closure inside of a closure is found by the outer one too.
            let mut at = change.around;
            while at != 0 {
                let Some(of) = flow.arounds.get(at) else { break };
                if of.closure == Some(closure) {
                    found.extend(
                        self.part_of_place(change.place, known).or_else(|| self.own_change(change.place)),
                    );
                    found.extend(self.root_of(change.of).map(Source::Local));
                }
                at = of.outer;
            }
        }
        found
    }

    /// A method that changes its object, or an assignment to a field: what a closure does with `self` when the method has ended.
    fn own_change(&self, place: ExprId) -> Option<Source> {
        let expr = self.program.nodes.exprs[place];
        let object = match expr.kind {
            ExprKind::Field(base, _) => base,
            _ => place,
        };
        let ExprKind::Local(root) = self.program.nodes.exprs[object].kind else { return None };
        let Ty::Class(class, _) = self.program.types.get(self.program.nodes.exprs[object].ty) else {
            return None;
        };
        let own = self.program.text(self.program.nodes.locals[root].name) == "self";
        let part = Part { span: expr.span, ty: expr.ty, root: Some(root), how: Leak::Change };
        (own && self.is_guarded(class)).then_some(Source::Part(part))
    }

    /// The part of a guarded object that a place that is changed is, or is in.
    pub(super) fn part_of_place(&mut self, mut at: ExprId, known: &mut Known) -> Option<Source> {
        loop {
            let expr = self.program.nodes.exprs[at];
            at = match expr.kind {
                ExprKind::Field(base, field) => {
                    let base_ty = self.program.types.get(self.program.nodes.exprs[base].ty);
                    if let Ty::Class(class, _) = base_ty
                        && self.is_guarded_field(class, field)
                        && known.reach.changes(self, expr.ty)
                    {
                        let root = self.root_of(base);
                        return Some(Source::Part(Part {
                            span: expr.span,
                            ty: expr.ty,
                            root,
                            how: Leak::Value,
                        }));
                    }
                    base
                }
                ExprKind::Element(base, _)
                | ExprKind::Index(base, _)
                | ExprKind::Unwrap(base)
                | ExprKind::Downcast(base)
                | ExprKind::Upcast(base) => base,
                _ => return None,
            };
        }
    }

    /// What of its arguments a call may give.
    fn sources_of_call(
        &mut self,
        callee: Callee,
        arguments: &[ExprId],
        step: Step,
        known: &mut Known,
        work: &mut Vec<Step>,
    ) {
        let plain = |at| Step { at, whole: None, moved: false };
        let result = self.program.nodes.exprs[step.at].ty;
        let target = match callee {
            Callee::Target(target) => target,
            Callee::Value(function) => {
                work.push(plain(function));
                let shared = self.sharing(arguments, result, known);
                work.extend(shared.map(plain));
                return;
            }
        };
        if target.dispatch == Dispatch::Message {
            return;
        }
        if self.program.functions[target.function].owner == Owner::Builtin {
            self.sources_of_builtin(target, arguments, step, known, work);
            return;
        }
        let found_late = matches!(target.dispatch, Dispatch::Bound(_) | Dispatch::Object(_));
        let given = known.given.get(&target.function).map_or(0, |given| given.result);
        let bits = if found_late { u64::MAX } else { given };
        let given: Vec<ExprId> =
            (0..).zip(arguments).filter(|(at, _)| bits & bit(*at) != 0).map(|(_, given)| *given).collect();
        let shared = self.sharing(&given, result, known);
        work.extend(shared.map(plain));
    }

    fn sharing(
        &mut self,
        arguments: &[ExprId],
        result: TyId,
        known: &mut Known,
    ) -> std::vec::IntoIter<ExprId> {
        let mut shared = arguments.to_vec();
        shared.retain(|argument| {
            let ty = self.program.nodes.exprs[*argument].ty;
            known.reach.share(self, ty, result)
        });
        shared.into_iter()
    }

    fn sources_of_builtin(
        &mut self,
        target: Target,
        arguments: &[ExprId],
        Step { at, whole, moved }: Step,
        known: &mut Known,
        work: &mut Vec<Step>,
    ) {
        let of = &self.program.functions[target.function];
        let (receiver, result) = (of.receiver, of.result);
        if self.program.text(of.origin.name) == "copy" {
            return;
        }
        let plain = |at| Step { at, whole: None, moved: false };
        let mut rest = arguments;
        if let (Some(changes), [first, others @ ..]) = (receiver, arguments) {
            rest = others;
            let owner = self.owner_params(target.function);
            if self.mentions(result, &owner) && self.elements_hold(*first, known) {
                // What is given is new, or an element.
                let moved = moved || changes || !self.elements_change(*first, known);
                work.push(Step { at: *first, whole: Some(whole.unwrap_or(at)), moved });
            }
        }
        let params = self.program.functions[target.function].params.clone();
        for (argument, param) in rest.iter().zip(&params) {
            if self.flows_into(target, param.ty, result, known) {
                work.push(plain(*argument));
            }
        }
    }

    /// Whether what can be changed comes from an argument of what is built in into what it gives: what both are made of, by their
    /// declared types. What is given is never the argument itself, unless it is of the type of a parameter.
    fn flows_into(&mut self, target: Target, param: TyId, result: TyId, known: &mut Known) -> bool {
        let (owner, own) =
            (self.owner_params(target.function), self.program.functions[target.function].type_params.clone());
        let from = match self.program.types.get(param) {
            // What a closure is given is bound to its names.
            Ty::Function(_, result, _) => result,
            _ => param,
        };
        let types = self.program.types.items(target.arguments).to_vec();
        owner.into_iter().chain(own).zip(types).any(|(param, ty)| {
            self.mentions(from, &[param]) && self.mentions(result, &[param]) && known.reach.holds(self, ty)
        })
    }

    /// Whether one of these type parameters is in a type.
    fn mentions(&self, ty: TyId, params: &[crate::program::TypeParamId]) -> bool {
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            let ty = self.program.types.get(ty);
            if matches!(ty, Ty::Param(param) if params.contains(&param)) {
                return true;
            }
            work.extend(self.parts(ty));
        }
        false
    }
}
