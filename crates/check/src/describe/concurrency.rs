//! Tasks, actors, channels.

use pluto_source::Code;

use super::{Said, Words, codes};
use crate::error::{Fact, SelectFault, Through};
use crate::types::TyId;

impl Words<'_> {
    pub(super) fn concurrency(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::CannotCross { ty, part, by } => {
                let message = format!("`{}` cannot go to another task", self.ty(*ty));
                self.through(
                    codes::CANNOT_CROSS,
                    message,
                    (*ty, *part),
                    *by,
                    ("sends it to one", "it is sent here"),
                )
            }
            Fact::CannotCopy { ty, part, by } => {
                let message = format!("`{}` cannot be copied", self.ty(*ty));
                self.through(
                    codes::CANNOT_COPY,
                    message,
                    (*ty, *part),
                    *by,
                    ("copies it", "it is copied here"),
                )
            }
            Fact::BadSpawn => Said::new(
                codes::BAD_SPAWN,
                "`spawn` starts a call or an actor: `spawn f(x)`, `spawn Counter { … }`",
            )
            .note("what the task raises comes out of `get()`"),
            Fact::BadLater => Said::new(
                codes::BAD_LATER,
                "`later` stands behind a call of an actor's method, which it does not wait for",
            ),
            Fact::BadSelect { what } => Said::new(
                codes::BAD_SELECT,
                match what {
                    SelectFault::Empty => "a `select` without arms would wait for ever",
                    SelectFault::NoOperation => {
                        "an arm of `select` waits: `v = rx.recv()`, `tx.send(x)`, `after 1s`, `default`"
                    }
                    SelectFault::SecondDefault => "a `select` has one `default`",
                    SelectFault::AfterBesideDefault => {
                        "this never comes, since a `select` with a `default` does not wait"
                    }
                },
            ),
            Fact::UnusedTask { many: false } => {
                Said::new(codes::UNUSED_TASK, "this task is dropped, and nothing waits for it")
                    .note("`get()` waits for it, `detach()` lets it run, and a `scope` waits for all in it")
            }
            Fact::UnusedTask { many: true } => {
                Said::new(codes::UNUSED_TASK, "these tasks are dropped, and nothing waits for them")
                    .note("`get()` waits for one, `detach()` lets it run, and a `scope` waits for all in it")
            }
            _ => return None,
        })
    }

    /// What cannot be done with values of a type, with the part to blame and what would do it.
    fn through(
        &self,
        code: Code,
        message: String,
        (ty, part): (TyId, TyId),
        by: Option<Through>,
        (does, here): (&str, &str),
    ) -> Said {
        let said = match by {
            None => Said::new(code, message),
            Some(Through { name, at }) => {
                Said::new(code, format!("{message}, and `{}` {does}", self.name(name))).at(at, here)
            }
        };
        if ty == part { said } else { said.note(format!("`{}` is a part of it", self.ty(part))) }
    }
}
