//! Errors, contracts and injection.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "raise and default", write: raise_default },
    Feature { name: "handlers", write: handlers },
    Feature { name: "propagation", write: propagation },
    Feature { name: "errors through function values", write: through_values },
    Feature { name: "contracts", write: contracts },
    Feature { name: "invariants", write: invariants },
    Feature { name: "assertions", write: assertions },
    Feature { name: "injection", write: injection },
];

fn raise_default(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(2));
    w.declare(&format!(
        "error Odd{name} {{\n    n: int\n}}\n\nfn half{name}(n: int) int {{\n    if n % 2 != 0 {{\n        raise Odd{name} {{ n: n }}\n    }}\n    n / 2\n}}"
    ));
    let value = if number.value % 2 == 0 { number.value / 2 } else { -1 };
    w.print(&format!("half{name}({}) catch -1", number.text), &value.to_string());
}

fn handlers(w: &mut Writer<'_, '_>) {
    let (name, which) = (w.fresh(), w.choices.between(0, 3));
    w.declare(&format!(
        "error Missing{name} {{\n    id: int\n}}\n\nerror Broken{name} {{}}\n\nfn load{name}(id: int) int raises Missing{name}, Broken{name} {{\n    match id {{\n        0 => raise Missing{name} {{ id: id }}\n        1 => raise Broken{name} {{}}\n        _ => id * 10\n    }}\n}}"
    ));
    w.statements(&format!(
        "let loaded{name} = load{name}({which}) catch problem {{\n    Missing{name} {{ id }} => id + 7\n    Broken{name} {{}} => 8\n}}"
    ));
    let value = match which {
        0 => 7,
        1 => 8,
        id => id * 10,
    };
    w.print(&format!("loaded{name}"), &value.to_string());
}

fn propagation(w: &mut Writer<'_, '_>) {
    let (name, depth, number) = (w.fresh(), w.choices.between(1, 5), w.int(1));
    let mut declared = format!(
        "error Negative{name} {{}}\n\nfn step{name}of0(n: int) int {{\n    if n < 0 {{\n        raise Negative{name} {{}}\n    }}\n    n\n}}\n\n"
    );
    for step in 1..=depth {
        declared +=
            &format!("fn step{name}of{step}(n: int) int {{\n    step{name}of{}(n)! + 1\n}}\n\n", step - 1);
    }
    w.declare(&declared);
    let value = if number.value < 0 { -100 } else { number.value + depth };
    w.print(
        &format!("step{name}of{depth}({}) catch e {{ Negative{name} {{}} => -100 }}", number.text),
        &value.to_string(),
    );
}

fn through_values(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.declare(&format!(
        "error Small{name} {{}}\n\nfn large{name}(n: int) int {{\n    if n < 10 {{\n        raise Small{name} {{}}\n    }}\n    n\n}}\n\nfn apply{name}<T>(f: fn(T) T, x: T) T {{\n    f(x)!\n}}"
    ));
    let value = if number.value < 10 { 0 } else { number.value };
    w.print(&format!("apply{name}(large{name}, {}) catch 0", number.text), &value.to_string());
    w.print(&format!("apply{name}((x) => x + 1, {})", number.text), &(number.value + 1).to_string());
}

fn contracts(w: &mut Writer<'_, '_>) {
    let (name, a, b) = (w.fresh(), w.choices.between(0, 99), w.choices.between(1, 9));
    w.declare(&format!(
        "class Tank{name} {{\n    level: int\n    drops: [int] = []\n    fn drain(mut self, by: int) int\n        requires by > 0\n        ensures result >= 0 and self.level + result == old(self.level)\n        ensures self.drops.len() == old(self.drops.len()) + 1\n    {{\n        let drained = if by > self.level {{ self.level }} else {{ by }}\n        self.level -= drained\n        self.drops.push(drained)\n        drained\n    }}\n}}"
    ));
    w.statements(&format!("let mut tank{name} = Tank{name} {{ level: {a} }}"));
    w.print(&format!("tank{name}.drain({b})"), &b.min(a).to_string());
}

fn invariants(w: &mut Writer<'_, '_>) {
    let (name, steps) = (w.fresh(), w.choices.between(0, 9));
    w.declare(&format!(
        "class Ring{name} {{\n    at: int = 0\n    size: int\n    invariant self.at >= 0 and self.at < self.size\n    fn step(mut self) int {{\n        self.at = (self.at + 1) % self.size\n        self.at\n    }}\n}}"
    ));
    w.statements(&format!(
        "let mut ring{name} = Ring{name} {{ size: 4 }}\nlet mut at{name} = 0\nfor _ in 0..{steps} {{\n    at{name} = ring{name}.step()\n}}"
    ));
    w.print(&format!("at{name}"), &(steps % 4).to_string());
}

fn assertions(w: &mut Writer<'_, '_>) {
    let (number, truth) = (w.int(2), w.bool(2));
    w.statements(&format!(
        "assert {} == {}, \"a value is itself\"\nassert {} or true",
        number.text, number.text, truth.text
    ));
}

/// The program begins in an app, which is given the service.
fn injection(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.declare(&format!(
        "trait Store{name} {{\n    fn get(self, id: int) int raises none\n}}\n\nclass Memory{name} {{\n    base: int = {}\n}}\n\nimpl Store{name} for Memory{name} {{\n    fn get(self, id: int) int {{ self.base + id }}\n}}\n\npub class Service{name}[store: Store{name}] {{\n    fn find(self, id: int) int {{\n        self.store.get(id)!\n    }}\n}}\n\nbind Store{name} = Memory{name} {{}}\n\ntest \"found {name}\" with Store{name} = Memory{name} {{ base: 1 }} {{\n    expect(1).to_be(1)\n}}",
        number.text
    ));
    w.inject(&format!("service{name}: Service{name}"), &format!("service{name}.find(1)"), number.value + 1);
}
