//! The shapes of types.

use pluto_check::program::Field;
use pluto_check::types::{Subst, Ty, TyId};

use super::Lowering;
use crate::program::{Fields, Lane, Shape, ShapeId, TERM};

impl Lowering<'_> {
    /// The lanes of a value of a type.
    pub(super) fn lanes(&mut self, ty: TyId) -> Vec<Lane> {
        let shape = self.shape(ty);
        self.out.lanes(shape)
    }

    /// The shape of a type without parameters.
    pub(super) fn shape(&mut self, ty: TyId) -> ShapeId {
        let ty = if ty == TyId::TERM { self.term_type() } else { ty };
        if let Some(known) = self.shapes.get(&ty) {
            return *known;
        }
        let id = ShapeId(self.out.shapes.len() as u32);
        self.shapes.insert(ty, id);
        // A class or an enum can hold itself: what it is on its outside is known before its fields are.
        let outside = self.outside(ty);
        self.out.shapes.push(outside);
        let shape = self.new_shape(ty);
        if let Some(place) = self.out.shapes.get_mut(id.index()) {
            *place = shape;
        }
        self.note_guarded(ty, id);
        id
    }

    /// A shape that no type has.
    pub(super) fn add_shape(&mut self, shape: Shape) -> ShapeId {
        self.out.shapes.push(shape);
        ShapeId(self.out.shapes.len() as u32 - 1)
    }

    fn outside(&self, ty: TyId) -> Shape {
        match self.types.get(ty) {
            Ty::Enum(id, _) => {
                let of = &self.source.enums[id];
                let variants = of.variants.iter().map(|variant| {
                    let fields = variant.fields.iter().map(|_| (String::new(), ShapeId(0))).collect();
                    Fields { name: String::new(), fields }
                });
                Shape::Enum(String::new(), variants.collect())
            }
            Ty::Class(..) | Ty::Error(_) => Shape::Class(Fields { name: String::new(), fields: Vec::new() }),
            _ => Shape::Void,
        }
    }

    fn new_shape(&mut self, ty: TyId) -> Shape {
        match self.types.get(ty) {
            Ty::Int => Shape::Int,
            Ty::Float => Shape::Float,
            Ty::Bool => Shape::Bool,
            Ty::Byte => Shape::Byte,
            Ty::String => Shape::Text,
            Ty::Bytes => Shape::Bytes,
            Ty::Buffer => Shape::Buffer,
            Ty::Duration => Shape::Duration,
            Ty::Instant => Shape::Instant,
            Ty::Range => Shape::Range,
            Ty::Tuple(list) => {
                let parts = self.types.items(list).to_vec();
                Shape::Tuple(parts.into_iter().map(|part| self.shape(part)).collect())
            }
            Ty::Array(of) => Shape::Array(self.shape(of)),
            Ty::Map(key, value) => Shape::Map(self.shape(key), self.shape(value)),
            Ty::Set(of) => Shape::Set(self.shape(of)),
            Ty::Optional(of) => Shape::Optional(self.shape(of)),
            Ty::Function(..) => Shape::Closure,
            Ty::Task(of, _) => Shape::Task(self.shape(of)),
            Ty::Sender(of) => Shape::Sender(self.shape(of)),
            Ty::Stream(of) => Shape::Stream(self.shape(of)),
            Ty::Receiver(of) => Shape::Receiver(self.shape(of)),
            // What is expected of, and nothing more.
            Ty::Expectation(of) => Shape::Tuple(vec![self.shape(of)]),
            Ty::Class(id, list) => {
                let of = &self.source.classes[id];
                let (name, fields, params) = (of.origin.name, of.fields.clone(), of.type_params.clone());
                let subst = Subst::of(&params, self.types.items(list));
                let name = self.source.text(name).to_owned();
                Shape::Class(Fields { name, fields: self.fields(&fields, &subst) })
            }
            Ty::Enum(id, list) => {
                let of = self.source.enums[id].clone();
                let subst = Subst::of(&of.type_params, self.types.items(list));
                let mut variants = Vec::with_capacity(of.variants.len());
                for variant in &of.variants {
                    let name = self.source.text(variant.name).to_owned();
                    variants.push(Fields { name, fields: self.fields(&variant.fields, &subst) });
                }
                let name = if ty == self.term_type() { TERM } else { self.source.text(of.origin.name) };
                Shape::Enum(name.to_owned(), variants)
            }
            Ty::Error(id) => {
                let of = self.source.errors[id].clone();
                let name = self.source.text(of.origin.name).to_owned();
                Shape::Class(Fields { name, fields: self.fields(&of.fields, &Subst::default()) })
            }
            Ty::Actor(id, _) => {
                Shape::Actor(self.source.text(self.source.classes[id].origin.name).to_owned())
            }
            Ty::Caught(_) => Shape::Error,
            Ty::Trait(id, _) => {
                Shape::Object(self.source.text(self.source.traits[id].origin.name).to_owned())
            }
            Ty::Void | Ty::Never | Ty::Term | Ty::Wrong | Ty::Infer(_) | Ty::Param(_) => Shape::Void,
        }
    }

    fn fields(&mut self, fields: &[Field], subst: &Subst) -> Vec<(String, ShapeId)> {
        let mut made = Vec::with_capacity(fields.len());
        for field in fields {
            let ty = self.types.substitute(field.ty, subst);
            let shape = self.shape(ty);
            made.push((self.source.text(field.name).to_owned(), shape));
        }
        made
    }
}
