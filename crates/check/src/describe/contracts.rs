//! Contracts.

use super::{Said, Words, codes};
use crate::error::{Fact, Leak};
use crate::types::Ty;

impl Words<'_> {
    pub(super) fn contracts(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::Impure { function: None } => {
                Said::new(codes::IMPURE, "a contract changes nothing and waits for nothing")
            }
            Fact::Impure { function: Some(function) } => {
                let name = self.program.show_function_name(*function);
                Said::new(
                    codes::IMPURE,
                    format!("a contract changes nothing and waits for nothing, and `{name}` does"),
                )
            }
            Fact::ImpureValue => Said::new(
                codes::IMPURE,
                "a contract changes nothing and waits for nothing, and nobody knows what this function does",
            ),
            Fact::OldCopies { ty } => {
                Said::new(codes::OLD_COPIES, format!("this copies a `{}` at every call", self.ty(*ty)))
                    .note("take the `old` of what is needed of it")
            }
            Fact::LeaksPart { ty, how: Leak::Change } => {
                let message =
                    format!("this `{}` is changed when no method keeps the invariant", self.ty(*ty));
                Said::new(codes::LEAKS_PART, message)
                    .note("the closure leaves the method, and changes an object of a class with an invariant")
            }
            Fact::LeaksPart { ty, how: Leak::Generator } => {
                let message =
                    format!("this `{}` is changed when no method keeps the invariant", self.ty(*ty));
                Said::new(codes::LEAKS_PART, message).note(
                    "a generator goes on after the method has ended, and this one may change the object",
                )
            }
            Fact::LeaksPart { ty, how } => {
                let message = format!("this gives away a `{}` that an invariant may be about", self.ty(*ty));
                let said = Said::new(codes::LEAKS_PART, message);
                match (how, self.program.types.get(*ty)) {
                    (Leak::Pattern, _) => said.note("what leaves its object is copied by `.copy()`"),
                    (_, Ty::Optional(_)) => said.insert_after("copy it", self.at, "?.copy()"),
                    _ => said.insert_after("copy it", self.at, ".copy()"),
                }
            }
            Fact::SharesPart { ty, name, short, tight } => {
                let copy = if matches!(self.program.types.get(*ty), Ty::Optional(_)) {
                    "?.copy()"
                } else {
                    ".copy()"
                };
                let (ty, name) = (self.ty(*ty), self.name(*name));
                let message = format!("an invariant may be about this `{ty}`, which `{name}` still has");
                let said = Said::new(codes::SHARES_PART, message);
                match short.map(|short| self.name(short)) {
                    Some(short) => said.insert_after("copy it", self.at, format!(": {short}{copy}")),
                    None if *tight => said.insert_after("copy it", self.at, copy),
                    None => said.surround("copy it", self.at, "(", format!("){copy}")),
                }
            }
            _ => return None,
        })
    }
}
