//! Values of random types, handed from one place to another that can hold them: what comes out is what went in.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "values handed on", write: |w| carry(w, HOLD) },
    Feature { name: "values handed to tasks", write: |w| carry(w, SEND) },
    Feature { name: "values through functions", write: |w| carry(w, CALL) },
];

/// A type: how it is written, and what its values are.
#[derive(Clone, Debug)]
struct Type {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Int,
    Bool,
    Float,
    Text,
    Byte,
    Optional(Box<Type>),
    Tuple(Vec<Type>),
    Array(Box<Type>),
    Class(String, Vec<Type>),
    Enum(String, Vec<Type>),
}

/// A value: how it is written, and how it is shown inside of something else.
struct Made {
    text: String,
    shown: String,
}

impl Writer<'_, '_> {
    fn any_type(&mut self, depth: u32) -> Type {
        let simple = |text: &str, kind| Type { text: text.to_owned(), kind };
        let drawn = self.choices.below(if depth == 0 { 5 } else { 13 });
        match drawn {
            0 => simple("int", Kind::Int),
            1 => simple("bool", Kind::Bool),
            2 => simple("string", Kind::Text),
            3 => simple("float", Kind::Float),
            4 => simple("byte", Kind::Byte),
            5 | 6 => match self.any_type(depth - 1) {
                optional @ Type { kind: Kind::Optional(_), .. } => optional,
                of => Type { text: format!("{}?", of.text), kind: Kind::Optional(Box::new(of)) },
            },
            7 | 8 => {
                let parts = self.some_types(2, depth);
                let texts: Vec<_> = parts.iter().map(|part| part.text.as_str()).collect();
                Type { text: format!("({})", texts.join(", ")), kind: Kind::Tuple(parts) }
            }
            9 | 10 => {
                let of = self.any_type(depth - 1);
                Type { text: format!("[{}]", of.text), kind: Kind::Array(Box::new(of)) }
            }
            11 => {
                let (fields, name) = (self.some_types(1, depth), format!("Held{}", self.fresh()));
                let texts: String = (0..)
                    .zip(&fields)
                    .map(|(at, field)| format!("    pub f{at}: {}\n", field.text))
                    .collect();
                self.declare(&format!("class {name} {{\n{texts}}}"));
                Type { text: name.clone(), kind: Kind::Class(name, fields) }
            }
            _ => {
                let (fields, name) = (self.some_types(1, depth), format!("Either{}", self.fresh()));
                let texts: Vec<_> =
                    (0..).zip(&fields).map(|(at, field)| format!("f{at}: {}", field.text)).collect();
                self.declare(&format!(
                    "enum {name} {{\n    Of{name}({}), Neither{name}\n}}",
                    texts.join(", ")
                ));
                Type { text: name.clone(), kind: Kind::Enum(name, fields) }
            }
        }
    }

    fn some_types(&mut self, least: i64, depth: u32) -> Vec<Type> {
        (0..self.choices.between(least, 3)).map(|_| self.any_type(depth - 1)).collect()
    }

    fn any(&mut self, of: &Type) -> Made {
        let made = |text: String, shown: String| Made { text, shown };
        match &of.kind {
            Kind::Int => {
                let int = self.int_literal();
                made(int.text, int.value.to_string())
            }
            Kind::Bool => {
                let truth = self.choices.once_in(2).to_string();
                made(truth.clone(), truth)
            }
            Kind::Float => {
                let float = format!("{:?}", f64::from(self.choices.below(99)) / 4.0);
                made(float.clone(), float)
            }
            Kind::Text => {
                let text = self.string();
                made(text.text, format!("{:?}", text.value))
            }
            Kind::Byte => {
                let byte = self.choices.below(256);
                made(format!("({byte} as byte)"), byte.to_string())
            }
            Kind::Optional(_) if self.choices.once_in(3) => made("none".to_owned(), "none".to_owned()),
            Kind::Optional(of) => self.any(of),
            Kind::Tuple(parts) => {
                let (texts, shown) = self.all(parts);
                made(format!("({})", texts.join(", ")), format!("({})", shown.join(", ")))
            }
            Kind::Array(of) => {
                let parts = vec![(**of).clone(); self.choices.below(4) as usize];
                let (texts, shown) = self.all(&parts);
                made(format!("[{}]", texts.join(", ")), format!("[{}]", shown.join(", ")))
            }
            Kind::Class(name, fields) => {
                let named = |all: Vec<String>| {
                    let all: Vec<_> = (0..).zip(all).map(|(at, one)| format!("f{at}: {one}")).collect();
                    format!("{name} {{ {} }}", all.join(", "))
                };
                let (texts, shown) = self.all(fields);
                made(named(texts), named(shown))
            }
            Kind::Enum(name, _) if self.choices.once_in(3) => {
                made(format!("{name}.Neither{name}"), format!("Neither{name}"))
            }
            Kind::Enum(name, fields) => {
                let (texts, shown) = self.all(fields);
                made(
                    format!("{name}.Of{name}({})", texts.join(", ")),
                    format!("Of{name}({})", shown.join(", ")),
                )
            }
        }
    }

    fn all(&mut self, of: &[Type]) -> (Vec<String>, Vec<String>) {
        of.iter().map(|of| self.any(of)).map(|made| (made.text, made.shown)).unzip()
    }
}

/// Hands a value on by some carriers, and prints it and another one of its type.
fn carry(w: &mut Writer<'_, '_>, carriers: &[Carrier]) {
    let of = w.any_type(3);
    let (value, other) = (w.any(&of), w.any(&of));
    let name = w.fresh();
    w.statements(&format!(
        "let other{name}: {0} = {1}\nlet value{name}: {0} = {2}",
        of.text, other.text, value.text
    ));
    let mut at = format!("value{name}");
    for _ in 0..w.choices.between(1, 4) {
        let carrier = w.choices.one_of(carriers);
        let step = Step { name: w.fresh(), ty: of.text.clone(), from: at, other: format!("other{name}") };
        carrier(w, &step);
        at = format!("carried{}", step.name);
    }
    w.print(&format!("[{at}]"), &format!("[{}]", value.shown));
    w.print(&format!("[other{name}]"), &format!("[{}]", other.shown));
}

/// A value on its way.
struct Step {
    name: u32,
    ty: String,
    /// The name of the value.
    from: String,
    /// That of another value of the same type.
    other: String,
}

/// Binds `carried` with the number of the step to the value.
type Carrier = fn(&mut Writer<'_, '_>, &Step);

/// What holds a value.
const HOLD: &[Carrier] = &[
    |w, Step { name, ty, from, other }| {
        w.statements(&format!(
            "let mut cells{name}: [{ty}] = [{other}]\nfor _ in 0..6 {{\n    cells{name}.push({other})\n}}\ncells{name}.push({from})\ncells{name}[2] = cells{name}[7]\nlet carried{name} = cells{name}[2]"
        ));
    },
    |w, Step { name, from, other, .. }| {
        w.statements(&format!("let carried{name} = ({other}, ({from}, 1), {other}).1.0"));
    },
    |w, Step { name, from, other, .. }| {
        w.statements(&format!("let (_, (carried{name}, _)) = (({other}, 1), ({from}, {other}))"));
    },
    |w, Step { name, from, other, .. }| {
        w.declare(&format!("class Box{name}<A, B> {{\n    pub first: A\n    pub second: B\n    fn change(mut self, second: B) {{\n        self.second = second\n    }}\n}}"));
        w.statements(&format!(
            "let mut box{name} = Box{name} {{ first: {other}, second: ({other}, {other}) }}\nbox{name}.change(({other}, {from}))\nlet carried{name} = box{name}.second.1"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.statements(&format!(
            "let mut named{name}: Map<string, {ty}> = [\"other\": {other}]\nnamed{name}[\"from\"] = {from}\nlet carried{name} = named{name}[\"from\"]"
        ));
    },
    |w, Step { name, from, other, .. }| {
        let place = w.choices.below(3);
        let mut arms = [other.as_str(); 3];
        arms[place as usize] = from;
        let [zero, one, more] = arms;
        w.statements(&format!(
            "let place{name} = [1, 2].len() - {}\nlet carried{name} = match place{name} {{\n    0 => {zero}\n    1 => {one}\n    _ => {more}\n}}",
            2 - i64::from(place)
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.statements(&format!(
            "let mut turn{name} = 0\nlet mut last{name}: {ty} = {other}\nlet carried{name} = loop {{\n    if turn{name} == 2 {{\n        break last{name}\n    }}\n    turn{name} += 1\n    last{name} = {from}\n}}"
        ));
    },
];

/// What carries a value from one task to another.
const SEND: &[Carrier] = &[
    |w, Step { name, ty, from, other }| {
        w.statements(&format!(
            "let (tx{name}, rx{name}) = chan<{ty}>(2)\ntx{name}.send({other}) catch e {{ _ => print(\"closed\") }}\ntx{name}.send({from}) catch e {{ _ => print(\"closed\") }}\nlet _ = rx{name}.recv() catch {from}\nlet carried{name} = rx{name}.recv() catch {other}"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!("fn task{name}(first: {ty}, second: {ty}, which: bool) {ty} {{\n    if which {{ first }} else {{ second }}\n}}"));
        w.statements(&format!(
            "let running{name} = spawn task{name}({other}, {from}, false)\nlet carried{name} = running{name}.get() catch {other}"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!(
            "actor Keeper{name} {{\n    held: {ty}\n    fn swap(mut self, next: {ty}) {ty} {{\n        let old = self.held\n        self.held = next\n        old\n    }}\n}}"
        ));
        w.statements(&format!(
            "let keeper{name} = spawn Keeper{name} {{ held: {other} }}\nlet _ = keeper{name}.swap({from}) catch {from}\nlet carried{name} = keeper{name}.swap({other}) catch {other}"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!(
            "error Lost{name} {{\n    number: int\n    held: {ty}\n}}\n\nfn lose{name}(held: {ty}) int {{\n    raise Lost{name} {{ number: 1, held }}\n}}"
        ));
        w.statements(&format!(
            "let losing{name} = spawn lose{name}({from})\nlet mut carried{name}: {ty} = {other}\nlet _ = losing{name}.get() catch e {{\n    Lost{name} {{ held, .. }} => {{\n        carried{name} = held\n        0\n    }}\n    TaskFailed {{ .. }} => 1\n}}"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.statements(&format!(
            "let (out{name}, in{name}) = chan<(int, {ty})>(1)\nout{name}.send((3, {from})) catch e {{ _ => print(\"closed\") }}\nlet carried{name} = select {{\n    got = in{name}.recv() => got.1\n    default => {other}\n}} catch {other}"
        ));
    },
];

/// What a value goes through as an argument and as a result.
const CALL: &[Carrier] = &[
    |w, Step { name, from, other, .. }| {
        w.declare(&format!(
            "fn second{name}<A, B>(pair: (A, B), _other: A) B {{\n    let (_, second) = pair\n    second\n}}"
        ));
        w.statements(&format!("let carried{name} = second{name}(({other}, {from}), {other})"));
    },
    |w, Step { name, from, other, .. }| {
        w.statements(&format!(
            "let closed{name} = (first: bool) => if first {{ {other} }} else {{ {from} }}\nlet carried{name} = closed{name}(false)"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!(
            "fn stream{name}(first: {ty}, second: {ty}) stream {ty} {{\n    yield first\n    yield second\n}}"
        ));
        w.statements(&format!(
            "let mut carried{name}: {ty} = {other}\nfor each in stream{name}({other}, {from}) {{\n    carried{name} = each\n}}"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!(
            "error Thrown{name} {{\n    other: {ty}\n    held: {ty}\n}}\n\nfn throw{name}(other: {ty}, held: {ty}, n: int) {ty} {{\n    if n == 0 {{\n        raise Thrown{name} {{ held, other }}\n    }}\n    throw{name}(other, held, n - 1)!\n}}"
        ));
        w.statements(&format!(
            "let carried{name} = throw{name}({other}, {from}, 3) catch e {{ Thrown{name} {{ held, .. }} => held }}"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!(
            "trait Hand{name} {{\n    fn hand(self, first: {ty}, second: {ty}) {ty} raises none\n}}\n\nclass Left{name} {{\n    turn: int = 1\n}}\n\nclass Right{name} {{\n    kept: {ty}\n}}\n\nimpl Hand{name} for Left{name} {{\n    fn hand(self, first: {ty}, second: {ty}) {ty} {{\n        if self.turn == 0 {{ second }} else {{ first }}\n    }}\n}}\n\nimpl Hand{name} for Right{name} {{\n    fn hand(self, first: {ty}, second: {ty}) {ty} {{\n        if [first].len() == 0 {{ second }} else {{ self.kept }}\n    }}\n}}"
        ));
        w.statements(&format!(
            "let hands{name}: [Hand{name}] = [Left{name} {{}}, Right{name} {{ kept: {from} }}]\nlet handed{name} = hands{name}[0].hand({from}, {other})\nlet carried{name} = hands{name}[1].hand({other}, handed{name})"
        ));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!(
            "fn leave{name}(first: {ty}, second: {ty}) {ty} {{\n    let mut held = first\n    defer {{\n        held = first\n    }}\n    held = second\n    return held\n}}"
        ));
        w.statements(&format!("let carried{name} = leave{name}({other}, {from})"));
    },
    |w, Step { name, ty, from, other }| {
        w.declare(&format!(
            "fn found{name}(list: [{ty}], at: int) {ty}? {{\n    if at < list.len() {{ list[at] }} else {{ none }}\n}}"
        ));
        w.statements(&format!("let carried{name}: {ty} = found{name}([{other}, {from}], 1) ?? {from}"));
    },
];
