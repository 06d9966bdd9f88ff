//! Closures.

use pluto_source::Span;
use pluto_syntax::tree::{self, Param};

use super::{Body, Frame, Want};
use crate::arena::Id;
use crate::body::{Closure, ExprId, ExprKind};
use crate::effects::Node;
use crate::error::Immutable;
use crate::program::EffectInfo;
use crate::types::{Ty, TyId};

impl Body<'_, '_> {
    /// `(x) => x * 2`
    pub(super) fn closure(
        &mut self,
        params: tree::List<Param>,
        result: Option<tree::TypeId>,
        body: tree::ExprId,
        span: Span,
        want: Want,
    ) -> ExprId {
        let params = self.nodes.list(params);
        let expected = self.expected_function(want, params.len());
        let effect = self.c.program.effects.add(EffectInfo::default());
        let outer = self.frame().closure;
        let id = self.c.program.nodes.closures.add(Closure {
            params: Vec::new(),
            // What it does is put here when it is known.
            body: ExprId::from_index(0),
            captures: Vec::new(),
            outer,
            effect,
        });
        let result_ty = match (result, &expected) {
            (Some(result), _) => self.written(result),
            (None, Some((_, result))) => *result,
            (None, None) => self.fresh(span),
        };
        let frame = Frame {
            closure: Some(id),
            result: Some(result_ty),
            node: Some(Node::Var(effect)),
            loops: self.loops.len(),
            ..Frame::closed()
        };
        self.frames.push(frame);
        let mark = self.open();
        let defers = std::mem::take(&mut self.defers);
        let outside = std::mem::replace(&mut self.loops_outside, self.loops.len());
        self.scopes.push(None);
        let hidden = self.narrowed.hide_fields();
        let (locals, tys) =
            self.closure_params(params, expected.as_ref().map(|(params, _)| params.as_slice()));
        let made = self.closure_body(body, result_ty);
        self.narrowed.unhide(hidden);
        let _ = self.scopes.pop();
        self.defers = defers;
        self.loops_outside = outside;
        self.close(mark);
        let captures = self.frames.pop().map(|frame| frame.captures).unwrap_or_default();
        let closure = &mut self.c.program.nodes.closures[id];
        (closure.params, closure.body, closure.captures) = (locals, made, captures);
        let ty = self.function_type(&tys, result_ty, effect);
        self.add(ExprKind::Closure(id), ty, span)
    }

    fn expected_function(&mut self, want: Want, count: usize) -> Option<(Vec<TyId>, TyId)> {
        let hint = self.plain_hint(want)?;
        match self.get(hint) {
            Ty::Function(params, result, _) => {
                let params = self.c.program.types.items(params).to_vec();
                (params.len() == count).then_some((params, result))
            }
            _ => None,
        }
    }

    fn closure_params(
        &mut self,
        params: &[Param],
        expected: Option<&[TyId]>,
    ) -> (Vec<crate::body::LocalId>, Vec<TyId>) {
        let mut locals = Vec::with_capacity(params.len());
        let mut tys = Vec::with_capacity(params.len());
        for (at, param) in params.iter().enumerate() {
            let expected = expected.and_then(|expected| expected.get(at)).copied();
            let ty = match (param.ty, expected) {
                (Some(ty), _) => self.written_value(ty),
                (None, Some(ty)) => ty,
                (None, None) => self.fresh(param.name.span),
            };
            locals.push(self.bind(param.name, ty, param.mutable.is_some(), Immutable::Param));
            tys.push(ty);
        }
        (locals, tys)
    }

    /// What a closure does. One that is expected to give nothing drops its value.
    fn closure_body(&mut self, body: tree::ExprId, result: TyId) -> ExprId {
        let result = self.shallow(result);
        if result == TyId::VOID {
            return self.expr(body, Want::Drop);
        }
        let made = self.check(body, result);
        let open = self.shallow(result);
        if matches!(self.get(open), Ty::Infer(_)) && self.ty(made) == TyId::NEVER {
            let span = self.span(made);
            self.unify(open, TyId::NEVER, span);
        }
        made
    }
}
