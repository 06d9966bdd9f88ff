//! Modules and names.

use pluto_source::{Edit, Fix, Span};

use super::{Said, Words, codes, kind, list};
use crate::error::Fact;
use crate::relations::Head;
use crate::types::{Ty, TyId};

impl Words<'_> {
    pub(super) fn modules(&self, fact: &Fact) -> Option<Said> {
        let at = self.at;
        Some(match fact {
            Fact::UnknownName { name, near } => {
                let name = self.name(*name);
                Said::new(codes::UNKNOWN_NAME, format!("there is no `{name}` here")).near_value(
                    name,
                    near.map(|near| self.name(near)),
                    at,
                )
            }
            Fact::OwnClosure { name } => {
                Said::new(codes::UNKNOWN_NAME, format!("there is no `{}` here", self.name(*name)))
                    .note("a closure cannot call itself by the name that it is given: a function can")
            }
            Fact::UndeclaredParam { name } => {
                let name = self.name(*name);
                Said::new(codes::UNKNOWN_TYPE, format!("there is no type `{name}` here"))
                    .note(format!("type parameters are declared behind `impl`: `impl<{name}> …`"))
            }
            Fact::FieldWithoutSelf { name } => {
                Said::new(codes::UNKNOWN_NAME, format!("there is no `{}` here", self.name(*name)))
                    .insert_before("write `self.` before it", at, "self.")
            }
            Fact::FieldWithoutValue { name, of_self, near } => {
                let name = self.name(*name);
                let said = Said::new(codes::UNKNOWN_NAME, format!("there is no `{name}` here"));
                let value = match near {
                    _ if *of_self => format!("{name}: self.{name}"),
                    Some(near) => format!("{name}: {}", self.name(*near)),
                    None => return Some(said.note(format!("`{name}` alone is short for `{name}: {name}`"))),
                };
                said.replace(format!("write `{value}`"), at, value)
            }
            Fact::AssignUnknown { name } => {
                Said::new(codes::UNKNOWN_NAME, format!("there is no `{}` here", self.name(*name)))
                    .note("a new name is declared by `let`, and by `let mut` where it is assigned again")
                    .insert_before("declare it", at, "let ")
            }
            Fact::UnknownType { name, near } => {
                let name = self.name(*name);
                Said::new(codes::UNKNOWN_TYPE, format!("there is no type `{name}` here")).near_type(
                    name,
                    near.map(|near| self.name(near)),
                    at,
                )
            }
            Fact::UnknownModule { path, near, standard } => {
                let near = near.as_ref().map(|near| self.program.show_path(near));
                let path = self.program.show_path(path);
                let said = Said::new(codes::UNKNOWN_MODULE, format!("there is no module `{path}`"))
                    .near(near.as_deref(), at);
                match standard {
                    Some(names) => said.note(format!("the standard library has {}", in_code(names))),
                    None => said,
                }
            }
            Fact::UnknownItem { module, name, near } => {
                let module = self.program.show_module(*module);
                let message = format!("the module `{module}` has no `{}`", self.name(*name));
                Said::new(codes::UNKNOWN_ITEM, message).near(near.map(|near| self.name(near)), at)
            }
            Fact::PrivateItem { module, name, declared } => {
                let (module, name) = (self.program.show_module(*module), self.name(*name));
                Said::new(codes::PRIVATE_ITEM, format!("`{name}` is private to the module `{module}`"))
                    .at(*declared, "it is declared here, without `pub`")
            }
            Fact::Duplicate { name, first } => {
                Said::new(codes::DUPLICATE_NAME, format!("`{}` is declared twice", self.name(*name)))
                    .at(*first, "it is declared first here")
            }
            Fact::DuplicateTest { first } => {
                Said::new(codes::DUPLICATE_NAME, "another test of this module has this name")
                    .at(*first, "it is this one")
            }
            Fact::ImportCycle { modules } => self.import_cycle(modules),
            Fact::NotAType { name, kind: of } => {
                Said::new(codes::NOT_A_TYPE, format!("`{}` is {}, not a type", self.name(*name), kind(*of)))
            }
            Fact::VariantInBraces { made, edits } => self.variant_in_braces(made, edits),
            Fact::NotAValue { name, kind: of } => self.not_a_value(*name, *of),
            Fact::UnknownMember { ty, name, near } => self.unknown_member(*ty, *name, *near),
            Fact::PrivateMember { ty, name, declared } => {
                let message =
                    format!("`{}` of `{}` is private to its module", self.name(*name), self.ty(*ty));
                Said::new(codes::PRIVATE_MEMBER, message).at(*declared, "it is declared here, without `pub`")
            }
            Fact::UnknownLabel { name, near } => Said::new(
                codes::UNKNOWN_LABEL,
                format!("no loop around has the label `{}`", self.name(*name)),
            )
            .near(near.map(|near| self.name(near)), at),
            _ => return self.more_modules(fact),
        })
    }

    fn variant_in_braces(&self, made: &str, edits: &[(Span, String)]) -> Said {
        let message = format!("a variant has no braces: it is made by `{made}`");
        let mut said = Said::new(codes::NOT_A_TYPE, message);
        if !edits.is_empty() {
            let file = self.at.file;
            let edit = |(span, text): &(Span, String)| Edit { place: span.in_file(file), text: text.clone() };
            said.fix = Some(Fix::sure("write it so", edits.iter().map(edit).collect()));
        }
        said
    }

    fn unknown_member(
        &self,
        ty: TyId,
        name: crate::names::Symbol,
        near: Option<crate::names::Symbol>,
    ) -> Said {
        let at = self.at;
        let hidden = self.is_field_of_actor(ty, name);
        let has = if hidden { "method" } else { "field or method" };
        let message = format!("`{}` has no {has} `{}`", self.ty(ty), self.name(name));
        let said = Said::new(codes::UNKNOWN_MEMBER, message);
        if self.is_without_self(ty, name) {
            let note = format!(
                "`{0}` is a function of the type, without `self`: `{1}.{0}(…)`",
                self.name(name),
                self.ty(ty)
            );
            return said.note(note);
        }
        if hidden {
            return said.note("the fields of an actor are seen in its methods only");
        }
        if let Ty::Caught(_) = self.program.types.get(ty) {
            return said.note("a pattern tells which error it is: `NotFound { id } => …`");
        }
        if let Some(on) = self.only_for(ty, name) {
            let note = format!("`{}` is there for `{}`", self.name(name), self.ty(on));
            return said.note(note);
        }
        let near = near.map(|near| self.name(near));
        if self.is_builtin(ty) {
            return said.near_member(self.name(name), near, at);
        }
        said.near(near, at)
    }

    fn is_without_self(&self, ty: TyId, name: crate::names::Symbol) -> bool {
        let methods = match self.program.types.get(ty) {
            Ty::Class(id, _) | Ty::Actor(id, _) => &self.program.classes[id].methods,
            Ty::Enum(id, _) => &self.program.enums[id].methods,
            _ => return false,
        };
        let mut functions = methods.iter().map(|id| &self.program.functions[*id]);
        functions.any(|function| function.origin.name == name && function.receiver.is_none())
    }

    /// The type of the same declaration for which an impl has a method of this name.
    fn only_for(&self, ty: TyId, name: crate::names::Symbol) -> Option<TyId> {
        let head = |ty: TyId| match self.program.types.get(ty) {
            Ty::Actor(id, _) => Some(Head::Class(id)),
            other => Head::of(other),
        };
        let has = |id: &crate::program::FunctionId| self.program.functions[*id].origin.name == name;
        if let Ty::Expectation(_) = self.program.types.get(ty) {
            let mut built_in = self.program.functions.iter().map(|(_, function)| function);
            let found = built_in.find(|of| of.built_in == "expectation" && of.origin.name == name);
            return found.map(|function| function.self_ty);
        }
        let mut impls = self.program.impls.iter().map(|(_, own)| own);
        impls.find(|own| head(own.on) == head(ty) && own.methods.iter().any(has)).map(|own| own.on)
    }

    fn is_builtin(&self, ty: TyId) -> bool {
        use Ty::{Array, Buffer, Bytes, Map, Optional, Set, String};
        matches!(
            self.program.types.get(ty),
            String | Bytes | Buffer | Array(_) | Map(..) | Set(_) | Optional(_)
        )
    }

    fn is_field_of_actor(&self, ty: TyId, name: crate::names::Symbol) -> bool {
        let Ty::Actor(id, _) = self.program.types.get(ty) else { return false };
        self.program.classes[id].fields.iter().any(|field| field.name == name)
    }

    fn not_a_value(&self, name: crate::names::Symbol, of: crate::error::Kind) -> Said {
        use crate::error::Kind;
        let text = self.name(name);
        let said = Said::new(codes::NOT_A_VALUE, format!("`{text}` is {}, not a value", kind(of)));
        match of {
            Kind::Class | Kind::Error => said.note(format!("a value of it is written `{text} {{ … }}`")),
            Kind::Actor => said.note(format!("one is started by `spawn {text} {{ … }}`")),
            Kind::Type => match text {
                "int" | "float" | "byte" => said.note(format!("a number is converted by `x as {text}`")),
                "string" => said.note("`f\"{value}\"` makes a text of a value"),
                "Map" => said.note("an empty map is `[:]`"),
                _ => said,
            },
            Kind::Function => said.note("it is called where it stands: it cannot be a value"),
            _ => said,
        }
    }

    fn import_cycle(&self, modules: &[(crate::program::ModuleId, pluto_source::FileSpan)]) -> Said {
        let mut names: Vec<String> =
            modules.iter().map(|(module, _)| format!("`{}`", self.program.show_module(*module))).collect();
        let message = match names.as_slice() {
            [one] => format!("the module {one} imports itself"),
            _ => format!("the modules {} import each other", list(&names)),
        };
        let by = 1.min(names.len());
        names.rotate_left(by);
        let said = Said::new(codes::IMPORT_CYCLE, message);
        let steps = modules.iter().zip(&names).skip(1);
        steps.fold(said, |said, ((_, place), next)| said.at(*place, format!("{next} is imported here")))
    }

    fn more_modules(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::AmbiguousMethod { name, traits } => {
                let traits: Vec<String> =
                    traits.iter().map(|of| format!("`{}`", self.trait_name(*of))).collect();
                let message = format!("the traits {} have a method `{}`", list(&traits), self.name(*name));
                Said::new(codes::AMBIGUOUS_METHOD, message)
            }
            Fact::DuplicateImpl { of, on, first } => {
                let message =
                    format!("`{}` is implemented twice for `{}`", self.trait_name(*of), self.ty(*on));
                Said::new(codes::DUPLICATE_IMPL, message).at(*first, "the first is here")
            }
            Fact::ForeignImpl { on } => {
                let message = format!("neither the trait nor `{}` is of this package", self.ty(*on));
                Said::new(codes::FOREIGN_IMPL, message)
                    .note("a trait is implemented in its own package or in that of the type")
            }
            Fact::AliasCycle { name } => {
                Said::new(codes::ALIAS_CYCLE, format!("the type `{}` stands for itself", self.name(*name)))
            }
            Fact::ConstCycle { names } => {
                let message = match names.as_slice() {
                    [one] => format!("the constant `{}` needs itself", self.name(*one)),
                    _ => format!("the constants {} need each other", self.names(names)),
                };
                Said::new(codes::CONST_CYCLE, message)
            }
            Fact::UnknownVariant { ty, name, near } => {
                let message = format!("`{}` has no variant `{}`", self.ty(*ty), self.name(*name));
                Said::new(codes::UNKNOWN_VARIANT, message).near(near.map(|near| self.name(near)), self.at)
            }
            Fact::AmbiguousVariant { name, enums } => {
                let enums: Vec<String> = enums.iter().map(|ty| format!("`{}`", self.ty(*ty))).collect();
                let message = format!("{} have a variant `{}`", list(&enums), self.name(*name));
                Said::new(codes::AMBIGUOUS_VARIANT, message).note("write the enum before it, with a dot")
            }
            Fact::DuplicateModule { path, first } => {
                let message = format!("two files are the module `{}`", self.program.show_path(path));
                Said::new(codes::DUPLICATE_MODULE, message).at(*first, "the first is this file")
            }
            Fact::ReservedModule { path } => {
                let message = format!("`{}` is a name of the standard library", self.program.show_path(path));
                Said::new(codes::RESERVED_MODULE, message)
                    .note("its modules begin with `std`, and those of programs do not")
            }
            Fact::NotATrait { name, kind: of } => {
                Said::new(codes::NOT_A_TRAIT, format!("`{}` is {}, not a trait", self.name(*name), kind(*of)))
            }
            Fact::UnusedImport { name, alone } => {
                Said::new(codes::UNUSED_IMPORT, format!("nothing uses the import `{}`", self.name(*name)))
                    .replace("remove the import", *alone, "")
                    .for_sure()
            }
            Fact::UnusedLocal { name, renamed: false, .. } => {
                Said::new(codes::UNUSED_LOCAL, format!("nothing uses `{}`", self.name(*name)))
            }
            Fact::UnusedLocal { name, field, .. } => {
                let name = self.name(*name);
                let instead = if *field { format!("{name}: _") } else { format!("_{name}") };
                Said::new(codes::UNUSED_LOCAL, format!("nothing uses `{name}`")).replace(
                    format!("write `{instead}`"),
                    self.at,
                    instead,
                )
            }
            Fact::UnusedItem { name, kind: of } => {
                let of = kind(*of);
                let of = of.split_once(' ').map_or(of, |(_, of)| of);
                Said::new(codes::UNUSED_ITEM, format!("nothing uses the {of} `{}`", self.name(*name)))
            }
            Fact::Shadowed { name, first } => {
                let message = format!("`{}` hides a name of the same block", self.name(*name));
                Said::new(codes::SHADOWED, message).at(*first, "it is this one")
            }
            _ => return None,
        })
    }
}

/// `std.a` and `std.b`, each as code.
fn in_code(names: &[&str]) -> String {
    list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}
