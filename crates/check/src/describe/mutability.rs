//! Mutability.

use super::{Said, Words, codes, kind};
use crate::error::{Fact, Immutable};
use crate::types::TyId;

impl Words<'_> {
    pub(super) fn mutability(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::AssignImmutable { name, why, declared } => {
                let name = self.name(*name);
                let said = match why {
                    Immutable::Captured => {
                        Said::new(codes::ASSIGN_IMMUTABLE, format!("a closure has its own copy of `{name}`, and does not assign it"))
                            .note("a captured array or object can be changed, and a `Task` or the result can carry a value out")
                    }
                    _ => Said::new(codes::ASSIGN_IMMUTABLE, format!("`{name}` is not assigned again")),
                };
                declared_by(said, *why, *declared)
            }
            Fact::MutateImmutable { name, why, declared } => {
                let message = format!("nothing is changed through `{}`", self.name(*name));
                declared_by(Said::new(codes::MUTATE_IMMUTABLE, message), *why, *declared)
            }
            Fact::Thaw { name, declared, copied } => {
                let message = format!(
                    "this would be changed under another name, and `{}` is not `mut`",
                    self.name(*name)
                );
                let said = Said::new(codes::THAW, message).at(*declared, "it is bound here");
                if *copied { said.insert_after("copy it", self.at, ".copy()") } else { said }
            }
            Fact::FieldAssign { ty, name } => {
                let message = format!(
                    "`{}` of `{}` is assigned in its own methods only",
                    self.name(*name),
                    self.ty(*ty)
                );
                Said::new(codes::FIELD_ASSIGN, message).note("a method with `mut self` can assign it")
            }
            Fact::ForeignPart { ty, name } => {
                let message = format!(
                    "`{}` of `{}` is changed in its own methods only",
                    self.name(*name),
                    self.ty(*ty)
                );
                Said::new(codes::FOREIGN_PART, message).note("a method with `mut self` can change it")
            }
            Fact::NotAPlace => {
                Said::new(codes::NOT_A_PLACE, "only names, elements, and fields of `self` are assigned")
            }
            Fact::AssignDeclared { name, kind: of } => {
                let message = format!("`{}` is {}, and is not assigned", self.name(*name), kind(*of));
                Said::new(codes::NOT_A_PLACE, message)
                    .note("a local name is declared by `let`")
                    .insert_before("declare it", self.at, "let ")
            }
            Fact::FixedElements { ty } => {
                let message = format!("the elements of `{}` are not assigned", self.ty(*ty));
                let said = Said::new(codes::NOT_A_PLACE, message);
                match *ty {
                    TyId::STRING => said.note("a string never changes: another is made, by `replace` or `+`"),
                    TyId::BYTES => said.note("`bytes` never change: a `Buffer` does"),
                    _ => said,
                }
            }
            Fact::NeedlessMut { name, word } => {
                let message = format!("nothing changes `{}`: it needs no `mut`", self.name(*name));
                let said = Said::new(codes::NEEDLESS_MUT, message);
                match word {
                    Some(word) => said.replace("remove `mut`", *word, "").for_sure(),
                    None => said,
                }
            }
            _ => return None,
        })
    }
}

fn declared_by(said: Said, why: Immutable, declared: pluto_source::FileSpan) -> Said {
    match why {
        Immutable::Let => said.at(declared, "it is bound here, without `mut`").insert_before(
            "bind it by `let mut`",
            declared,
            "mut ",
        ),
        Immutable::LetPart => said
            .at(declared, "it is bound here, without `mut`")
            .note("`let mut (a, b) = …` is for all the names"),
        Immutable::Param => said.at(declared, "it is a parameter without `mut`").insert_before(
            "write `mut` before it",
            declared,
            "mut ",
        ),
        Immutable::SelfValue => {
            said.at(declared, "`self` is without `mut`").insert_before("write `mut self`", declared, "mut ")
        }
        Immutable::Pattern => said.at(declared, "it is bound by a pattern"),
        Immutable::Const => said.at(declared, "it is a constant"),
        Immutable::Captured => said.at(declared, "it is bound outside of the closure"),
    }
}
