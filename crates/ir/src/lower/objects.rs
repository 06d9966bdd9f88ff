//! Objects: classes, errors, variants, and their fields.

use pluto_check::arena::List;
use pluto_check::body::{BodyId, BodyOwner, ExprId};
use pluto_check::program::{ClassId, EnumId, ErrorId, Field};
use pluto_check::types::{Subst, Ty, TyId};

use super::code::{Code, Value};
use super::injection::Injected;
use crate::program::{End, Location, Reg, Shape, Trap};
use crate::shape::is_plain;

impl Code<'_, '_> {
    /// `Point { x: 1 }`
    pub(super) fn class(&mut self, id: ExprId, class: ClassId, given: List<(u32, ExprId)>) -> Value {
        let ty = self.ty_of(id);
        let at = self.at;
        self.class_of(ty, class, given, at)
    }

    /// A new object of a class, or the state of an actor.
    pub(super) fn class_of(
        &mut self,
        ty: TyId,
        class: ClassId,
        given: List<(u32, ExprId)>,
        at: Location,
    ) -> Value {
        let of = self.l.source.classes[class].clone();
        let Ty::Class(_, list) = self.l.types.get(ty) else { return Vec::new() };
        let subst = Subst::of(&of.type_params, self.l.types.items(list));
        let injected = match of.fields.iter().any(|field| field.injected) {
            true => self.put_together(class, list, at),
            false => Injected::default(),
        };
        let lanes = self.field_values(&of.fields, given, &injected, &subst);
        let shape = self.l.shape(ty);
        let made = vec![self.object(shape, 0, &lanes)];
        self.check_invariants(class, &subst, &made);
        made
    }

    pub(super) fn error(&mut self, id: ExprId, error: ErrorId, given: List<(u32, ExprId)>) -> Value {
        let ty = self.ty_of(id);
        let fields = self.l.source.errors[error].fields.clone();
        let lanes = self.field_values(&fields, given, &Injected::default(), &Subst::default());
        let shape = self.l.shape(ty);
        let site = self.site();
        vec![self.object(shape, site, &lanes)]
    }

    /// The place where an error is made here.
    pub(super) fn site(&mut self) -> u32 {
        self.l.out.sites.push(self.at);
        self.l.out.sites.len() as u32 - 1
    }

    pub(super) fn variant(
        &mut self,
        id: ExprId,
        of: EnumId,
        variant: u32,
        given: List<(u32, ExprId)>,
    ) -> Value {
        let ty = self.ty_of(id);
        let of = self.l.source.enums[of].clone();
        let Ty::Enum(_, list) = self.l.types.get(ty) else { return self.not_yet(id, "this variant") };
        let subst = Subst::of(&of.type_params, self.l.types.items(list));
        let Some(fields) = of.variants.get(variant as usize) else { return Vec::new() };
        let lanes = self.field_values(&fields.fields, given, &Injected::default(), &subst);
        vec![self.make_variant(ty, variant, &lanes)]
    }

    /// A variant of the lanes of its fields.
    pub(super) fn make_variant(&mut self, ty: TyId, variant: u32, lanes: &[Reg]) -> Reg {
        let shape = self.l.shape(ty);
        match self.l.out.shape(shape) {
            Shape::Enum(_, variants) if is_plain(variants) => self.int(i64::from(variant)),
            _ => self.object(shape, variant, lanes),
        }
    }

    /// The values of all fields: those that are given, in their order, what is injected, and the defaults of the others.
    pub(super) fn field_values(
        &mut self,
        fields: &[Field],
        given: List<(u32, ExprId)>,
        injected: &Injected,
        subst: &Subst,
    ) -> Vec<Reg> {
        let mut values: Vec<Option<Value>> = vec![None; fields.len()];
        let given = self.l.source.nodes.field_values.get(given).to_vec();
        let exprs: Vec<ExprId> = given.iter().map(|(_, value)| *value).collect();
        for place in self.as_written(&exprs) {
            let Some((at, value)) = given.get(place).copied() else { continue };
            let made = self.expr(value);
            if let Some(place) = values.get_mut(at as usize) {
                *place = Some(made);
            }
        }
        let mut lanes = Vec::new();
        for ((at, field), value) in (0..).zip(fields).zip(values) {
            let value = match (value.or_else(|| injected.get(&at).cloned()), field.default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    let outer = std::mem::replace(&mut self.subst, subst.clone());
                    let value = self.body(default);
                    self.subst = outer;
                    value
                }
                (None, None) => {
                    self.missing("a field without a value");
                    let ty = self.l.types.substitute(field.ty, subst);
                    let lanes = self.l.lanes(ty);
                    self.nothings(&lanes)
                }
            };
            lanes.extend(value);
        }
        lanes
    }

    pub(super) fn field(&mut self, of: ExprId, at: u32) -> Value {
        let ty = self.ty_of(of);
        let object = self.one(of);
        let (ty, lane) = self.field_place(ty, 0, at);
        self.load_value(object, lane, ty)
    }

    pub(super) fn element(&mut self, of: ExprId, at: u32) -> Value {
        let (start, len) = self.element_lanes(of, at);
        let value = self.expr(of);
        value.get(start..start + len).unwrap_or_default().to_vec()
    }

    /// Checks the invariants of an object of a class.
    pub(super) fn check_invariants(&mut self, class: ClassId, subst: &Subst, object: &[Reg]) {
        for contract in self.l.source.classes[class].invariants.clone() {
            let outer = std::mem::replace(&mut self.subst, subst.clone());
            self.check_contract(&contract, object);
            self.subst = outer;
        }
    }

    /// Whether a clause of a contract holds, in which `self` is an object.
    pub(super) fn clause(&mut self, body: BodyId, object: &[Reg]) -> Value {
        let of = self.l.source.nodes.bodies[body];
        if matches!(of.owner, BodyOwner::Invariant(_)) {
            self.locals.insert(local_at(of.locals.0), object.to_vec());
        }
        let outer = std::mem::replace(&mut self.in_contract, true);
        let holds = self.body(body);
        self.in_contract = outer;
        holds
    }

    /// Checks a clause of a contract, in which `self` is an object.
    pub(super) fn check_contract(&mut self, contract: &pluto_check::program::Contract, object: &[Reg]) {
        let body = self.l.source.nodes.bodies[contract.body];
        let holds = self.clause(contract.body, object);
        let Some(holds) = holds.first().copied() else { return };
        let (fine, broken) = (self.block(), self.block());
        self.branch(holds, fine, broken);
        self.enter(broken);
        let clause = self.l.location(body.module, contract.span);
        // What a function asks for and promises is its own; an invariant is broken by who changed the object.
        let place = if object.is_empty() { clause } else { self.at };
        let at = std::mem::replace(&mut self.at, place);
        let kind = self.l.text(match contract.kind {
            pluto_check::program::ContractKind::Requires => "requires",
            pluto_check::program::ContractKind::Ensures => "ensures",
            pluto_check::program::ContractKind::Invariant => "invariant",
        });
        self.end(End::Trap(Trap::Contract(kind, clause)));
        self.at = at;
        self.enter(fine);
    }
}

pub(super) fn local_at(index: u32) -> pluto_check::body::LocalId {
    pluto_check::arena::Id::from_index(index)
}
