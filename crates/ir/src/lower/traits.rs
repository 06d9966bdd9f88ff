//! Traits: which method is meant, trait objects.

use pluto_check::body::ExprId;
use pluto_check::program::{FunctionId, Owner, TraitId, TypeParamId};
use pluto_check::types::{Subst, Ty, TyId, Types};

use super::calls::Called;
use super::code::{Code, Value};
use super::loops::first;
use super::{Job, Key, Lowering, Reserved};
use crate::program::{Const, End, FuncId, Function, Inst, Lane, Reg, Shape, VtableId};

impl Lowering<'_> {
    /// The method of a trait that a type has, and its type arguments. `given` are those of the trait's method: the type, the
    /// trait's, the method's own.
    pub(super) fn implementation(
        &mut self,
        of: TraitId,
        method: FunctionId,
        given: &[TyId],
    ) -> Option<(FunctionId, Vec<TyId>)> {
        // What an actor does for a trait is done by its state.
        let on = self.state_of(*given.first()?);
        if let Some(found) = self.stream_method(of, on) {
            return Some(found);
        }
        let name = self.source.functions[method].origin.name;
        let own = given.get(1 + self.source.traits[of].type_params.len()..).unwrap_or_default();
        for (_, found) in self.source.impls.iter() {
            if found.of.is_none_or(|(known, _)| known != of) {
                continue;
            }
            let mut subst = Subst::default();
            if !fits(&self.types, found.on, on, &found.type_params, &mut subst) {
                continue;
            }
            let Some(own_method) =
                found.methods.iter().find(|method| self.source.functions[**method].origin.name == name)
            else {
                break;
            };
            let mut arguments: Vec<TyId> =
                found.type_params.iter().map(|param| subst.param(*param).unwrap_or(TyId::VOID)).collect();
            arguments.extend(own);
            return Some((*own_method, arguments));
        }
        let rest = given.get(1..).unwrap_or_default().iter().copied();
        self.source.functions[method]
            .body
            .is_some()
            .then(|| (method, std::iter::once(on).chain(rest).collect()))
    }

    /// The table of the methods of a trait, of a type.
    fn vtable(&mut self, of: TraitId, arguments: &[TyId], on: TyId) -> Option<VtableId> {
        if let Some(known) = self.vtables.get(&(of, on)) {
            return Some(*known);
        }
        let mut table = Vec::new();
        for method in self.source.traits[of].methods.clone() {
            let given: Vec<TyId> = std::iter::once(on).chain(arguments.iter().copied()).collect();
            let (function, given) = self.implementation(of, method, &given)?;
            let id = self.once(Key::Method(function, given.clone(), on), |l| {
                let subst = Subst::of(&l.params_of(function), &given);
                Reserved {
                    name: l.name_of(function),
                    lanes: l.lanes_of(function, &subst),
                    fails: true,
                    at: l.place_of(function),
                    job: Job::Method(function, given, on),
                }
            });
            table.push(id);
        }
        let id = VtableId(self.out.vtables.len() as u32);
        self.out.vtables.push(table);
        self.vtables.insert((of, on), id);
        Some(id)
    }

    /// A method for a table: takes the object, or what it is put into, and calls the method.
    pub(super) fn method_code(
        &mut self,
        id: FuncId,
        function: FunctionId,
        given: Vec<TyId>,
        on: TyId,
    ) -> Function {
        let of = self.source.functions[function].clone();
        let subst = Subst::of(&self.params_of(function), &given);
        let result = self.result_of(function, &subst);
        let boxed = self.is_boxed(on);
        let mut code = Code::new(self, id, subst, of.origin.module, result);
        let object = code.param_lane(Lane::Ref);
        let params: Vec<Value> = of.params.iter().map(|param| code.param(param.ty)).collect();
        let receiver = if boxed { code.load_value(object, 0, on) } else { vec![object] };
        let with: Vec<Value> = std::iter::once(receiver).chain(params).collect();
        let types: Vec<TyId> =
            std::iter::once(on).chain(of.params.iter().map(|param| code.ty(param.ty))).collect();
        let called = if matches!(code.l.types.get(on), Ty::Actor(..)) {
            code.call_behind_trait(function, given, &with, &types)
        } else {
            let called = code.call_function(function, given, with, &types);
            code.check_changed(function, on, &[object]);
            called
        };
        code.hand_on(called);
        code.finish()
    }

    /// Whether the trait that a method is for says that the actor that has it may be no more.
    pub(super) fn may_be_down(&self, method: FunctionId) -> bool {
        let own = &self.source.functions[method];
        let head = match own.owner {
            Owner::Impl(id) => self.source.impls[id].of.and_then(|(of, _)| {
                let heads = &self.source.traits[of].methods;
                heads.iter().copied().find(|head| self.source.functions[*head].origin.name == own.origin.name)
            }),
            _ => Some(method),
        };
        let down = self.builtin_error_id("ActorDown");
        head.zip(down).is_some_and(|(head, down)| {
            let head = &self.source.functions[head];
            self.source.types.errors(head.declared.unwrap_or(head.raises)).contains(&down)
        })
    }

    /// A method of a trait object as a function value: takes the object and calls its method.
    pub(super) fn object_value_code(
        &mut self,
        id: FuncId,
        of: TraitId,
        method: FunctionId,
        given: &[TyId],
    ) -> Function {
        let source = self.source.functions[method].clone();
        let subst = Subst::of(&self.params_of(method), given);
        let result = self.result_of(method, &subst);
        let mut code = Code::new(self, id, subst, source.origin.module, result);
        let captured = code.param_lane(Lane::Ref);
        let on = given.first().copied().unwrap_or(TyId::VOID);
        let params: Vec<Value> = source.params.iter().map(|param| code.param(param.ty)).collect();
        let with = std::iter::once(code.load_value(captured, 0, on)).chain(params).collect();
        let called = code.call_object(of, method, given, with);
        code.hand_on(called);
        code.finish()
    }

    /// The type of the state of an actor, of its handle; else the type itself.
    fn state_of(&mut self, ty: TyId) -> TyId {
        match self.types.get(ty) {
            Ty::Actor(id, list) => self.types.intern(Ty::Class(id, list)),
            _ => ty,
        }
    }

    /// Whether a value of a type is put into an object to be a trait object: what is no object, and objects that do not say
    /// what they are.
    fn is_boxed(&mut self, ty: TyId) -> bool {
        let shape = self.shape(ty);
        let is_silent = matches!(
            self.out.shape(shape),
            Shape::Text | Shape::Bytes | Shape::Buffer | Shape::Array(_) | Shape::Map(..) | Shape::Set(_)
        );
        is_silent || !self.out.is_one_ref(shape)
    }
}

impl Code<'_, '_> {
    pub(super) fn implementation(
        &mut self,
        of: TraitId,
        method: FunctionId,
        given: &[TyId],
    ) -> Option<(FunctionId, Vec<TyId>)> {
        let found = self.l.implementation(of, method, given);
        if found.is_none() {
            self.missing("a method that is built in, of a trait");
        }
        found
    }

    pub(super) fn call_bound(
        &mut self,
        of: TraitId,
        method: FunctionId,
        given: &[TyId],
        with: Vec<Value>,
        types: &[TyId],
    ) -> Called {
        if let Some(on) = given.first()
            && matches!(self.l.types.get(*on), Ty::Trait(..))
        {
            return self.call_object(of, method, given, with);
        }
        match self.implementation(of, method, given) {
            Some((function, given)) => match types.first().map(|on| self.l.types.get(*on)) {
                Some(Ty::Actor(..)) => self.call_behind_trait(function, given, &with, types),
                _ => self.call_function(function, given, with, types),
            },
            None => Called { value: Vec::new(), error: None },
        }
    }

    /// A call of a method of a trait object.
    pub(super) fn call_object(
        &mut self,
        of: TraitId,
        method: FunctionId,
        given: &[TyId],
        with: Vec<Value>,
    ) -> Called {
        let subst = Subst::of(&self.l.params_of(method), given);
        let result = self.l.result_of(method, &subst);
        let place = self.l.source.traits[of].methods.iter().position(|known| *known == method).unwrap_or(0);
        let mut with = with.into_iter();
        let receiver = with.next().unwrap_or_default();
        let [object, vtable] = receiver[..] else { return Called { value: Vec::new(), error: None } };
        let flat: Vec<Reg> = std::iter::once(object).chain(with.flatten()).collect();
        let value = self.value(result);
        let error = self.reg(Lane::Ref);
        let all: Vec<Reg> = value.iter().copied().chain([error]).collect();
        let (to, with) = (self.list(&all), self.list(&flat));
        self.push(Inst::CallMethod { to, vtable, method: place as u32, with });
        if self.l.may_be_down(method) {
            self.down_here(error);
        }
        Called { value, error: Some(error) }
    }

    /// A method of a trait object as a value.
    pub(super) fn object_method_value(
        &mut self,
        of: TraitId,
        method: FunctionId,
        given: Vec<TyId>,
        ty: TyId,
        object: &[Reg],
    ) -> Value {
        let captures = self.capture(&[ty], &[object.to_vec()]);
        let at = self.at;
        let id = self.l.once(Key::ObjectValue(of, method, given.clone()), |l| {
            let subst = Subst::of(&l.params_of(method), &given);
            let (name, lanes) = (l.name_of(method), l.lanes_of(method, &subst));
            Reserved { name, lanes, fails: true, at, job: Job::ObjectValue(of, method, given) }
        });
        self.closure_of(id, captures)
    }

    /// To a trait object.
    pub(super) fn upcast(&mut self, id: ExprId, of: ExprId) -> Value {
        let (from, to) = (self.ty_of(of), self.ty_of(id));
        let value = self.expr(of);
        self.upcast_value(from, to, value)
    }

    /// A value of one type as one of another type, which is the same or a trait that it has.
    pub(super) fn upcast_value(&mut self, from: TyId, to: TyId, value: Value) -> Value {
        if from == to || from == TyId::NEVER {
            return value;
        }
        let Ty::Trait(of, list) = self.l.types.get(to) else { return value };
        let arguments = self.l.types.items(list).to_vec();
        let object = if self.l.is_boxed(from) {
            let part = self.l.shape(from);
            let shape = self.boxed_shape(part);
            self.object(shape, 0, &value)
        } else {
            first(&value)
        };
        let Some(vtable) = self.l.vtable(of, &arguments, from) else {
            self.missing("this trait object");
            return vec![object, object];
        };
        vec![object, self.constant(Const::Vtable(vtable))]
    }

    /// The shape of what a value of a shape is put into, the same each time.
    fn boxed_shape(&mut self, part: crate::program::ShapeId) -> crate::program::ShapeId {
        let known = self.l.out.shapes.iter().position(|shape| *shape == Shape::Captures(vec![part]));
        match known {
            Some(at) => crate::program::ShapeId(at as u32),
            None => self.l.add_shape(Shape::Captures(vec![part])),
        }
    }

    /// `a is T`
    pub(super) fn is(&mut self, of: ExprId, ty: TyId) -> Value {
        if self.ty_of(of) == TyId::TERM {
            return vec![self.term_is(of, ty, true)];
        }
        let ty = self.ty(ty);
        let object = self.one(of);
        vec![self.is_of(object, ty)]
    }

    pub(super) fn is_of(&mut self, object: Reg, ty: TyId) -> Reg {
        let mut shape = self.l.shape(ty);
        if self.l.is_boxed(ty) {
            shape = self.boxed_shape(shape);
        }
        let to = self.reg(Lane::Byte);
        self.push(Inst::Is { to, object, shape });
        to
    }

    /// From a trait object to what it is known to be; a trap where it is something else.
    pub(super) fn downcast(&mut self, id: ExprId, of: ExprId) -> Value {
        let (from, to) = (self.ty_of(of), self.ty_of(id));
        if from == TyId::TERM {
            return self.converted_term(of, to);
        }
        let object = self.one(of);
        let is = self.is_of(object, to);
        let (fine, not) = (self.block(), self.block());
        self.branch(is, fine, not);
        self.enter(not);
        self.end(End::Trap(crate::program::Trap::Convert));
        self.enter(fine);
        if self.l.is_boxed(to) { self.load_value(object, 0, to) } else { vec![object] }
    }
}

/// Whether a type is what an impl is for, and what stands for its parameters then.
fn fits(types: &Types, pattern: TyId, ty: TyId, params: &[TypeParamId], subst: &mut Subst) -> bool {
    if let Ty::Param(param) = types.get(pattern)
        && params.contains(&param)
    {
        if let Some(bound) = subst.param(param) {
            return bound == ty;
        }
        subst.set(param, ty);
        return true;
    }
    if !types.has_param(pattern) {
        return pattern == ty;
    }
    let (wanted, given) = (types.get(pattern), types.get(ty));
    if std::mem::discriminant(&wanted) != std::mem::discriminant(&given) || !same_head(wanted, given) {
        return false;
    }
    let parts = |ty| {
        let mut parts = Vec::new();
        types.each_part(ty, &mut |part| parts.push(part));
        parts
    };
    let (a, b) = (parts(wanted), parts(given));
    a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| fits(types, a, b, params, subst))
}

fn same_head(a: Ty, b: Ty) -> bool {
    match (a, b) {
        (Ty::Class(a, _), Ty::Class(b, _)) | (Ty::Actor(a, _), Ty::Actor(b, _)) => a == b,
        (Ty::Enum(a, _), Ty::Enum(b, _)) => a == b,
        (Ty::Trait(a, _), Ty::Trait(b, _)) => a == b,
        _ => true,
    }
}
