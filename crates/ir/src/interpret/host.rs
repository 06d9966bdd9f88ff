//! Functions of the standard library that are not written in Pluto.

use pluto_host::{Function, Kind, Nothing, Value};

use super::heap::Object;
use super::{Machine, Step};

impl Machine<'_, '_> {
    /// Does a function with the lanes of its arguments, and gives those of its result.
    pub(super) fn host(&mut self, function: &Function, with: &[u64]) -> Step<Vec<u64>> {
        let with: Vec<Value> =
            function.takes.iter().zip(with).map(|(kind, lane)| self.value(*kind, *lane)).collect();
        let gives = match function.outside {
            true => function.call(self.world.outside(), &with),
            false => function.call(&mut Nothing::default(), &with),
        };
        gives.into_iter().map(|value| self.lane_of(value)).collect()
    }

    fn value(&self, kind: Kind, lane: u64) -> Value {
        match kind {
            Kind::Int => Value::Int(lane as i64),
            Kind::Float => Value::Float(f64::from_bits(lane)),
            Kind::Bool => Value::Bool(lane != 0),
            Kind::Text => Value::Text(self.heap.text(lane).to_string()),
            Kind::Bytes => match self.heap.get(lane) {
                Some(Object::Bytes(bytes)) => Value::Bytes(bytes.clone()),
                _ => Value::Bytes(Vec::new()),
            },
            Kind::Texts => match self.heap.get(lane) {
                Some(Object::Array { lanes, .. }) => {
                    Value::Texts(lanes.iter().map(|lane| self.heap.text(*lane).to_string()).collect())
                }
                _ => Value::Texts(Vec::new()),
            },
        }
    }

    fn lane_of(&mut self, value: Value) -> Step<u64> {
        Ok(match value {
            Value::Int(value) => value as u64,
            Value::Float(value) => value.to_bits(),
            Value::Bool(value) => u64::from(value),
            Value::Text(text) => self.new_text(&text)?,
            Value::Bytes(bytes) => self.heap.add(Object::Bytes(bytes))?,
            Value::Texts(texts) => self.text_array(&texts)?,
            Value::None => 0,
        })
    }
}
