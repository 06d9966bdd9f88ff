//! A typed program as text: its declarations, and what their bodies do, one node on a line.

use std::fmt::Write;

use pluto_syntax::tree::UnaryOp;

use crate::body::{
    BodyId, Callee, Dispatch, ExprId, ExprKind, LocalId, PatternId, PatternKind, Stmt, Target,
};
use crate::describe::binary;
use crate::inject::Provider;
use crate::program::{ClassKind, Field, FunctionId, ModuleId, Program};
use crate::types::TyList;
use crate::walk::Child;

/// Nodes deeper than this stand below each other, with a number before them.
const INDENTED: usize = 60;

impl Program {
    /// The program as text, without what is built in.
    pub fn dump(&self) -> String {
        let mut out = String::new();
        for module in self.modules.ids().skip(1) {
            let _ = writeln!(out, "module {}", self.show_module(module));
            self.dump_types(module, &mut out);
            for (_, constant) in self.consts.iter().filter(|(_, of)| of.origin.module == module) {
                let _ =
                    writeln!(out, "const {}: {}", self.text(constant.origin.name), self.show(constant.ty));
                self.dump_body(constant.body, &mut out);
            }
            for (id, _) in self.functions.iter().filter(|(_, of)| of.origin.module == module) {
                self.dump_function(id, &mut out);
            }
            for (_, bind) in self.binds.iter().filter(|(_, bind)| bind.module == module) {
                let _ = writeln!(out, "bind {}", self.show(bind.ty));
                self.dump_body(bind.body, &mut out);
            }
            for (_, test) in self.tests.iter().filter(|(_, test)| test.module == module) {
                let _ = writeln!(out, "test {:?}", test.name);
                self.dump_body(test.body, &mut out);
            }
        }
        self.dump_plans(&mut out);
        out
    }

    fn dump_types(&self, module: ModuleId, out: &mut String) {
        for (_, class) in self.classes.iter().filter(|(_, of)| of.origin.module == module) {
            let kind = match class.kind {
                ClassKind::Class => "class",
                ClassKind::Actor => "actor",
                ClassKind::App => "app",
            };
            let _ = writeln!(out, "{kind} {}", self.show(class.self_ty));
            self.dump_fields(&class.fields, out);
            for contract in &class.invariants {
                out.push_str("  invariant\n");
                self.dump_body(Some(contract.body), out);
            }
        }
        for (_, of) in self.enums.iter().filter(|(_, of)| of.origin.module == module) {
            let _ = writeln!(out, "enum {}", self.show(of.self_ty));
            for variant in &of.variants {
                let _ = writeln!(out, "  variant {}", self.text(variant.name));
                self.dump_fields(&variant.fields, out);
            }
        }
        for (_, error) in self.errors.iter().filter(|(_, of)| of.origin.module == module) {
            let _ = writeln!(out, "error {}", self.text(error.origin.name));
            self.dump_fields(&error.fields, out);
        }
        for (_, of) in self.traits.iter().filter(|(_, of)| of.origin.module == module) {
            let _ = writeln!(out, "trait {}", self.text(of.origin.name));
        }
        for (_, of) in self.impls.iter().filter(|(_, of)| of.module == module) {
            let trait_name =
                of.of.map(|(of, list)| self.show_arguments(self.text(self.traits[of].origin.name), list));
            let _ = writeln!(out, "impl {} for {}", trait_name.unwrap_or_default(), self.show(of.on));
        }
    }

    fn dump_fields(&self, fields: &[Field], out: &mut String) {
        for field in fields {
            let injected = if field.injected { "inject " } else { "" };
            let _ = writeln!(out, "  {injected}{}: {}", self.text(field.name), self.show(field.ty));
            self.dump_body(field.default, out);
        }
    }

    fn show_arguments(&self, name: &str, list: TyList) -> String {
        let shown: Vec<String> = self.types.items(list).iter().map(|ty| self.show(*ty)).collect();
        if shown.is_empty() { name.to_owned() } else { format!("{name}<{}>", shown.join(", ")) }
    }

    fn dump_function(&self, id: FunctionId, out: &mut String) {
        let function = &self.functions[id];
        let params: Vec<String> = function
            .params
            .iter()
            .map(|param| {
                let mutable = if param.mutable { "mut " } else { "" };
                format!("{mutable}{}: {}", self.text(param.name), self.show(param.ty))
            })
            .collect();
        let name = self.show_function_name(id);
        let result = self.show(function.result);
        let raises = self.show_raises(id);
        let _ = writeln!(out, "fn {name}({}) {result} raises {raises}", params.join(", "));
        for contract in &function.contracts {
            let _ = writeln!(out, "  {:?}", contract.kind);
            self.dump_body(Some(contract.body), out);
        }
        self.dump_body(function.body, out);
    }

    fn dump_body(&self, body: Option<BodyId>, out: &mut String) {
        let Some(body) = body else { return };
        let mut work = vec![(1_usize, Child::Expr(self.nodes.bodies[body].root))];
        let mut children = Vec::new();
        while let Some((depth, child)) = work.pop() {
            let indent = depth.min(INDENTED) * 2;
            let _ = write!(out, "{:indent$}", "");
            if depth > INDENTED {
                let _ = write!(out, "{depth}| ");
            }
            match child {
                Child::Named(name) => out.push_str(name),
                Child::Expr(id) => {
                    self.dump_expr(id, out);
                    self.nodes.children(self.nodes.exprs[id].kind, &mut children);
                }
                Child::Pattern(id) => {
                    self.dump_pattern(id, out);
                    self.nodes.pattern_children(self.nodes.patterns[id].kind, &mut children);
                }
                Child::Stmt(id) => {
                    out.push_str(stmt_name(self.nodes.stmts[id]));
                    self.nodes.stmt_children(self.nodes.stmts[id], &mut children);
                }
            }
            out.push('\n');
            work.extend(children.drain(..).rev().map(|child| (depth + 1, child)));
        }
    }

    fn dump_expr(&self, id: ExprId, out: &mut String) {
        let expr = self.nodes.exprs[id];
        let _ = write!(out, "{} : {}", self.expr_name(expr.kind), self.show(expr.ty));
    }

    fn local_name(&self, local: LocalId) -> String {
        let name = self.text(self.nodes.locals[local].name);
        if name.is_empty() { "it".to_owned() } else { name.to_owned() }
    }

    fn expr_name(&self, kind: ExprKind) -> String {
        let texts = &self.nodes.texts;
        match kind {
            ExprKind::Wrong => "wrong".to_owned(),
            ExprKind::Int(value) => value.to_string(),
            ExprKind::Float(value) => format!("{value:?}"),
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::Text(text) => format!("{:?}", texts.get(text).concat()),
            ExprKind::Duration(value) => format!("{value}ns"),
            ExprKind::Atom(text) => format!(":{}", texts.get(text).concat()),
            ExprKind::None => "none".to_owned(),
            ExprKind::Interpolated(_) => "text".to_owned(),
            ExprKind::Local(local) => self.local_name(local),
            ExprKind::Const(id) => format!("const {}", self.text(self.consts[id].origin.name)),
            ExprKind::Function(id, list) => {
                format!("function {}", self.show_arguments(&self.show_function_name(id), list))
            }
            ExprKind::Method(_, target) => format!("method {}", self.target_name(target)),
            ExprKind::Call(Callee::Target(target), _) => format!("call {}", self.target_name(target)),
            ExprKind::Call(Callee::Value(_), _) => "call value".to_owned(),
            ExprKind::VariantFunction(id, at) | ExprKind::Variant(id, at, _) => {
                let variant = self.enums[id].variants.get(at as usize);
                format!("variant {}", variant.map_or("", |variant| self.text(variant.name)))
            }
            ExprKind::Closure(id) => {
                let captures: Vec<String> =
                    self.nodes.closures[id].captures.iter().map(|local| self.local_name(*local)).collect();
                format!("closure [{}]", captures.join(", "))
            }
            ExprKind::Class(id, _) => format!("class {}", self.text(self.classes[id].origin.name)),
            ExprKind::Error(id, _) => format!("error {}", self.text(self.errors[id].origin.name)),
            ExprKind::Binary(operator, ..) => binary(operator).to_owned(),
            ExprKind::Unary(operator, _) => match operator {
                UnaryOp::Negate => "-".to_owned(),
                UnaryOp::Invert => "~".to_owned(),
                UnaryOp::Not => "not".to_owned(),
            },
            ExprKind::Is(_, ty) => format!("is {}", self.show(ty)),
            ExprKind::Field(_, at) | ExprKind::Element(_, at) => format!("field {at}"),
            ExprKind::TermField(_, name) => format!("key {}", self.text(name)),
            ExprKind::DefaultArgument(_, at) => format!("default argument {at}"),
            ExprKind::Range(_, _, inclusive) => if inclusive { "..=" } else { ".." }.to_owned(),
            other => plain_name(other).to_owned(),
        }
    }

    fn target_name(&self, target: Target) -> String {
        let how = match target.dispatch {
            Dispatch::Direct | Dispatch::Impl(_) => "",
            Dispatch::Bound(_) => "bound ",
            Dispatch::Object(_) => "object ",
            Dispatch::Message => "message ",
        };
        format!("{how}{}", self.show_arguments(&self.show_function_name(target.function), target.arguments))
    }

    fn dump_pattern(&self, id: PatternId, out: &mut String) {
        let pattern = self.nodes.patterns[id];
        let name = match pattern.kind {
            PatternKind::Wrong => "wrong".to_owned(),
            PatternKind::Any => "_".to_owned(),
            PatternKind::Bind(local, None) => format!("let {}", self.local_name(local)),
            PatternKind::Bind(local, Some(ty)) => {
                format!("let {} is {}", self.local_name(local), self.show(ty))
            }
            PatternKind::Literal(_) => "literal".to_owned(),
            PatternKind::Range(..) => "range".to_owned(),
            PatternKind::None => "none".to_owned(),
            PatternKind::Some(_) => "some".to_owned(),
            PatternKind::Tuple(_) => "tuple".to_owned(),
            PatternKind::Array(..) => "array".to_owned(),
            PatternKind::Map(_) => "map".to_owned(),
            PatternKind::Variant(id, at, _) => {
                let variant = self.enums[id].variants.get(at as usize);
                format!("variant {}", variant.map_or("", |variant| self.text(variant.name)))
            }
            PatternKind::Class(id, _) => format!("class {}", self.text(self.classes[id].origin.name)),
            PatternKind::Error(id, _) => format!("error {}", self.text(self.errors[id].origin.name)),
            PatternKind::Or(_) => "or".to_owned(),
        };
        let _ = write!(out, "pattern {name} : {}", self.show(pattern.ty));
    }

    fn dump_plans(&self, out: &mut String) {
        for plan in &self.plans {
            let _ = writeln!(out, "inject {}", self.text(self.classes[plan.class].origin.name));
            for (at, step) in plan.steps.iter().enumerate() {
                let provider = match step.provider {
                    Provider::Class(id, list) => {
                        let arguments = self.types.items(list).iter().map(|ty| self.show(*ty));
                        let arguments = arguments.map(|shown| format!(" {shown}")).collect::<String>();
                        format!("{}{arguments}", self.text(self.classes[id].origin.name))
                    }
                    Provider::Bind(id) => format!("bind {}", self.show(self.binds[id].ty)),
                };
                let _ = writeln!(out, "  {at} = {provider}{}", needs(&step.fields));
            }
            let _ = writeln!(out, "  all{}", needs(&plan.fields));
        }
    }
}

fn needs(fields: &[(u32, u32)]) -> String {
    fields.iter().map(|(field, step)| format!(" {field}:{step}")).collect()
}

fn stmt_name(stmt: Stmt) -> &'static str {
    match stmt {
        Stmt::Let(..) => "let",
        Stmt::Assign(_, Some(operator), _) => binary(operator),
        Stmt::Assign(_, None, _) => "assign",
        Stmt::Defer(_) => "defer",
        Stmt::Assert(..) => "assert",
        Stmt::Expr(_) => "do",
    }
}

fn plain_name(kind: ExprKind) -> &'static str {
    match kind {
        ExprKind::Array(_) => "array",
        ExprKind::Set(_) => "set",
        ExprKind::Map(_) => "map",
        ExprKind::Tuple(_) => "tuple",
        ExprKind::Block(..) => "block",
        ExprKind::If(..) => "if",
        ExprKind::Match(..) => "match",
        ExprKind::For(_) => "for",
        ExprKind::While(..) => "while",
        ExprKind::Loop(..) => "loop",
        ExprKind::Break(..) => "break",
        ExprKind::Continue(_) => "continue",
        ExprKind::Return(_) => "return",
        ExprKind::Raise(_) => "raise",
        ExprKind::Yield(_) => "yield",
        ExprKind::Spawn(_) => "spawn",
        ExprKind::SpawnActor(_) => "spawn actor",
        ExprKind::Scope(_) => "scope",
        ExprKind::Select(_) => "select",
        ExprKind::Convert(_) => "as",
        ExprKind::Index(..) => "index",
        ExprKind::Chain(..) => "chain",
        ExprKind::Try(_) => "try",
        ExprKind::Propagate(_) => "propagate",
        ExprKind::Later(_) => "later",
        ExprKind::Handle(..) => "catch",
        ExprKind::Default(..) => "catch default",
        ExprKind::Wrap(_) => "wrap",
        ExprKind::Unwrap(_) => "unwrap",
        ExprKind::Upcast(_) => "upcast",
        ExprKind::Downcast(_) => "downcast",
        ExprKind::ToTerm(_) => "to term",
        ExprKind::Old(_) => "old",
        ExprKind::Result => "result",
        _ => "",
    }
}
