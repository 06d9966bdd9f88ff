//! The lanes of shapes.

use crate::program::{Fields, Lane, Program, Shape, ShapeId};

impl Program {
    /// The lanes of a value of a shape.
    #[must_use]
    pub fn lanes(&self, shape: ShapeId) -> Vec<Lane> {
        let mut lanes = Vec::new();
        self.add_lanes(shape, &mut lanes);
        lanes
    }

    fn add_lanes(&self, shape: ShapeId, lanes: &mut Vec<Lane>) {
        match self.shape(shape) {
            Shape::Int | Shape::Duration | Shape::Instant => lanes.push(Lane::Int),
            Shape::Float => lanes.push(Lane::Float),
            Shape::Bool | Shape::Byte => lanes.push(Lane::Byte),
            Shape::Void => (),
            Shape::Range => lanes.extend([Lane::Int, Lane::Int, Lane::Byte]),
            Shape::Tuple(parts) => parts.iter().for_each(|part| self.add_lanes(*part, lanes)),
            Shape::Optional(of) => {
                if !self.is_one_ref(*of) {
                    lanes.push(Lane::Byte);
                }
                self.add_lanes(*of, lanes);
            }
            Shape::Object(_) => lanes.extend([Lane::Ref, Lane::Int]),
            Shape::Enum(_, variants) if is_plain(variants) => lanes.push(Lane::Int),
            _ => lanes.push(Lane::Ref),
        }
    }

    /// Whether a value of a shape is one object that is always there, so that null can say that there is none.
    #[must_use]
    pub fn is_one_ref(&self, shape: ShapeId) -> bool {
        match self.shape(shape) {
            Shape::Text
            | Shape::Bytes
            | Shape::Buffer
            | Shape::Array(_)
            | Shape::Map(..)
            | Shape::Set(_)
            | Shape::Class(_)
            | Shape::Closure
            | Shape::Captures(_)
            | Shape::Error
            | Shape::Task(_)
            | Shape::Sender(_)
            | Shape::Receiver(_)
            | Shape::Stream(_)
            | Shape::Actor(_) => true,
            Shape::Enum(_, variants) => !is_plain(variants),
            _ => false,
        }
    }

    /// The lanes of an object: those of the fields of a class, a variant, what is captured.
    #[must_use]
    pub fn object_lanes(&self, shape: ShapeId, variant: u32) -> Vec<Lane> {
        let parts: Vec<ShapeId> = match self.shape(shape) {
            Shape::Class(of) => of.fields.iter().map(|(_, shape)| *shape).collect(),
            Shape::Enum(_, variants) => match variants.get(variant as usize) {
                Some(of) => of.fields.iter().map(|(_, shape)| *shape).collect(),
                None => Vec::new(),
            },
            Shape::Captures(parts) => parts.clone(),
            _ => Vec::new(),
        };
        parts.into_iter().flat_map(|part| self.lanes(part)).collect()
    }

    /// A shape.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "an id comes from its own table, which never shrinks")]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.index()]
    }
}

/// Whether no variant of an enum holds anything, so that its number is all of it.
pub(crate) fn is_plain(variants: &[Fields]) -> bool {
    variants.iter().all(|variant| variant.fields.is_empty())
}
