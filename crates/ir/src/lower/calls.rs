//! Calls, function values, and the code of functions.

use pluto_check::arena::{Id, List};
use pluto_check::body::{BodyId, Callee, ClosureId, Dispatch, ExprId, ExprKind, Target};
use pluto_check::program::{ConstId, ContractKind, FunctionId, ModuleId, Owner};
use pluto_check::types::{Subst, Ty, TyId, TyList};

use super::code::{Code, Value};
use super::concurrency::ActorMethod;
use super::loops::first;
use super::objects::local_at;
use super::{Job, Key, Lowering, Reserved};
use crate::Intrinsic;
use crate::program::{Const, End, FuncId, Function, Inst, IntOp, Lane, Reg, Shape, Trap};

/// What a call gave.
pub(super) struct Called {
    /// Its value.
    pub(super) value: Value,
    /// The error, or null; nothing where it cannot fail.
    pub(super) error: Option<Reg>,
}

impl Called {
    pub(super) fn fine(value: Value) -> Self {
        Self { value, error: None }
    }
}

impl Lowering<'_> {
    pub(super) fn function_code(&mut self, id: FuncId, function: FunctionId, subst: Subst) -> Function {
        let of = self.source.functions[function].clone();
        if of.yields.is_some() {
            return self.generator_code(id, function, subst);
        }
        let result = self.result_of(function, &subst);
        let mut code = Code::new(self, id, subst, of.origin.module, result);
        let Some(body) = of.body else {
            code.at = code.l.location(of.origin.module, of.origin.span);
            code.missing(&format!("`{}`", code.l.name_of(function)));
            return code.finish();
        };
        let mut params = Vec::new();
        if of.receiver.is_some() {
            let self_ty = code.ty(of.self_ty);
            params.push(code.param(self_ty));
        }
        for param in &of.params {
            let ty = code.ty(param.ty);
            params.push(code.param(ty));
        }
        code.begin(code.l.source.nodes.bodies[body].root);
        code.enter_contracts(&of.contracts, &params);
        code.name_params(body, &params);
        let void = result == TyId::VOID;
        if void {
            code.note_dropped(code.l.source.nodes.bodies[body].root);
        }
        let value = code.body(body);
        let diverges = {
            let root = code.l.source.nodes.bodies[body].root;
            code.ty_of(root) == TyId::NEVER
        };
        if diverges {
            code.end(End::Unreachable);
        } else {
            code.give(if void { Vec::new() } else { value });
        }
        code.finish()
    }

    pub(super) fn closure_code(
        &mut self,
        id: FuncId,
        closure: ClosureId,
        result: TyId,
        subst: Subst,
        module: ModuleId,
    ) -> Function {
        let of = self.source.nodes.closures[closure].clone();
        let mut code = Code::new(self, id, subst, module, result);
        code.begin(of.body);
        let captured = code.param_lane(Lane::Ref);
        let mut params = Vec::new();
        for param in &of.params {
            let ty = code.l.source.nodes.locals[*param].ty;
            params.push(code.param(ty));
        }
        let mut lane = 0;
        for local in &of.captures {
            let ty = code.l.source.nodes.locals[*local].ty;
            let ty = code.ty(ty);
            let value = code.load_value(captured, lane, ty);
            lane += value.len() as u32;
            code.locals.insert(*local, value);
        }
        for (local, value) in of.params.iter().zip(params) {
            code.bind(*local, &value);
        }
        let value = code.expr(of.body);
        if code.ty_of(of.body) == TyId::NEVER {
            code.end(End::Unreachable);
        } else {
            code.give(if result == TyId::VOID { Vec::new() } else { value });
        }
        code.finish()
    }

    /// A function as a function value: takes what is captured, which is the receiver of a method, and calls the function.
    pub(super) fn value_code(
        &mut self,
        id: FuncId,
        function: FunctionId,
        arguments: Vec<TyId>,
        bound: bool,
    ) -> Function {
        let of = self.source.functions[function].clone();
        let subst = Subst::of(&self.params_of(function), &arguments);
        let result = self.result_of(function, &subst);
        let mut code = Code::new(self, id, subst, of.origin.module, result);
        let captured = code.param_lane(Lane::Ref);
        let mut with = Vec::new();
        let mut types = Vec::new();
        let params: Vec<Value> = of.params.iter().map(|param| code.param(param.ty)).collect();
        if bound {
            let self_ty = code.ty(of.self_ty);
            with.push(code.load_value(captured, 0, self_ty));
            types.push(self_ty);
        }
        with.extend(params);
        types.extend(of.params.iter().map(|param| code.ty(param.ty)));
        let receiver = with.first().cloned().filter(|_| bound);
        let called = code.call_function(function, arguments, with, &types);
        if let (Some(receiver), Some(ty)) = (receiver, types.first()) {
            code.check_changed(function, *ty, &receiver);
        }
        code.hand_on(called);
        code.finish()
    }

    pub(super) fn variant_code(&mut self, id: FuncId, ty: TyId, variant: u32) -> Function {
        let Ty::Enum(of, list) = self.types.get(ty) else {
            return Code::new(self, id, Subst::default(), ModuleId::from_index(0), ty).finish();
        };
        let of = self.source.enums[of].clone();
        let subst = Subst::of(&of.type_params, self.types.items(list));
        let mut code = Code::new(self, id, subst, of.origin.module, ty);
        code.param_lane(Lane::Ref);
        let mut lanes = Vec::new();
        for field in
            of.variants.get(variant as usize).map(|variant| variant.fields.clone()).unwrap_or_default()
        {
            lanes.extend(code.param(field.ty));
        }
        let made = code.make_variant(ty, variant, &lanes);
        code.give(vec![made]);
        code.finish()
    }

    pub(super) fn const_code(&mut self, id: FuncId, constant: ConstId) -> Function {
        let of = self.source.consts[constant].clone();
        let mut code = Code::new(self, id, Subst::default(), of.origin.module, of.ty);
        let value = of.body.map(|body| code.body(body)).unwrap_or_default();
        code.give(value);
        code.finish()
    }
}

impl Code<'_, '_> {
    /// Gives names to the values of `self` and the parameters, in a body.
    pub(super) fn name_params(&mut self, body: BodyId, params: &[Value]) {
        let locals = self.l.source.nodes.bodies[body].locals;
        for (at, value) in (locals.0..locals.1).zip(params) {
            // A parameter that is assigned is a name of its own.
            let local = local_at(at);
            if self.celled.contains(&local) {
                let ty = self.l.source.nodes.locals[local].ty;
                let ty = self.ty(ty);
                self.bind_cell(local, ty, value);
            } else {
                self.locals.insert(local, value.clone());
            }
        }
    }

    /// Checks what a function asks for, keeps what `old` is of, and what is to be checked at its end.
    pub(super) fn enter_contracts(&mut self, contracts: &[pluto_check::program::Contract], params: &[Value]) {
        for contract in contracts {
            self.name_params(contract.body, params);
            match contract.kind {
                ContractKind::Requires => self.check_contract(contract, &[]),
                _ => {
                    self.keep_olds(contract.body);
                    self.ensures.push(*contract);
                }
            }
        }
    }

    fn keep_olds(&mut self, body: BodyId) {
        let (first, end) = self.l.source.nodes.bodies[body].exprs;
        for at in first..end {
            let id = ExprId::from_index(at);
            if let ExprKind::Old(of) = self.l.source.nodes.exprs[id].kind {
                let ty = self.ty_of(of);
                let value = self.expr(of);
                let value = self.copy(ty, &value);
                self.olds.insert(id, value);
            }
        }
    }

    /// A deep copy of a value.
    pub(super) fn copy(&mut self, ty: TyId, value: &[Reg]) -> Value {
        let (shape, lanes) = (self.l.shape(ty), self.l.lanes(ty));
        if lanes.contains(&Lane::Ref) {
            self.intrinsic(Intrinsic::Copy, shape, value, &lanes)
        } else {
            self.copied(value)
        }
    }

    /// Checks what a function promises of its result.
    pub(super) fn promise(&mut self, result: &[Reg]) {
        let outer = std::mem::replace(&mut self.given, result.to_vec());
        for contract in self.ensures.clone() {
            self.check_contract(&contract, &[]);
        }
        self.given = outer;
    }

    /// Gives on what a call gave, its error too.
    pub(super) fn hand_on(&mut self, called: Called) {
        let mut results = called.value;
        if self.made.fails {
            results.push(match called.error {
                Some(error) => error,
                None => self.constant(Const::Null),
            });
        }
        let results = self.list(&results);
        self.end(End::Return(results));
    }

    pub(super) fn call(&mut self, id: ExprId, callee: Callee, arguments: List<ExprId>) -> Called {
        let arguments = self.l.source.nodes.expr_lists.get(arguments).to_vec();
        match callee {
            Callee::Value(value) => {
                let ty = self.ty_of(value);
                let value = self.one(value);
                let with: Value = arguments.into_iter().flat_map(|argument| self.expr(argument)).collect();
                let result = match self.l.types.get(ty) {
                    Ty::Function(_, result, _) => result,
                    _ => TyId::VOID,
                };
                self.at = self.place_of(id);
                self.call_value(value, &with, result)
            }
            Callee::Target(target) => {
                let types: Vec<TyId> = arguments.iter().map(|argument| self.ty_of(*argument)).collect();
                let given = self.target_arguments(target);
                let with = self.arguments(target, &given, &arguments);
                self.at = self.place_of(id);
                let changed = match (arguments.first(), types.first()) {
                    (Some(receiver), Some(ty)) if !self.is_self(*receiver) => {
                        Some((*ty, with.first().cloned()))
                    }
                    _ => None,
                };
                let called = self.call_target(target, given, with, &types);
                if let Some((ty, Some(object))) = changed {
                    self.check_changed(target.function, ty, &object);
                }
                called
            }
        }
    }

    fn is_self(&self, expr: ExprId) -> bool {
        match self.l.source.nodes.exprs[expr].kind {
            ExprKind::Local(local) => self.l.source.text(self.l.source.nodes.locals[local].name) == "self",
            _ => false,
        }
    }

    /// Checks the invariants of an object behind a call from outside of a method that may have changed it, also where the call
    /// gave an error.
    pub(super) fn check_changed(&mut self, method: FunctionId, ty: TyId, object: &[Reg]) {
        if self.l.source.functions[method].receiver != Some(true) {
            return;
        }
        if let Ty::Class(class, list) = self.l.types.get(ty) {
            let subst = Subst::of(&self.l.source.classes[class].type_params, self.l.types.items(list));
            self.check_invariants(class, &subst, object);
        }
    }

    /// The type arguments of a target here.
    pub(super) fn target_arguments(&mut self, target: Target) -> Vec<TyId> {
        let list = self.l.types.items(target.arguments).to_vec();
        list.into_iter().map(|ty| self.ty(ty)).collect()
    }

    /// Arguments in the order of the parameters, each made when it is its turn as they are written, and those that are not given last.
    pub(super) fn arguments(&mut self, target: Target, given: &[TyId], arguments: &[ExprId]) -> Vec<Value> {
        let mut values = vec![Value::new(); arguments.len()];
        for at in self.as_written(arguments) {
            if let (Some(argument), Some(place)) = (arguments.get(at), values.get_mut(at)) {
                *place = self.argument(target, given, *argument);
            }
        }
        values
    }

    /// The places of expressions in the order in which they are written; defaults come last.
    pub(super) fn as_written(&self, exprs: &[ExprId]) -> Vec<usize> {
        let mut places: Vec<usize> = (0..exprs.len()).collect();
        places.sort_by_key(|at| {
            let expr = exprs.get(*at).map(|expr| self.l.source.nodes.exprs[*expr]);
            expr.map(|expr| (matches!(expr.kind, ExprKind::DefaultArgument(..)), expr.span.start))
        });
        places
    }

    /// An argument; what is not given is the default, which belongs to the function.
    pub(super) fn argument(&mut self, target: Target, given: &[TyId], argument: ExprId) -> Value {
        let ExprKind::DefaultArgument(function, at) = self.l.source.nodes.exprs[argument].kind else {
            return self.expr(argument);
        };
        let default =
            self.l.source.functions[function].params.get(at as usize).and_then(|param| param.default);
        let Some(default) = default else { return Vec::new() };
        let params = self.l.params_of(target.function);
        let outer = std::mem::replace(&mut self.subst, Subst::of(&params, given));
        let value = self.body(default);
        self.subst = outer;
        value
    }

    pub(super) fn call_target(
        &mut self,
        target: Target,
        given: Vec<TyId>,
        with: Vec<Value>,
        types: &[TyId],
    ) -> Called {
        match target.dispatch {
            Dispatch::Direct | Dispatch::Impl(_) => self.call_function(target.function, given, with, types),
            Dispatch::Bound(of) => self.call_bound(of, target.function, &given, with, types),
            Dispatch::Object(of) => self.call_object(of, target.function, &given, with),
            Dispatch::Message => self.call_actor(target.function, given, &with, types),
        }
    }

    /// A call of a function, whose code is made for these types.
    pub(super) fn call_function(
        &mut self,
        function: FunctionId,
        given: Vec<TyId>,
        with: Vec<Value>,
        types: &[TyId],
    ) -> Called {
        let of = &self.l.source.functions[function];
        if of.body.is_none() {
            return self.call_builtin(function, &given, &with, types);
        }
        let params = self.l.params_of(function);
        let subst = Subst::of(&params, &given);
        let result = self.l.result_of(function, &subst);
        let fails = self.l.fails(function);
        let to = self.l.function(function, given);
        let flat: Vec<Reg> = with.into_iter().flatten().collect();
        self.call_id(to, &flat, result, fails)
    }

    pub(super) fn call_id(&mut self, function: FuncId, with: &[Reg], result: TyId, fails: bool) -> Called {
        let lanes = self.l.lanes(result);
        let value: Value = lanes.into_iter().map(|lane| self.reg(lane)).collect();
        let error = fails.then(|| self.reg(Lane::Ref));
        let all: Vec<Reg> = value.iter().copied().chain(error).collect();
        let (to, with) = (self.list(&all), self.list(with));
        self.push(Inst::Call { to, function, with });
        if result == TyId::NEVER && !fails {
            self.end(End::Unreachable);
        }
        Called { value, error }
    }

    pub(super) fn call_value(&mut self, callee: Reg, with: &[Reg], result: TyId) -> Called {
        let lanes = self.l.lanes(result);
        let value: Value = lanes.into_iter().map(|lane| self.reg(lane)).collect();
        let error = self.reg(Lane::Ref);
        let all: Vec<Reg> = value.iter().copied().chain([error]).collect();
        let (to, with) = (self.list(&all), self.list(with));
        self.push(Inst::CallValue { to, value: callee, with });
        Called { value, error: Some(error) }
    }

    /// What is built in and has no body: an instruction, or something that the run-time system does.
    fn call_builtin(
        &mut self,
        function: FunctionId,
        given: &[TyId],
        with: &[Value],
        types: &[TyId],
    ) -> Called {
        let subst = Subst::of(&self.l.params_of(function), given);
        let result = self.l.result_of(function, &subst);
        let name = self.builtin_name(function);
        let flat: Vec<Reg> = with.iter().flatten().copied().collect();
        let on = types.first().copied().unwrap_or(TyId::VOID);
        let op = match name.as_str() {
            "int.wrapping_add" => Some(IntOp::WrappingAdd),
            "int.wrapping_sub" => Some(IntOp::WrappingSub),
            "int.wrapping_mul" => Some(IntOp::WrappingMul),
            _ => None,
        };
        match name.as_str() {
            "expect" => return Called::fine(flat),
            _ if on == TyId::TERM && name.starts_with("term.") => {
                return Called::fine(self.term_method(name.trim_start_matches("term."), &flat));
            }
            _ if self.l.source.functions[function].built_in == "expectation" => {
                let matcher = name.trim_start_matches("expectation.");
                self.expectation(matcher, on, &flat);
                return Called::fine(Vec::new());
            }
            "chan" => return self.chan(result, first(&flat)),
            "sender.send" => return self.send(on, &flat),
            "stream.next" => return self.stream_next(first(&flat), on),
            "receiver.recv" => return self.recv(on, first(&flat), result),
            "task.get" => {
                let shape = self.l.shape(on);
                let failed = ("TaskFailed", self.site());
                return self.wait_for(Intrinsic::TaskGet, shape, &flat, result, failed);
            }
            _ => (),
        }
        if let (Some(op), [left, right]) = (op, &flat[..]) {
            return Called::fine(vec![self.int_operator(op, *left, *right)]);
        }
        Called::fine(match name.as_str() {
            "byte.wrapping_add" => vec![self.wrapping_byte(IntOp::WrappingAdd, &flat)],
            "byte.wrapping_sub" => vec![self.wrapping_byte(IntOp::WrappingSub, &flat)],
            "array.len" => {
                let to = self.reg(Lane::Int);
                self.push(Inst::Len { to, array: first(&flat) });
                vec![to]
            }
            "print" => {
                let text = self.show(on, &flat);
                let shape = self.l.shape(TyId::STRING);
                self.intrinsic(Intrinsic::Print, shape, &[text], &[])
            }
            "debug" => {
                let shape = self.l.shape(on);
                let text = self.intrinsic(Intrinsic::Show, shape, &flat, &[Lane::Ref]);
                let shape = self.l.shape(TyId::STRING);
                self.intrinsic(Intrinsic::Debug, shape, &text, &[])
            }
            "trap" => {
                self.end(End::Trap(Trap::Said(first(&flat))));
                Vec::new()
            }
            "array.sum" | "array.product" => vec![self.fold(first(&flat), result, name == "array.product")],
            "any.copy" => {
                let shape = self.l.shape(on);
                self.check_copied(shape, &flat);
                self.copy(on, &flat)
            }
            "any.to_string" => vec![self.show(on, &flat)],
            "float.to_int" => vec![self.cast(crate::program::Cast::FloatToInt, first(&flat), Lane::Int)],
            "float.truncate" => vec![self.cast(crate::program::Cast::Truncate, first(&flat), Lane::Int)],
            "int.to_float" => vec![self.cast(crate::program::Cast::IntToFloat, first(&flat), Lane::Float)],
            // Its lane is its nanoseconds.
            "duration.as_nanos" | "duration.of_nanos" => flat,
            "byte.to_int" | "bool.to_int" => {
                vec![self.cast(crate::program::Cast::ByteToInt, first(&flat), Lane::Int)]
            }
            "optional.is_some" => vec![self.is_there(on, &flat)],
            "optional.is_none" => {
                let there = self.is_there(on, &flat);
                vec![self.cast(crate::program::Cast::Not, there, Lane::Byte)]
            }
            _ => match self.l.intrinsics.get(name.as_str()).copied() {
                Some(what) => {
                    let shape = self.l.shape(on);
                    let lanes = self.l.lanes(result);
                    self.intrinsic(what, shape, &flat, &lanes)
                }
                None => {
                    self.missing(&format!("`{name}`"));
                    let lanes = self.l.lanes(result);
                    self.nothings(&lanes)
                }
            },
        })
    }

    fn builtin_name(&self, function: FunctionId) -> String {
        let of = &self.l.source.functions[function];
        let name = self.l.source.text(of.origin.name);
        match (of.owner, of.built_in) {
            (Owner::Module, _) => format!("{}.{name}", self.l.source.show_module(of.origin.module)),
            (_, "") => name.to_owned(),
            (_, kind) => format!("{kind}.{name}"),
        }
    }

    /// A function as a value.
    pub(super) fn function_value(&mut self, function: FunctionId, arguments: TyList) -> Value {
        let list = self.l.types.items(arguments).to_vec();
        let given: Vec<TyId> = list.into_iter().map(|ty| self.ty(ty)).collect();
        let captures = self.constant(Const::Null);
        let id = self.value_function(function, given, false);
        self.closure_of(id, captures)
    }

    fn value_function(&mut self, function: FunctionId, given: Vec<TyId>, bound: bool) -> FuncId {
        let at = self.at;
        self.l.once(Key::Value(function, given.clone(), bound), |l| {
            let subst = Subst::of(&l.params_of(function), &given);
            let (name, lanes) = (l.name_of(function), l.lanes_of(function, &subst));
            Reserved { name, lanes, fails: true, at, job: Job::Value(function, given, bound) }
        })
    }

    pub(super) fn closure_of(&mut self, function: FuncId, captures: Reg) -> Value {
        let to = self.reg(Lane::Ref);
        self.push(Inst::Closure { to, function, captures });
        vec![to]
    }

    /// A method as a value: its receiver is what it captures.
    pub(super) fn method_value(&mut self, receiver: ExprId, target: Target) -> Value {
        let ty = self.ty_of(receiver);
        let value = self.expr(receiver);
        let given = self.target_arguments(target);
        let (function, given) = match target.dispatch {
            Dispatch::Direct if self.l.source.functions[target.function].built_in == "actor" => {
                return self.actor_method_value(target.function, given, (ty, &value), ActorMethod::BuiltIn);
            }
            Dispatch::Direct | Dispatch::Impl(_) => (target.function, given),
            Dispatch::Bound(of) => match self.implementation(of, target.function, &given) {
                Some((function, given)) if matches!(self.l.types.get(ty), Ty::Actor(..)) => {
                    return self.actor_method_value(function, given, (ty, &value), ActorMethod::OfTrait);
                }
                Some(found) => found,
                None => return Vec::new(),
            },
            Dispatch::Object(of) => return self.object_method_value(of, target.function, given, ty, &value),
            Dispatch::Message => {
                return self.actor_method_value(target.function, given, (ty, &value), ActorMethod::Own);
            }
        };
        let part = self.l.shape(ty);
        let shape = self.l.add_shape(Shape::Captures(vec![part]));
        let captures = self.object(shape, 0, &value);
        let id = self.value_function(function, given, true);
        self.closure_of(id, captures)
    }

    pub(super) fn variant_value(&mut self, id: ExprId) -> Value {
        let ExprKind::VariantFunction(_, variant) = self.l.source.nodes.exprs[id].kind else {
            return Vec::new();
        };
        let ty = self.ty_of(id);
        let Ty::Function(_, result, _) = self.l.types.get(ty) else { return Vec::new() };
        let at = self.at;
        let function = self.l.once(Key::Variant(result, variant), |l| Reserved {
            name: "variant".to_owned(),
            lanes: l.lanes(result),
            fails: true,
            at,
            job: Job::Variant(result, variant),
        });
        let captures = self.constant(Const::Null);
        self.closure_of(function, captures)
    }

    pub(super) fn closure(&mut self, id: ExprId, closure: ClosureId) -> Value {
        let of = self.l.source.nodes.closures[closure].clone();
        let (mut lanes, mut parts) = (Vec::new(), Vec::new());
        for local in &of.captures {
            let ty = self.l.source.nodes.locals[*local].ty;
            parts.push(self.shape(ty));
            lanes.extend(self.local(*local));
        }
        let captures = if parts.is_empty() {
            self.constant(Const::Null)
        } else {
            let shape = self.l.add_shape(Shape::Captures(parts));
            self.object(shape, 0, &lanes)
        };
        // What it does may never come to its end, and leave with a value before.
        let ty = self.ty_of(id);
        let Ty::Function(_, result, _) = self.l.types.get(ty) else { return Vec::new() };
        let (lanes, at) = (self.l.lanes(result), self.at);
        let name = format!("closure in {}", self.made.name);
        let function = self.l.reserve(name, lanes, true, at);
        self.l.queue.push((function, Job::Closure(closure, result, self.subst.clone(), self.module)));
        self.closure_of(function, captures)
    }
}
