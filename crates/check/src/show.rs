//! Types and names as they are written.

use std::fmt::Write;

use crate::names::Symbol;
use crate::program::{ErrorId, FunctionId, ModuleId, Owner, Program};
use crate::types::{Effect, ErrorSet, Ty, TyId, TyList};

impl Program {
    /// A type as it is written; what is not known is `_`.
    pub fn show(&self, ty: TyId) -> String {
        let mut text = String::new();
        self.show_into(ty, &mut text);
        text
    }

    fn show_into(&self, ty: TyId, out: &mut String) {
        let plain = match self.types.get(ty) {
            Ty::Wrong | Ty::Infer(_) => "_",
            Ty::Int => "int",
            Ty::Float => "float",
            Ty::Bool => "bool",
            Ty::Byte => "byte",
            Ty::String => "string",
            Ty::Bytes => "bytes",
            Ty::Buffer => "Buffer",
            Ty::Duration => "duration",
            Ty::Instant => "instant",
            Ty::Void => "void",
            Ty::Never => "never",
            Ty::Term => "term",
            Ty::Range => "Range",
            other => {
                self.show_made(other, out);
                return;
            }
        };
        out.push_str(plain);
    }

    fn show_made(&self, ty: Ty, out: &mut String) {
        match ty {
            Ty::Tuple(parts) => {
                out.push('(');
                self.show_list(self.types.items(parts), out);
                out.push(')');
            }
            Ty::Array(of) => {
                out.push('[');
                self.show_into(of, out);
                out.push(']');
            }
            Ty::Map(key, value) => self.show_named("Map", &[key, value], out),
            Ty::Set(of) => self.show_named("Set", &[of], out),
            Ty::Optional(of) => {
                self.show_closed(of, out);
                out.push('?');
            }
            Ty::Function(params, result, effect) => self.show_function(params, result, effect, out),
            Ty::Task(of, _) => self.show_named("Task", &[of], out),
            Ty::Sender(of) => self.show_named("Sender", &[of], out),
            Ty::Receiver(of) => self.show_named("Receiver", &[of], out),
            Ty::Stream(of) => {
                out.push_str("stream ");
                self.show_into(of, out);
            }
            Ty::Expectation(of) => self.show_named("Expectation", &[of], out),
            Ty::Class(id, list) | Ty::Actor(id, list) => {
                self.show_named(self.text(self.classes[id].origin.name), self.types.items(list), out);
            }
            Ty::Enum(id, list) => {
                self.show_named(self.text(self.enums[id].origin.name), self.types.items(list), out);
            }
            Ty::Trait(id, list) => {
                self.show_named(self.text(self.traits[id].origin.name), self.types.items(list), out);
            }
            Ty::Error(id) => out.push_str(self.text(self.errors[id].origin.name)),
            Ty::Caught(effect) => {
                let errors = self.types.errors(self.known_errors(effect));
                out.push_str(if errors.is_empty() { "an error" } else { "an error of " });
                out.push_str(&self.show_errors(errors));
            }
            Ty::Param(id) => out.push_str(self.text(self.type_params[id].name)),
            _ => out.push('_'),
        }
    }

    /// A type to which what follows does not belong: the result of a function would be optional, not the function.
    fn show_closed(&self, ty: TyId, out: &mut String) {
        let function = matches!(self.types.get(ty), Ty::Function(..));
        if function {
            out.push('(');
        }
        self.show_into(ty, out);
        if function {
            out.push(')');
        }
    }

    /// A type as it is written that is optional, of what never is.
    pub(crate) fn show_optional(&self, of: TyId) -> String {
        let mut text = String::new();
        self.show_closed(of, &mut text);
        text.push('?');
        text
    }

    fn show_function(&self, params: TyList, result: TyId, effect: Effect, out: &mut String) {
        out.push_str("fn(");
        self.show_list(self.types.items(params), out);
        out.push(')');
        let set = self.known_errors(effect);
        if result != TyId::VOID {
            out.push(' ');
            if set == ErrorSet::EMPTY {
                self.show_into(result, out);
            } else {
                self.show_closed(result, out);
            }
        }
        if set != ErrorSet::EMPTY {
            let _ = write!(out, " raises {}", self.show_errors(self.types.errors(set)));
        }
    }

    fn show_named(&self, name: &str, arguments: &[TyId], out: &mut String) {
        out.push_str(name);
        if !arguments.is_empty() {
            out.push('<');
            self.show_list(arguments, out);
            out.push('>');
        }
    }

    fn show_list(&self, types: &[TyId], out: &mut String) {
        for (at, ty) in types.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            self.show_into(*ty, out);
        }
    }

    /// Errors by their names, with commas between, sorted by name.
    pub fn show_errors(&self, errors: &[ErrorId]) -> String {
        let mut names: Vec<&str> = errors.iter().map(|id| self.text(self.errors[*id].origin.name)).collect();
        names.sort_unstable();
        names.join(", ")
    }

    /// The path of a module, with dots.
    pub fn show_module(&self, id: ModuleId) -> String {
        self.show_path(&self.modules[id].path)
    }

    /// Names with dots between.
    pub fn show_path(&self, path: &[Symbol]) -> String {
        path.iter().map(|name| self.text(*name)).collect::<Vec<_>>().join(".")
    }

    /// A function with what it belongs to: `Point.norm1`.
    pub fn show_function_name(&self, id: FunctionId) -> String {
        let function = &self.functions[id];
        let name = self.text(function.origin.name);
        match function.owner {
            Owner::Module => name.to_owned(),
            Owner::Builtin if function.self_ty == TyId::WRONG => name.to_owned(),
            Owner::Trait(of) => format!("{}.{name}", self.text(self.traits[of].origin.name)),
            _ => format!("{}.{name}", self.show(function.self_ty)),
        }
    }

    /// What a function raises, as `pluto check --show errors` prints it: with `raises` of the parameters that are functions.
    pub fn show_raises(&self, id: FunctionId) -> String {
        let function = &self.functions[id];
        let mut text = self.show_errors(self.types.errors(function.declared.unwrap_or(function.raises)));
        // A set that is written is all that callers see.
        let open = function.declared.is_none() || function.owner == Owner::Builtin;
        for param in function.params.iter().filter(|_| open) {
            let (Ty::Function(_, _, Effect::Var(var)) | Ty::Task(_, Effect::Var(var))) =
                self.types.get(param.ty)
            else {
                continue;
            };
            if function.raises_of.contains(&var) {
                let separator = if text.is_empty() { "" } else { ", " };
                let _ = write!(text, "{separator}those of `{}`", self.text(param.name));
            }
        }
        if text.is_empty() { "none".to_owned() } else { text }
    }
}
