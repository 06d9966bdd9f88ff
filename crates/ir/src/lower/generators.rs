//! Generators: what they yield, and loops over streams and iterators.

use pluto_check::body::{ExprId, For};
use pluto_check::program::{FunctionId, TraitId};
use pluto_check::types::{Subst, Ty, TyId};

use super::calls::Called;
use super::code::{Code, Value};
use super::{Job, Lowering};
use crate::Intrinsic;
use crate::program::{FuncId, Function, Lane, Reg};

impl Lowering<'_> {
    /// A generator as a function: keeps what it is called with, and gives a stream that has not begun.
    pub(super) fn generator_code(&mut self, id: FuncId, function: FunctionId, subst: Subst) -> Function {
        let of = self.source.functions[function].clone();
        let result = self.result_of(function, &subst);
        let mut code = Code::new(self, id, subst.clone(), of.origin.module, result);
        let types = code.generator_params(function);
        let with: Vec<Value> = types.iter().map(|ty| code.param(*ty)).collect();
        code.enter_contracts(&of.contracts, &with);
        code.ensures.clear();
        let captures = code.capture(&types, &with);
        let name = format!("stream {}", code.l.name_of(function));
        let at = code.at;
        let entry = code.l.reserve(name, Vec::new(), true, at);
        code.l.queue.push((entry, Job::Generator(function, subst)));
        let closure = code.closure_of(entry, captures);
        let shape = code.l.shape(result);
        let stream = code.intrinsic(Intrinsic::StreamNew, shape, &closure, &[Lane::Ref]);
        code.give(stream);
        code.finish()
    }

    /// What a generator does.
    pub(super) fn yielding_code(&mut self, id: FuncId, function: FunctionId, subst: Subst) -> Function {
        let of = self.source.functions[function].clone();
        let mut code = Code::new(self, id, subst, of.origin.module, TyId::VOID);
        let captured = code.param_lane(Lane::Ref);
        let types = code.generator_params(function);
        let params = code.captured(captured, &types);
        let Some(body) = of.body else { return code.finish() };
        let root = code.l.source.nodes.bodies[body].root;
        code.begin(root);
        code.name_params(body, &params);
        code.note_dropped(root);
        code.body(body);
        code.give(Vec::new());
        code.finish()
    }
}

impl Code<'_, '_> {
    fn generator_params(&mut self, function: FunctionId) -> Vec<TyId> {
        let of = self.l.source.functions[function].clone();
        let receiver = of.receiver.map(|_| of.self_ty);
        receiver.into_iter().chain(of.params.iter().map(|param| param.ty)).map(|ty| self.ty(ty)).collect()
    }

    /// `yield x`
    pub(super) fn yield_value(&mut self, value: ExprId) -> Value {
        let ty = self.ty_of(value);
        let with = self.expr(value);
        let shape = self.l.shape(ty);
        self.intrinsic(Intrinsic::Yield, shape, &with, &[])
    }

    /// The next value of a stream: whether there is one, and its lanes. An error that the generator raises leaves the function here.
    fn next_of(&mut self, stream: Reg, on: TyId, item: TyId) -> (Reg, Value) {
        let lanes = self.l.lanes(item);
        let all: Vec<Lane> = std::iter::once(Lane::Byte).chain(lanes).chain([Lane::Ref]).collect();
        let shape = self.l.shape(on);
        let next = self.intrinsic(Intrinsic::StreamNext, shape, &[stream], &all);
        let [there, value @ .., error] = &next[..] else { return (Reg(0), Vec::new()) };
        // One that may fail is gone through where it is called, in a function that hands its errors on.
        if self.made.fails {
            self.leave_with(*error);
        }
        (*there, value.to_vec())
    }

    /// `stream.next()`
    pub(super) fn stream_next(&mut self, stream: Reg, on: TyId) -> Called {
        let Ty::Stream(item) = self.l.types.get(on) else { return Called::fine(Vec::new()) };
        let (there, value) = self.next_of(stream, on, item);
        let shape = self.l.shape(item);
        // What may be missing anyway is missing behind the last one.
        let is_optional = matches!(self.l.types.get(item), Ty::Optional(_));
        let value = if is_optional || self.l.out.is_one_ref(shape) {
            value
        } else {
            std::iter::once(there).chain(value).collect()
        };
        Called::fine(value)
    }

    /// `for x in stream`
    pub(super) fn for_stream(&mut self, of: For, item: TyId) -> Value {
        let on = self.ty_of(of.over);
        let stream = self.one(of.over);
        self.for_next(of, item, |code, inside, after| {
            let (there, value) = code.next_of(stream, on, item);
            code.branch(there, inside, after);
            value
        })
    }

    /// `for x in iterator`
    pub(super) fn for_iterator(&mut self, of: For) -> Value {
        let on = self.ty_of(of.over);
        let item = {
            let ty = self.l.source.nodes.patterns[of.pattern].ty;
            self.ty(ty)
        };
        let Some((iterator, method)) = self.l.iterator() else { return self.not_yet(of.over, "an iterator") };
        let value = self.expr(of.over);
        self.for_next(of, item, |code, inside, after| {
            let called = code.call_bound(iterator, method, &[on, item], vec![value], &[on]);
            if let Some(error) = called.error {
                code.leave_with(error);
            }
            let optional = code.l.types.optional(item);
            let there = code.is_there(optional, &called.value);
            code.branch(there, inside, after);
            code.unwrapped(optional, item, called.value)
        })
    }
}

impl Lowering<'_> {
    /// The trait of what a `for` goes through, and its method.
    fn iterator(&self) -> Option<(TraitId, FunctionId)> {
        let (id, of) =
            self.source.traits.iter().find(|(_, of)| self.source.text(of.origin.name) == "Iterator")?;
        Some((id, *of.methods.first()?))
    }

    /// The method by which a stream is an iterator.
    pub(super) fn stream_method(&self, of: TraitId, on: TyId) -> Option<(FunctionId, Vec<TyId>)> {
        let Ty::Stream(item) = self.types.get(on) else { return None };
        let (iterator, _) = self.iterator()?;
        (of == iterator).then(|| self.built_in("stream", "next")).flatten().map(|next| (next, vec![item]))
    }
}
