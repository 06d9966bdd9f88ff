//! Injection.

use super::{Said, Words, codes, list, plural};
use crate::error::{Fact, Shared};

impl Words<'_> {
    pub(super) fn injection(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::NoProvider { ty, asked } => {
                let said = Said::new(codes::NO_PROVIDER, format!("nothing provides `{}`", self.ty(*ty)));
                let said = if *asked == self.at { said } else { said.at(*asked, "it is needed for this") };
                said.note("a class that implements it, or a `bind`, provides it")
            }
            Fact::ManyProviders { ty, providers } => {
                let shown: Vec<String> = providers.iter().map(|ty| format!("`{}`", self.ty(*ty))).collect();
                let message = if providers.contains(ty) {
                    format!("several `bind`s are for `{}`", self.ty(*ty))
                } else {
                    format!("{} provide `{}`", list(&shown), self.ty(*ty))
                };
                Said::new(codes::MANY_PROVIDERS, message).note("one `bind` decides")
            }
            Fact::DependencyCycle { classes } => {
                let mut names: Vec<String> = classes
                    .iter()
                    .map(|(id, _)| format!("`{}`", self.name(self.program.classes[*id].origin.name)))
                    .collect();
                let message = match names.as_slice() {
                    [one] => format!("{one} needs itself"),
                    _ => format!("{} need each other", list(&names)),
                };
                let by = 1.min(names.len());
                names.rotate_left(by);
                let said = Said::new(codes::DEPENDENCY_CYCLE, message);
                let steps = classes.iter().zip(&names).skip(1);
                steps.fold(said, |said, ((_, place), next)| said.at(*place, format!("{next} is needed here")))
            }
            Fact::NotInjectable { ty, fields } => {
                let verb = plural(fields.len(), "has", "have");
                let message =
                    format!("`{}` cannot be injected: {} {verb} no value", self.ty(*ty), self.names(fields));
                Said::new(codes::NOT_INJECTABLE, message).note("give defaults, or `bind` a value")
            }
            Fact::SecondEntry { app, first } => {
                let name = self.name(self.program.classes[*app].origin.name);
                Said::new(codes::SECOND_ENTRY, format!("the program begins with the app `{name}` already"))
                    .at(*first, "it is declared here")
            }
            Fact::AppWithoutMain { app } => {
                let name = self.name(self.program.classes[*app].origin.name);
                Said::new(codes::APP_WITHOUT_MAIN, format!("the app `{name}` has no `main`"))
                    .note("the program begins in it: `fn main(self) { … }`")
            }
            Fact::SharedMutable { ty, by, shared } => {
                let why = match by {
                    Shared::Changes(method) => format!("`{}` changes it", self.name(*method)),
                    Shared::Gives(method) => {
                        format!("`{}` gives away a part that can be changed", self.name(*method))
                    }
                    Shared::Field(field) => {
                        format!("its `{}`, which can be changed, is read outside of it", self.name(*field))
                    }
                };
                let message = format!("`{}` would be shared between tasks, and {why}", self.ty(*ty));
                let said = Said::new(codes::SHARED_MUTABLE, message);
                let said = match *shared == self.at {
                    true => said,
                    false => said.at(*shared, "it goes to another task here"),
                };
                said.note(match by {
                    Shared::Changes(_) => "what is shared is an actor, or has no method with `mut self`",
                    Shared::Gives(_) | Shared::Field(_) => {
                        "what is shared is an actor, or gives copies of its parts"
                    }
                })
            }
            _ => return None,
        })
    }
}
