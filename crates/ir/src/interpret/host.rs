//! Functions of the standard library that are not written in Pluto.

use pluto_host::{Asked, Function, Kind, Nothing, Token, Turn, Value};

use super::heap::Object;
use super::tasks::{State, Waiter, Waits};
use super::{Machine, Step, Stop};
use crate::program::Regs;

impl Machine<'_, '_> {
    /// Does a function with the lanes of its arguments, and gives those of its result.
    pub(super) fn host(&mut self, function: &'static Function, with: &[u64], to: Regs) -> Step<Vec<u64>> {
        let with: Vec<Value> =
            function.takes.iter().zip(with).map(|(kind, lane)| self.value(*kind, *lane)).collect();
        let given = match function.outside {
            true => function.call(self.world.outside(), &with, Turn::First),
            false => function.call(&mut Nothing::default(), &with, Turn::First),
        };
        match given {
            Ok(given) => self.lanes_of(given),
            Err(token) => {
                let by = self.me(None);
                if let Some(within) = function.within(&with) {
                    let time = self.world.now().saturating_add(within);
                    self.wake_at(time, by);
                }
                self.pending.add(token, Asked { by, function, with });
                Err(Stop::Wait(Waits::Outside(token), to))
            }
        }
    }

    /// Hears of what is waited for outside.
    pub(super) fn hear(&mut self) {
        for (token, asked) in self.pending.heard() {
            self.ask_again(asked, Turn::Again(token));
        }
    }

    fn ask_again(&mut self, asked: Asked<Waiter>, turn: Turn) {
        match asked.ask(self.world.outside(), turn) {
            Ok(given) => {
                // What finds no memory any more gives nothing; the next thing that its task takes memory for ends it.
                let lanes = self.lanes_of(given).unwrap_or_default();
                self.wake(asked.by, &lanes);
            }
            Err(token) => {
                if let Some(task) = self.tasks.get_mut(asked.by.task) {
                    task.state = State::Waits(Waits::Outside(token));
                }
                self.pending.add(token, asked);
            }
        }
    }

    /// A task has waited for something for as long as it was to.
    pub(super) fn late(&mut self, token: Token, task: usize) {
        if let Some(asked) = self.forget_asked(token, task) {
            self.ask_again(asked, Turn::Late);
        }
    }

    /// A task does not wait for something any more.
    pub(super) fn forget_asked(&mut self, token: Token, task: usize) -> Option<Asked<Waiter>> {
        self.pending.forget(token, self.world.outside(), |by| by.task == task)
    }

    fn lanes_of(&mut self, given: Vec<Value>) -> Step<Vec<u64>> {
        given.into_iter().map(|value| self.lane_of(value)).collect()
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
