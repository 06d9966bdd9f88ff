//! What a copy of a value would copy.

use rustc_hash::FxHashSet;

use super::heap::{Heap, Object};
use crate::program::{Lane, Shape, ShapeId};

impl Heap<'_> {
    /// Objects in a value: the shape is a pair of that of the value and of what captures what is looked for.
    pub(super) fn reached(&self, lanes: &[u64], shape: ShapeId) -> Vec<u64> {
        let Shape::Tuple(parts) = self.program.shape(shape) else { return Vec::new() };
        let [value, of] = parts[..] else { return Vec::new() };
        let Shape::Captures(wanted) = self.program.shape(of) else { return Vec::new() };
        let (mut seen, mut found, mut work) = (FxHashSet::default(), Vec::new(), Vec::new());
        self.held_by(value, lanes, &mut work);
        while let Some((object, shape)) = work.pop() {
            if !seen.insert(object) {
                continue;
            }
            match self.get(object) {
                Some(Object::Fields { shape, lanes, .. }) => {
                    if wanted.contains(shape) {
                        found.push(object);
                    }
                    for (part, lanes) in self.split(&self.field_shapes(object), lanes) {
                        self.held_by(part, lanes, &mut work);
                    }
                }
                Some(Object::Closure { captures, .. }) => work.push((*captures, shape)),
                Some(Object::Array { width, lanes, .. }) => {
                    if let Shape::Array(of) = *self.program.shape(shape) {
                        lanes
                            .chunks((*width).max(1))
                            .for_each(|element| self.held_by(of, element, &mut work));
                    }
                }
                Some(Object::Map(entries)) => {
                    let (key, value) = match *self.program.shape(shape) {
                        Shape::Map(key, value) => (key, value),
                        Shape::Set(of) => (of, of),
                        _ => continue,
                    };
                    for (key_lanes, value_lanes) in entries.rows.iter().flatten() {
                        self.held_by(key, key_lanes, &mut work);
                        self.held_by(value, value_lanes, &mut work);
                    }
                }
                Some(Object::Text(_) | Object::Bytes(_) | Object::Handle(_)) | None => (),
            }
        }
        found
    }

    /// The objects that the lanes of a value are, with the shapes of those that do not know theirs.
    fn held_by(&self, shape: ShapeId, lanes: &[u64], into: &mut Vec<(u64, ShapeId)>) {
        match self.program.shape(shape) {
            Shape::Tuple(parts) => {
                for (part, lanes) in self.split(parts, lanes) {
                    self.held_by(part, lanes, into);
                }
            }
            Shape::Optional(of) if self.program.is_one_ref(*of) => self.held_by(*of, lanes, into),
            Shape::Optional(of) => {
                if let Some((1.., held)) = lanes.split_first() {
                    self.held_by(*of, held, into);
                }
            }
            _ => {
                let refs = lanes.iter().zip(self.program.lanes(shape));
                let refs = refs.filter(|(lane, kind)| *kind == Lane::Ref && **lane != 0);
                into.extend(refs.map(|(lane, _)| (*lane, shape)));
            }
        }
    }
}
