//! Functions, generics, traits, closures, generators and modules.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "recursion", write: recursion },
    Feature { name: "generic functions", write: generic },
    Feature { name: "closures", write: closures },
    Feature { name: "function values", write: function_values },
    Feature { name: "traits", write: traits },
    Feature { name: "trait objects", write: trait_objects },
    Feature { name: "generators", write: generators },
    Feature { name: "modules", write: modules },
    Feature { name: "constants", write: constants },
    Feature { name: "tests", write: tests },
    Feature { name: "mut parameters", write: mut_parameters },
];

fn recursion(w: &mut Writer<'_, '_>) {
    let (name, a, b) = (w.fresh(), w.choices.between(1, 400), w.choices.between(1, 400));
    w.declare(&format!(
        "fn gcd{name}(a: int, b: int) int {{\n    if b == 0 {{ a }} else {{ gcd{name}(b, a % b) }}\n}}"
    ));
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    w.print(&format!("gcd{name}({a}, {b})"), &x.to_string());
}

fn generic(w: &mut Writer<'_, '_>) {
    let (name, number, word) = (w.fresh(), w.int(2), w.string());
    w.declare(&format!(
        "fn swap{name}<A, B>(pair: (A, B)) (B, A) {{\n    let (a, b) = pair\n    (b, a)\n}}\n\nfn last{name}<T>(xs: [T]) T? {{\n    if xs.len() == 0 {{ none }} else {{ xs[xs.len() - 1] }}\n}}"
    ));
    w.print(&format!("swap{name}(({}, {})).0", number.text, word.text), &word.value);
    w.print(&format!("last{name}<int>([{}, 7]) ?? 0", number.text), "7");
    w.print(&format!("last{name}([{}]) ?? \"nobody\"", word.text), &word.value);
}

fn closures(w: &mut Writer<'_, '_>) {
    let (name, captured, given) = (w.fresh(), w.int(1), w.int(1));
    w.declare(&format!("fn twice{name}(f: fn(int) int, x: int) int {{\n    f(f(x)!)!\n}}"));
    w.statements(&format!("let captured{name} = {}", captured.text));
    let value = given.value + 2 * captured.value;
    w.print(&format!("twice{name}((x) => x + captured{name}, {})", given.text), &value.to_string());
    w.statements(&format!("let name{name} = \"n\"\nlet both{name} = (7, captured{name} + 1)"));
    w.statements(&format!("let many{name} = (x: int) => f\"{{name{name}}}{{x * both{name}.0 - both{name}.1}}{{captured{name}}}\""));
    let shown = format!("n{}{}", given.value * 7 - captured.value - 1, captured.value);
    w.print(&format!("many{name}({})", given.text), &shown);
    w.print(
        &format!("twice{name}((x: int) int => {{ let y = x * 2\n    y + 1 }}, {})", given.text),
        &(given.value * 4 + 3).to_string(),
    );
}

fn function_values(w: &mut Writer<'_, '_>) {
    let (name, given, factor) = (w.fresh(), w.int(1), w.choices.between(2, 9));
    w.declare(&format!(
        "fn scale{name}(x: int) int {{ x * {factor} }}\n\nclass Holder{name} {{\n    action: fn(int) int\n    fn run(self, x: int) int {{\n        self.action(x)\n    }}\n}}"
    ));
    w.statements(&format!("let held{name} = Holder{name} {{ action: scale{name} }}"));
    w.print(&format!("held{name}.run({})", given.text), &(given.value * factor).to_string());
    w.print(&format!("[1, 2, 3].map(scale{name}).fold(0, (a, b) => a + b)"), &(6 * factor).to_string());
}

fn traits(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.declare(&format!(
        "trait Size{name} {{\n    fn size(self) int\n    fn doubled(self) int {{ self.size() * 2 }}\n}}\n\nclass Crate{name} {{\n    pub weight: int\n}}\n\nimpl Size{name} for Crate{name} {{\n    fn size(self) int {{ self.weight }}\n}}\n\nfn total{name}<T: Size{name}>(xs: [T]) int {{\n    let mut sum = 0\n    for x in xs {{\n        sum += x.doubled()\n    }}\n    sum\n}}"
    ));
    w.print(
        &format!("total{name}([Crate{name} {{ weight: {} }}, Crate{name} {{ weight: 1 }}])", number.text),
        &(number.value * 2 + 2).to_string(),
    );
}

fn trait_objects(w: &mut Writer<'_, '_>) {
    let (name, side) = (w.fresh(), w.choices.between(1, 9));
    w.declare(&format!(
        "trait Area{name} {{\n    fn area(self) int raises none\n}}\n\nclass Square{name} {{\n    side: int\n}}\n\nclass Strip{name} {{\n    length: int\n}}\n\nimpl Area{name} for Square{name} {{\n    fn area(self) int {{ self.side * self.side }}\n}}\n\nimpl Area{name} for Strip{name} {{\n    fn area(self) int {{ self.length }}\n}}"
    ));
    w.statements(&format!(
        "let shapes{name}: [Area{name}] = [Square{name} {{ side: {side} }}, Strip{name} {{ length: {side} }}]\nlet mut area{name} = 0\nfor shape in shapes{name} {{\n    area{name} += shape.area()!\n}}"
    ));
    w.print(&format!("area{name}"), &(side * side + side).to_string());
}

fn generators(w: &mut Writer<'_, '_>) {
    let (name, bound) = (w.fresh(), w.choices.between(0, 30));
    w.declare(&format!(
        "fn evens{name}(bound: int) stream int {{\n    let mut i = 0\n    while i < bound {{\n        yield i\n        i += 2\n    }}\n}}"
    ));
    w.statements(&format!(
        "let mut sum{name} = 0\nfor even in evens{name}({bound}) {{\n    sum{name} += even\n}}"
    ));
    w.print(&format!("sum{name}"), &(0..bound).step_by(2).sum::<i64>().to_string());
    let words = w.choices.between(0, 6);
    w.declare(&format!(
        "fn words{name}(count: int) stream string {{\n    let mut made = [\"none\"]\n    for i in 0..count {{\n        made.push(f\"{{made[i]}}{{i}}\")\n        yield made[i]\n    }}\n}}"
    ));
    w.statements(&format!(
        "let mut text{name} = \"\"\nfor word in words{name}({words}) {{\n    text{name} = text{name} + f\"{{word}},\"\n}}"
    ));
    let mut text = String::new();
    let mut word = "none".to_owned();
    for i in 0..words {
        text += &format!("{word},");
        word += &i.to_string();
    }
    w.print(&format!("text{name}"), &text);
}

fn modules(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    let (import, made) = match w.choices.below(3) {
        0 => (format!("import part{name}"), format!("part{name}.meter()")),
        1 => (format!("import part{name} as other{name}"), format!("other{name}.meter()")),
        _ => (format!("import part{name}.{{meter as meter_of{name}}}"), format!("meter_of{name}()")),
    };
    w.module(
        &format!("part{name}"),
        &format!(
            "pub class Meter {{\n    pub count: int = 0\n    pub fn tick(mut self, by: int) {{\n        self.count += by\n    }}\n}}\n\npub fn meter() Meter {{\n    Meter {{ count: hidden() }}\n}}\n\nfn hidden() int {{ {name} }}\n"
        ),
        &import,
    );
    w.statements(&format!("let mut meter{name} = {made}\nmeter{name}.tick({})", number.text));
    w.print(&format!("meter{name}.count"), &(i64::from(name) + number.value).to_string());
}

fn constants(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int_literal());
    w.declare(&format!(
        "type Grid{name} = [[int]]\n\nconst LIMIT{name}: int = 100 + {}\n\nconst GRID{name}: Grid{name} = [[1, 2], [3, LIMIT{name}]]",
        number.text
    ));
    w.print(&format!("GRID{name}[1][1] - GRID{name}[0][1]"), &(98 + number.value).to_string());
}

fn tests(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.declare(&format!(
        "test \"number {name}\" {{\n    expect({}).to_be({})\n}}",
        number.text,
        if number.value < 0 { format!("({})", number.value) } else { number.value.to_string() }
    ));
}

fn mut_parameters(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.declare(&format!("fn fill{name}(mut xs: [int], x: int) {{\n    xs.push(x)\n    xs[0] = x + 1\n}}"));
    w.statements(&format!("let mut xs{name} = [0]\nfill{name}(xs{name}, {})", number.text));
    w.print(
        &format!("xs{name}[0] * 10 + xs{name}[1]"),
        &((number.value + 1) * 10 + number.value).to_string(),
    );
}
