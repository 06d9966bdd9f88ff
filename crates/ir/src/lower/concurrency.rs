//! Tasks, actors, channels, `select`.

use pluto_check::arena::List;
use pluto_check::body::{Callee, ExprId, ExprKind, For, PatternId, SelectArm, SelectKind, Target};
use pluto_check::program::{ErrorId, FunctionId, ModuleId};
use pluto_check::types::{Subst, Ty, TyId};

use super::calls::Called;
use super::code::{Code, Value};
use super::loops::first;
use super::{Job, Key, Lowering, Reserved};
use crate::Intrinsic;
use crate::program::{BlockId, Const, End, FuncId, Function, Inst, Lane, Reg, Shape, Test, Trap};

/// What a task does: a call, of something with these types.
pub(super) struct Started {
    /// What is called, with its type arguments; nothing where the first type is that of a function value.
    target: Option<(Target, Vec<TyId>)>,
    types: Vec<TyId>,
    result: TyId,
    module: ModuleId,
}

/// A method that is called with the handle of an actor.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ActorMethod {
    /// Its own.
    Own,
    /// One of a trait.
    OfTrait,
    /// One that every actor has, as `stop`.
    BuiltIn,
}

impl Lowering<'_> {
    /// The function that a task begins with: takes what it is called with, and calls it.
    pub(super) fn task_code(&mut self, id: FuncId, started: Started) -> Function {
        let Started { target, types, result, module } = started;
        let mut code = Code::new(self, id, Subst::default(), module, result);
        let captured = code.param_lane(Lane::Ref);
        let with = code.captured(captured, &types);
        let called = match target {
            Some((target, given)) => {
                let receiver = with.first().cloned();
                let called = code.call_target(target, given, with, &types);
                if let (Some(receiver), Some(ty)) = (receiver, types.first()) {
                    code.check_changed(target.function, *ty, &receiver);
                }
                called
            }
            None => {
                let with: Vec<Reg> = with.into_iter().flatten().collect();
                let (callee, with) =
                    with.split_first().map_or((Reg(0), &[][..]), |(callee, with)| (*callee, with));
                code.call_value(callee, with, result)
            }
        };
        code.hand_on(called);
        code.finish()
    }

    /// What an actor does about a message: takes what it is called with and the state, and calls the method.
    pub(super) fn message_code(&mut self, id: FuncId, function: FunctionId, given: Vec<TyId>) -> Function {
        let of = self.source.functions[function].clone();
        let subst = Subst::of(&self.params_of(function), &given);
        let result = self.result_of(function, &subst);
        let mut code = Code::new(self, id, subst, of.origin.module, result);
        let (captured, state) = (code.param_lane(Lane::Ref), code.param_lane(Lane::Ref));
        let self_ty = code.ty(of.self_ty);
        let params: Vec<TyId> = of.params.iter().map(|param| code.ty(param.ty)).collect();
        let arguments = code.captured(captured, &params);
        let with = std::iter::once(vec![state]).chain(arguments).collect();
        let types: Vec<TyId> = std::iter::once(self_ty).chain(params).collect();
        let called = code.call_function(function, given, with, &types);
        code.check_changed(function, self_ty, &[state]);
        code.hand_on(called);
        code.finish()
    }

    /// A method of an actor as a function value: takes the handle, sends the message and waits for its reply.
    pub(super) fn actor_value_code(
        &mut self,
        id: FuncId,
        function: FunctionId,
        given: Vec<TyId>,
        handle: TyId,
        method: ActorMethod,
    ) -> Function {
        let of = self.source.functions[function].clone();
        let subst = Subst::of(&self.params_of(function), &given);
        let result = self.result_of(function, &subst);
        let mut code = Code::new(self, id, subst, of.origin.module, result);
        let captured = code.param_lane(Lane::Ref);
        let params: Vec<Value> = of.params.iter().map(|param| code.param(param.ty)).collect();
        let types: Vec<TyId> =
            std::iter::once(handle).chain(of.params.iter().map(|param| code.ty(param.ty))).collect();
        let with: Vec<Value> = std::iter::once(code.load_value(captured, 0, handle)).chain(params).collect();
        let called = match method {
            ActorMethod::Own => code.call_actor(function, given, &with, &types),
            ActorMethod::OfTrait => code.call_behind_trait(function, given, &with, &types),
            ActorMethod::BuiltIn => code.call_function(function, given, with, &types),
        };
        code.hand_on(called);
        code.finish()
    }

    /// A built-in error.
    fn builtin_error(&mut self, name: &str) -> Option<(ErrorId, TyId)> {
        let id = self.builtin_error_id(name)?;
        Some((id, self.types.intern(Ty::Error(id))))
    }

    pub(super) fn builtin_error_id(&self, name: &str) -> Option<ErrorId> {
        let found = self.source.errors.iter().find(|(_, error)| self.source.text(error.origin.name) == name);
        found.map(|(id, _)| id)
    }
}

impl Code<'_, '_> {
    /// What was captured, as values of types.
    pub(super) fn captured(&mut self, captured: Reg, types: &[TyId]) -> Vec<Value> {
        let mut lane = 0;
        let mut values = Vec::with_capacity(types.len());
        for ty in types {
            let value = self.load_value(captured, lane, *ty);
            lane += value.len() as u32;
            values.push(value);
        }
        values
    }

    /// Values of types as one object.
    pub(super) fn capture(&mut self, types: &[TyId], values: &[Value]) -> Reg {
        if types.is_empty() {
            return self.constant(Const::Null);
        }
        let parts = types.iter().map(|ty| self.l.shape(*ty)).collect();
        let shape = self.l.add_shape(Shape::Captures(parts));
        let lanes: Vec<Reg> = values.iter().flatten().copied().collect();
        self.object(shape, 0, &lanes)
    }

    /// The same where it is copied for another task.
    fn capture_copies(&mut self, types: &[TyId], values: &[Value]) -> Reg {
        for (ty, value) in types.iter().zip(values) {
            let shape = self.l.shape(*ty);
            self.check_copied(shape, value);
        }
        self.capture(types, values)
    }

    /// `spawn f(x)`
    pub(super) fn spawn(&mut self, id: ExprId, call: ExprId) -> Value {
        let ExprKind::Call(callee, arguments) = self.l.source.nodes.exprs[call].kind else {
            return self.not_yet(id, "this task");
        };
        let arguments = self.l.source.nodes.expr_lists.get(arguments).to_vec();
        let (mut types, mut values) = (Vec::new(), Vec::new());
        if let Callee::Value(value) = callee {
            types.push(self.ty_of(value));
            values.push(self.expr(value));
        }
        let given = match callee {
            Callee::Target(target) => Some((target, self.target_arguments(target))),
            Callee::Value(_) => None,
        };
        types.extend(arguments.iter().map(|argument| self.ty_of(*argument)));
        match &given {
            Some((target, given)) => values.extend(self.arguments(*target, given, &arguments)),
            None => values.extend(arguments.into_iter().map(|argument| self.expr(argument))),
        }
        self.at = self.place_of(id);
        let captures = self.capture_copies(&types, &values);
        let name = match &given {
            Some((target, _)) => self.l.name_of(target.function),
            None => "closure".to_owned(),
        };
        let result = self.ty_of(call);
        let lanes = self.l.lanes(result);
        let entry = self.l.reserve(format!("task {name}"), lanes, true, self.at);
        let started = Started { target: given, types, result, module: self.module };
        self.l.queue.push((entry, Job::Task(Box::new(started))));
        let closure = self.closure_of(entry, captures);
        let kind = match (self.scopes > 0, self.dropped.contains(&id)) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        };
        let kind = self.int(kind);
        let ty = self.ty_of(id);
        let shape = self.l.shape(ty);
        self.intrinsic(Intrinsic::Spawn, shape, &[first(&closure), kind], &[Lane::Ref])
    }

    /// `spawn Counter { n: 5 }`
    pub(super) fn spawn_actor(&mut self, id: ExprId, of: ExprId) -> Value {
        let ty = self.ty_of(id);
        let (ExprKind::Class(class, given), Ty::Actor(_, list)) =
            (self.l.source.nodes.exprs[of].kind, self.l.types.get(ty))
        else {
            return self.not_yet(id, "this actor");
        };
        let state_ty = self.l.types.intern(Ty::Class(class, list));
        let at = self.place_of(of);
        let state = self.class_of(state_ty, class, given, at);
        let of_state = self.l.shape(state_ty);
        self.check_copied(of_state, &state);
        let shape = self.l.shape(ty);
        self.intrinsic(Intrinsic::SpawnActor, shape, &state, &[Lane::Ref])
    }

    /// A function value of the state of an actor: a method, and what it is called with.
    fn message(&mut self, function: FunctionId, given: Vec<TyId>, with: &[Value], types: &[TyId]) -> Reg {
        let types = types.get(1..).unwrap_or_default();
        let captures = self.capture_copies(types, with.get(1..).unwrap_or_default());
        let entry = self.l.once(Key::Message(function, given.clone()), |l| {
            let subst = Subst::of(&l.params_of(function), &given);
            Reserved {
                name: format!("message {}", l.name_of(function)),
                lanes: l.lanes_of(function, &subst),
                fails: true,
                at: l.place_of(function),
                job: Job::Message(function, given),
            }
        });
        first(&self.closure_of(entry, captures))
    }

    /// `c.add(1)`: sends a message and waits for its reply.
    pub(super) fn call_actor(
        &mut self,
        function: FunctionId,
        given: Vec<TyId>,
        with: &[Value],
        types: &[TyId],
    ) -> Called {
        let site = self.site();
        self.call_actor_from(site, function, given, with, types)
    }

    /// The same, with the place at which an `ActorDown` is made.
    fn call_actor_from(
        &mut self,
        site: u32,
        function: FunctionId,
        given: Vec<TyId>,
        with: &[Value],
        types: &[TyId],
    ) -> Called {
        let subst = Subst::of(&self.l.params_of(function), &given);
        let result = self.l.result_of(function, &subst);
        let handle = with.first().map_or(Reg(0), |value| first(value));
        let message = self.message(function, given, with, types);
        let shape = self.l.shape(result);
        self.wait_for(Intrinsic::ActorCall, shape, &[handle, message], result, ("ActorDown", site))
    }

    /// The same as the method of a trait: a trap where what the trait says may fail does not hold that an actor may be no
    /// more.
    pub(super) fn call_behind_trait(
        &mut self,
        function: FunctionId,
        given: Vec<TyId>,
        with: &[Value],
        types: &[TyId],
    ) -> Called {
        let site = self.l.behind_trait.unwrap_or_else(|| self.site());
        self.l.behind_trait = Some(site);
        let called = self.call_actor_from(site, function, given, with, types);
        if self.l.may_be_down(function) {
            return called;
        }
        let (Some(error), Some((_, down))) = (called.error, self.l.builtin_error("ActorDown")) else {
            return called;
        };
        let shape = self.l.shape(down);
        let is = self.reg(Lane::Byte);
        self.push(Inst::Is { to: is, object: error, shape });
        self.when(is, |code| {
            let why = code.load(error, 0, Lane::Ref);
            code.end(End::Trap(Trap::Said(why)));
        });
        called
    }

    /// Behind a call of a method of a trait object: an `ActorDown` that its table has made is made here.
    pub(super) fn down_here(&mut self, error: Reg) {
        let Some((_, down)) = self.l.builtin_error("ActorDown") else { return };
        let made = self.l.behind_trait.unwrap_or_else(|| self.site());
        self.l.behind_trait = Some(made);
        let shape = self.l.shape(down);
        let is = self.reg(Lane::Byte);
        self.push(Inst::Is { to: is, object: error, shape });
        self.when(is, |code| {
            let site = code.reg(Lane::Int);
            code.push(Inst::Variant { to: site, object: error });
            let behind = code.constant(Const::Int(i64::from(made)));
            let same = code.test(Test::Eq, site, behind);
            code.when(same, |code| {
                let (why, site) = (code.load(error, 0, Lane::Ref), code.site());
                let here = code.object(shape, site, &[why]);
                code.move_to(&[error], &[here]);
            });
        });
    }

    /// A method of an actor as a value: what it captures is the handle.
    pub(super) fn actor_method_value(
        &mut self,
        function: FunctionId,
        given: Vec<TyId>,
        (handle, value): (TyId, &[Reg]),
        method: ActorMethod,
    ) -> Value {
        let captures = self.capture(&[handle], &[value.to_vec()]);
        let at = self.at;
        let id = self.l.once(Key::ActorValue(function, given.clone(), handle, method), |l| {
            let subst = Subst::of(&l.params_of(function), &given);
            let (name, lanes) = (l.name_of(function), l.lanes_of(function, &subst));
            let job = Job::ActorValue(function, given, handle, method);
            Reserved { name, lanes, fails: true, at, job }
        });
        self.closure_of(id, captures)
    }

    /// `c.add(1) later`
    pub(super) fn later(&mut self, id: ExprId, call: ExprId) -> Value {
        let ExprKind::Call(Callee::Target(target), arguments) = self.l.source.nodes.exprs[call].kind else {
            return self.not_yet(id, "this message");
        };
        let arguments = self.l.source.nodes.expr_lists.get(arguments).to_vec();
        let given = self.target_arguments(target);
        let types: Vec<TyId> = arguments.iter().map(|argument| self.ty_of(*argument)).collect();
        let with = self.arguments(target, &given, &arguments);
        let handle = with.first().map_or(Reg(0), |value| first(value));
        let message = self.message(target.function, given, &with, &types);
        let shape = self.l.shape(TyId::VOID);
        self.intrinsic(Intrinsic::ActorTell, shape, &[handle, message], &[])
    }

    /// Waits for how something ends: its result, or its error, which is a built-in one where it ended by a trap.
    pub(super) fn wait_for(
        &mut self,
        what: Intrinsic,
        shape: crate::program::ShapeId,
        with: &[Reg],
        result: TyId,
        (failed, site): (&str, u32),
    ) -> Called {
        let lanes = self.l.lanes(result);
        let all: Vec<Lane> = std::iter::once(Lane::Byte).chain(lanes).chain([Lane::Ref, Lane::Ref]).collect();
        let ended = self.intrinsic(what, shape, with, &all);
        let [how, value @ .., error, why] = &ended[..] else { return Called::fine(Vec::new()) };
        let trapped = self.is_trapped(*how);
        self.when(trapped, |code| {
            let made = code.builtin_failure(failed, site, &[*why]);
            code.move_to(&[*error], &[made]);
        });
        Called { value: value.to_vec(), error: Some(*error) }
    }

    fn builtin_failure(&mut self, name: &str, site: u32, lanes: &[Reg]) -> Reg {
        match self.l.builtin_error(name) {
            Some((_, ty)) => {
                let shape = self.l.shape(ty);
                self.object(shape, site, lanes)
            }
            None => {
                self.missing(&format!("`{name}`"));
                self.constant(Const::Null)
            }
        }
    }

    /// The error of a channel that is closed, or null. `then` is what is done besides where it is closed.
    fn if_closed(&mut self, closed: Reg, then: impl FnOnce(&mut Self)) -> Reg {
        let error = self.constant(Const::Null);
        self.when(closed, |code| {
            let site = code.site();
            let made = code.builtin_failure("ChannelClosed", site, &[]);
            code.move_to(&[error], &[made]);
            then(code);
        });
        error
    }

    /// `tx.send(x)`
    pub(super) fn send(&mut self, on: TyId, flat: &[Reg]) -> Called {
        let shape = self.l.shape(on);
        let closed = self.intrinsic(Intrinsic::Send, shape, flat, &[Lane::Byte]);
        Called { value: Vec::new(), error: Some(self.if_closed(first(&closed), |_| ())) }
    }

    /// `rx.recv()`
    pub(super) fn recv(&mut self, on: TyId, receiver: Reg, result: TyId) -> Called {
        let (closed, value) = self.received(on, receiver, result);
        Called { value, error: Some(self.if_closed(closed, |_| ())) }
    }

    fn received(&mut self, on: TyId, receiver: Reg, item: TyId) -> (Reg, Value) {
        let shape = self.l.shape(on);
        let all: Vec<Lane> = std::iter::once(Lane::Byte).chain(self.l.lanes(item)).collect();
        let mut got = self.intrinsic(Intrinsic::Recv, shape, &[receiver], &all);
        let value = got.split_off(1);
        (first(&got), value)
    }

    /// `for x in rx`
    pub(super) fn for_messages(&mut self, of: For, item: TyId) -> Value {
        let on = self.ty_of(of.over);
        let receiver = self.one(of.over);
        self.for_next(of, item, |code, inside, after| {
            let (closed, value) = code.received(on, receiver, item);
            code.branch(closed, after, inside);
            value
        })
    }

    /// `select { … }`
    pub(super) fn select(&mut self, id: ExprId, arms: List<SelectArm>) -> Called {
        let ty = self.ty_of(id);
        let arms = self.l.source.nodes.select_arms.get(arms).to_vec();
        let default = arms.iter().position(|arm| matches!(arm.kind, SelectKind::Default));
        let waits = self.select_arms(&arms);
        self.at = self.place_of(id);
        let void = self.l.shape(TyId::VOID);
        self.intrinsic(Intrinsic::SelectStart, void, &[], &[]);
        for (what, shape, with) in waits {
            self.intrinsic(what, shape, &with, &[]);
        }
        let has_default = self.byte(default.is_some());
        let lanes = [Lane::Int, Lane::Byte];
        let done = self.intrinsic(Intrinsic::SelectWait, void, &[has_default], &lanes);
        let [at, closed] = done[..] else { return Called::fine(Vec::new()) };
        let (result, after) = (self.value(ty), self.block());
        let waits = arms.iter().any(|arm| matches!(arm.kind, SelectKind::Receive(..) | SelectKind::Send(..)));
        // Where a channel is closed, no arm is done.
        let error = waits.then(|| self.if_closed(closed, |code| code.jump(after)));
        self.do_arm(&arms, default, at, (&result, ty, after));
        Called { value: result, error }
    }

    /// What the arms of a `select` wait for.
    fn select_arms(&mut self, arms: &[SelectArm]) -> Vec<(Intrinsic, crate::program::ShapeId, Vec<Reg>)> {
        let mut waits = Vec::new();
        for arm in arms {
            match arm.kind {
                SelectKind::Receive(channel, _) => {
                    let ty = self.ty_of(channel);
                    let with = self.expr(channel);
                    waits.push((Intrinsic::SelectRecv, self.l.shape(ty), with));
                }
                SelectKind::Send(channel, value) => {
                    let ty = self.ty_of(channel);
                    let mut with = self.expr(channel);
                    with.extend(self.expr(value));
                    let shape = self.l.shape(ty);
                    // Nothing is called between the arms.
                    self.check_arguments(Intrinsic::SelectSend, shape, &with);
                    waits.push((Intrinsic::SelectSend, shape, with));
                }
                SelectKind::After(time) => {
                    let with = self.expr(time);
                    waits.push((Intrinsic::SelectAfter, self.l.shape(TyId::DURATION), with));
                }
                SelectKind::Default => (),
            }
        }
        waits
    }

    /// Does the arm with a number; its value goes to registers, and on it goes behind all arms.
    fn do_arm(
        &mut self,
        arms: &[SelectArm],
        default: Option<usize>,
        at: Reg,
        (result, ty, after): (&[Reg], TyId, BlockId),
    ) {
        let blocks: Vec<_> = arms.iter().map(|_| self.block()).collect();
        // `default` is behind all others.
        let mut targets: Vec<_> =
            (0..).zip(&blocks).filter(|(at, _)| Some(*at) != default).map(|(_, block)| *block).collect();
        targets.extend(default.and_then(|at| blocks.get(at)));
        self.end(if targets.is_empty() { End::Unreachable } else { End::Switch(at, targets) });
        for (arm, block) in arms.iter().zip(blocks) {
            self.enter(block);
            if let SelectKind::Receive(channel, Some(pattern)) = arm.kind {
                self.take_message(channel, pattern);
            }
            let value = self.expr_as(arm.body, ty);
            self.move_to(result, &value);
            self.jump(after);
        }
        self.enter(after);
    }

    fn take_message(&mut self, channel: ExprId, pattern: PatternId) {
        let ty = self.ty_of(channel);
        let Ty::Receiver(item) = self.l.types.get(ty) else { return };
        let (shape, lanes) = (self.l.shape(ty), self.l.lanes(item));
        let value = self.intrinsic(Intrinsic::SelectTake, shape, &[], &lanes);
        let never = self.block();
        self.pattern(pattern, item, &value, never);
    }

    /// `chan<T>(n)`
    pub(super) fn chan(&mut self, result: TyId, capacity: Reg) -> Called {
        let shape = self.l.shape(result);
        Called::fine(self.intrinsic(Intrinsic::Chan, shape, &[capacity], &[Lane::Ref, Lane::Ref]))
    }
}
