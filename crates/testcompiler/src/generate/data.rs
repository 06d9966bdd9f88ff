//! Classes, enums, collections, nullable values and terms.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "classes", write: classes },
    Feature { name: "generic classes", write: generic_classes },
    Feature { name: "aliasing", write: aliasing },
    Feature { name: "enums", write: enums },
    Feature { name: "recursive enums", write: recursive_enums },
    Feature { name: "maps", write: maps },
    Feature { name: "sets", write: sets },
    Feature { name: "many elements", write: many },
    Feature { name: "nullable", write: nullable },
    Feature { name: "let else", write: let_else },
    Feature { name: "class patterns", write: class_patterns },
    Feature { name: "terms", write: terms },
    Feature { name: "equality", write: equality },
];

fn classes(w: &mut Writer<'_, '_>) {
    let (name, x, dx) = (w.fresh(), w.int(1), w.int(1));
    w.declare(&format!(
        "class Point{name} {{\n    x: int\n    y: int = 3\n    fn norm(self) int {{ self.x.abs() + self.y.abs() }}\n    fn shift(mut self, dx: int) {{\n        self.x += dx\n    }}\n}}"
    ));
    w.statements(&format!(
        "let mut point{name} = Point{name} {{ x: {} }}\npoint{name}.shift({})",
        x.text, dx.text
    ));
    w.print(&format!("point{name}.norm()"), &((x.value + dx.value).abs() + 3).to_string());
}

fn generic_classes(w: &mut Writer<'_, '_>) {
    let (name, number, word) = (w.fresh(), w.int(1), w.string());
    w.declare(&format!(
        "class Stack{name}<T> {{\n    items: [T] = []\n    fn push(mut self, item: T) {{\n        self.items.push(item)\n    }}\n    fn depth(self) int {{ self.items.len() }}\n    fn top(self) T? {{\n        if self.items.len() == 0 {{\n            return none\n        }}\n        self.items[self.items.len() - 1]\n    }}\n}}"
    ));
    w.statements(&format!(
        "let mut numbers{name} = Stack{name}<int> {{}}\nnumbers{name}.push(0)\nnumbers{name}.push({})\nlet words{name} = Stack{name}<string> {{ items: [{}] }}",
        number.text, word.text
    ));
    w.print(&format!("numbers{name}.top() ?? 0"), &number.value.to_string());
    w.print(&format!("numbers{name}.depth() + words{name}.depth()"), "3");
    w.print(&format!("words{name}.top() ?? \"\""), &word.value);
}

fn aliasing(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.statements(&format!(
        "let mut one{name} = [1, 2]\nlet mut same{name} = one{name}\nlet mut other{name} = one{name}.copy()\nsame{name}[0] = {}\nother{name}[0] = 5",
        number.text
    ));
    w.print(&format!("one{name}[0] * 10 + other{name}[0]"), &(number.value * 10 + 5).to_string());
}

fn enums(w: &mut Writer<'_, '_>) {
    let (name, width, height, which) = (w.fresh(), w.int(1), w.int(1), w.choices.below(3));
    w.declare(&format!(
        "enum Shape{name} {{\n    Line{name}(length: int), Box{name}(width: int, height: int), Empty{name}\n    fn area(self) int {{\n        match self {{\n            Line{name}(length) => length\n            Box{name}(width: w, height) => w * height\n            Empty{name} => 0\n        }}\n    }}\n}}"
    ));
    let (made, area) = match which {
        0 => (format!("Line{name}({})", width.text), width.value),
        1 => (format!("Box{name}({}, height: {})", width.text, height.text), width.value * height.value),
        _ => (format!("Shape{name}.Empty{name}"), 0),
    };
    w.statements(&format!("let shape{name} = {made}"));
    w.print(&format!("shape{name}.area()"), &area.to_string());
}

fn recursive_enums(w: &mut Writer<'_, '_>) {
    let (name, values) = (w.fresh(), w.choices.between(0, 6));
    w.declare(&format!(
        "enum List{name} {{\n    Node{name}(head: int, tail: List{name}), End{name}\n}}\n\nfn sum{name}(list: List{name}) int {{\n    match list {{\n        Node{name}(a, Node{name}(b, rest)) => a + b + sum{name}(rest)\n        Node{name}(a, End{name}) => a\n        End{name} => 0\n    }}\n}}"
    ));
    w.statements(&format!(
        "let mut list{name}: List{name} = End{name}\nfor i in 0..{values} {{\n    list{name} = Node{name}(i, list{name})\n}}"
    ));
    w.print(&format!("sum{name}(list{name})"), &(0..values).sum::<i64>().to_string());
}

fn maps(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.statements(&format!(
        "let mut ages{name}: Map<string, int> = [:]\nages{name}[\"a\"] = {}\nages{name}[\"b\"] = 2\nlet fixed{name} = [1: \"one\", 2: \"two\"]\nlet mut keys{name} = \"\"\nfor (key, value) in ages{name} {{\n    keys{name} = keys{name} + f\"{{key}}{{value}}\"\n}}",
        number.text
    ));
    w.print(&format!("keys{name}"), &format!("a{}b2", number.value));
    w.print(&format!("fixed{name}[2]"), "two");
    w.print(&format!("ages{name}.get(\"c\") ?? ages{name}.len()"), "2");
}

fn sets(w: &mut Writer<'_, '_>) {
    let (name, a, b) = (w.fresh(), w.int(1), w.int(1));
    w.statements(&format!("let set{name} = Set.of({}, {}, {})", a.text, b.text, a.text));
    w.print(&format!("set{name}.len()"), if a.value == b.value { "1" } else { "2" });
    w.print(&format!("set{name}.has({})", b.text), "true");
}

/// Arrays and maps that grow.
fn many(w: &mut Writer<'_, '_>) {
    let (name, count, step) = (w.fresh(), w.choices.between(0, 40), w.choices.between(1, 9));
    w.statements(&format!(
        "let mut list{name}: [(int, string)] = []\nlet mut map{name}: Map<int, int> = [:]\nlet mut named{name}: Map<string, int> = [:]\nfor i in 0..{count} {{\n    list{name}.push((i * {step}, f\"n{{i}}\"))\n    map{name}[i * {step}] = i\n    named{name}[f\"n{{i}}\"] = i\n}}\nlet mut sum{name} = 0\nfor (number, word) in list{name} {{\n    sum{name} += (map{name}.get(number) ?? -1000) * {step} - number + (named{name}.get(word) ?? -1000)\n}}"
    ));
    w.print(&format!("sum{name}"), &(0..count).sum::<i64>().to_string());
    w.print(
        &format!("list{name}.len() * 100 + map{name}.len() * 10 + named{name}.len()"),
        &(count * 111).to_string(),
    );
}

fn nullable(w: &mut Writer<'_, '_>) {
    let (name, there, number) = (w.fresh(), w.bool(1), w.int(1));
    w.declare(&format!(
        "class Wheel{name} {{\n    pub size: int\n}}\n\nclass Car{name} {{\n    pub spare: Wheel{name}? = none\n}}\n\nfn spare{name}(there: bool, size: int) Car{name}? {{\n    if there {{ Car{name} {{ spare: Wheel{name} {{ size: size }} }} }} else {{ none }}\n}}\n\nfn size{name}(car: Car{name}?) int? {{\n    let wheel = car?.spare?\n    wheel.size + 1\n}}"
    ));
    w.statements(&format!(
        "let car{name} = spare{name}({}, {})\nlet text{name} = if car{name} != none {{ f\"{{car{name}.spare?.size ?? 0}}\" }} else {{ \"none\" }}",
        there.text, number.text
    ));
    let (text, size) =
        if there.value { (number.value.to_string(), number.value + 1) } else { ("none".to_owned(), -1) };
    w.print(&format!("text{name}"), &text);
    w.print(&format!("size{name}(car{name}) ?? -1"), &size.to_string());
    w.print(
        &format!("match size{name}(car{name}) {{ none => \"no\", size => f\"{{size}}\" }}"),
        &if there.value { size.to_string() } else { "no".to_owned() },
    );
}

fn let_else(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(2));
    w.declare(&format!(
        "fn positive{name}(n: int) int? {{\n    if n > 0 {{ n }} else {{ none }}\n}}\n\nfn doubled{name}(n: int) int {{\n    let m = positive{name}(n) else {{\n        return 0\n    }}\n    m * 2\n}}"
    ));
    w.print(&format!("doubled{name}({})", number.text), &(number.value.max(0) * 2).to_string());
}

fn class_patterns(w: &mut Writer<'_, '_>) {
    let (name, x, y) = (w.fresh(), w.choices.between(0, 2), w.choices.between(0, 2));
    w.declare(&format!(
        "class Spot{name} {{\n    x: int\n    y: int\n    fn where(self) string {{\n        match self {{\n            Spot{name} {{ x: 0, y: 0 }} => \"origin\"\n            Spot{name} {{ x: 0, .. }} => \"on y\"\n            Spot{name} {{ x, y: 0 }} => f\"on x at {{x}}\"\n            _ => \"anywhere\"\n        }}\n    }}\n}}"
    ));
    let place = match (x, y) {
        (0, 0) => "origin".to_owned(),
        (0, _) => "on y".to_owned(),
        (x, 0) => format!("on x at {x}"),
        _ => "anywhere".to_owned(),
    };
    w.print(&format!("Spot{name} {{ x: {x}, y: {y} }}.where()"), &place);
}

/// Terms only come from a node, so the function is there and never called.
fn terms(w: &mut Writer<'_, '_>) {
    let name = w.fresh();
    w.declare(&format!(
        "pub fn classify{name}(reply: term) int {{\n    match reply {{\n        (:ok, n: int) => n\n        (:\"not found\", _) => 1\n        [\"key\": value] if value is string => 2\n        :undefined => 3\n        _ => 4\n    }}\n}}"
    ));
}

fn equality(w: &mut Writer<'_, '_>) {
    let (name, a, b) = (w.fresh(), w.int(1), w.int(1));
    w.declare(&format!("enum Key{name} {{\n    Id{name}(n: int), Nothing{name}\n}}"));
    w.print(&format!("Id{name}({}) == Id{name}({})", a.text, b.text), &(a.value == b.value).to_string());
    w.print(
        &format!("[Id{name}({}), Nothing{name}] == [Id{name}({}), Nothing{name}]", a.text, a.text),
        "true",
    );
    w.statements(&format!("let found{name} = [Id{name}({}): \"here\"]", a.text));
    let found = if a.value == b.value { "here" } else { "away" };
    w.print(&format!("found{name}.get(Id{name}({})) ?? \"away\"", b.text), found);
}
