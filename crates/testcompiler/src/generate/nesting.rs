//! Features inside of something: a loop, a function value, a generator, another task.

use super::program::{FEATURES, Feature, Writer};

pub(super) const NESTED: &[Feature] = &[
    Feature { name: "nested in blocks", write: |w| nested(w, BLOCKS) },
    Feature { name: "nested in functions", write: |w| nested(w, FUNCTIONS) },
    Feature { name: "nested in tasks", write: |w| nested(w, TASKS) },
    Feature { name: "nested in what is deferred", write: deferred },
];

/// How deep features are nested.
const DEEPEST: u32 = 3;

/// Has statements done once, given a number for names.
type Place = fn(&mut Writer<'_, '_>, u32, &str);

/// What may fail or hands errors on, which nothing may that is deferred.
const FAILING: [&str; 3] = ["scope", "select", "trait objects"];

/// One or two features where `main` does not do them itself.
fn nested(w: &mut Writer<'_, '_>, places: &[Place]) {
    let (name, all) = (w.fresh(), FEATURES.concat());
    let place = w.choices.one_of(places);
    if w.depth == DEEPEST {
        return place(w, name, "let _ = 1\n");
    }
    w.depth += 1;
    let inner = some(w, &all);
    w.depth -= 1;
    place(w, name, &inner);
}

/// The statements of one or two features.
fn some(w: &mut Writer<'_, '_>, of: &[Feature]) -> String {
    let outer = std::mem::take(&mut w.body);
    for _ in 0..w.choices.between(1, 2) {
        let feature = w.choices.one_of(of);
        w.out.features.push(feature.name);
        (feature.write)(w);
    }
    std::mem::replace(&mut w.body, outer)
}

fn deferred(w: &mut Writer<'_, '_>) {
    let nests = |name| NESTED.iter().any(|nested| nested.name == name);
    let calm = |of: &Feature| !FAILING.contains(&of.name) && !nests(of.name);
    let all: Vec<Feature> = FEATURES.concat().into_iter().filter(calm).collect();
    let (name, inner) = (w.fresh(), some(w, &all));
    w.declare(&format!(
        "fn leaving{name}(n: int) int {{\n    let mut left = n\n    defer {{\n{inner}        left += 1\n        print(left)\n    }}\n    left += 10\n    left\n}}"
    ));
    w.statements(&format!("let left{name} = leaving{name}(1)"));
    w.expect("12");
    w.print(&format!("left{name}"), "11");
}

const BLOCKS: &[Place] = &[
    |w, _, inner| w.statements(&format!("for _ in 0..1 {{\n{inner}}}")),
    |w, _, inner| w.statements(&format!("loop {{\n{inner}    break\n}}")),
    |w, name, inner| {
        w.statements(&format!(
            "let mut turns{name} = 0\nwhile turns{name} < 3 {{\n    turns{name} += 1\n    if turns{name} != 2 {{\n        continue\n    }}\n{inner}}}"
        ));
        w.print(&format!("turns{name}"), "3");
    },
    |w, name, inner| {
        w.statements(&format!(
            "let made{name} = match [1, 2].len() {{\n    1 => 10\n    2 => {{\n{inner}        20\n    }}\n    _ => 30\n}}"
        ));
        w.print(&format!("made{name}"), "20");
    },
    |w, name, inner| {
        w.declare(&format!(
            "error Wrong{name} {{\n    n: int\n}}\n\nfn wrong{name}(n: int) int {{\n    if n > 0 {{\n        raise Wrong{name} {{ n: n }}\n    }}\n    n\n}}"
        ));
        w.statements(&format!(
            "let mended{name} = wrong{name}(3) catch e {{\n    Wrong{name} {{ n }} => {{\n{inner}        n + 1\n    }}\n}}"
        ));
        w.print(&format!("mended{name}"), "4");
    },
];

const FUNCTIONS: &[Place] = &[
    |w, name, inner| {
        let far = far(w, name);
        w.declare(&format!("fn inner{name}(n: int) int {{\n{inner}{far}    n * 2\n}}"));
        w.print(&format!("inner{name}(21) catch -1"), "42");
    },
    |w, name, inner| {
        let far = far(w, name);
        w.statements(&format!(
            "let kept{name} = \"kept\"\nlet inner{name} = (n: int) => {{\n{inner}{far}    f\"{{kept{name}}}{{n}}\"\n}}"
        ));
        w.print(&format!("inner{name}(3) catch \"failed\""), "kept3");
    },
    |w, name, inner| {
        let far = far(w, name);
        w.declare(&format!(
            "class Outer{name}<T> {{\n    held: T\n    fn inner(self, n: int, other: T) [T] {{\n{inner}{far}        [self.held, other]\n    }}\n}}"
        ));
        w.print(&format!("Outer{name} {{ held: \"a\" }}.inner(1, \"b\") catch []"), "[\"a\", \"b\"]");
    },
];

/// Where `n` is too large, there is an error: so all that has this may fail, whatever else is in it.
fn far(w: &mut Writer<'_, '_>, name: u32) -> String {
    w.declare(&format!("error Far{name} {{}}"));
    format!("    if n > 1000 {{\n        raise Far{name} {{}}\n    }}\n")
}

const TASKS: &[Place] = &[
    |w, name, inner| {
        w.declare(&format!("fn beside{name}(n: int) (int, string) {{\n{inner}    (n, \"beside\")\n}}"));
        w.statements(&format!(
            "let beside{name} = spawn beside{name}(5)\nlet (number{name}, word{name}) = beside{name}.get() catch (0, \"failed\")"
        ));
        w.print(&format!("f\"{{number{name}}} {{word{name}}}\""), "5 beside");
    },
    |w, name, inner| {
        let far = far(w, name);
        w.declare(&format!(
            "fn within{name}(n: int) stream (int, string) {{\n    yield (n, \"before\")\n{inner}{far}    yield (n + 1, \"behind\")\n}}"
        ));
        w.statements(&format!(
            "let mut given{name} = \"\"\nfor (number, word) in within{name}(1)! {{\n    given{name} = given{name} + f\"{{number}}{{word}}\"\n}}"
        ));
        w.print(&format!("given{name}"), "1before2behind");
    },
    |w, name, inner| {
        w.declare(&format!(
            "actor Busy{name} {{\n    did: int = 0\n    fn work(mut self, by: int) int {{\n{inner}        self.did += by\n        self.did\n    }}\n}}"
        ));
        w.statements(&format!("let busy{name} = spawn Busy{name} {{}}"));
        w.print(&format!("busy{name}.work(4) catch -1"), "4");
    },
];
