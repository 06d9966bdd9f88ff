//! Mistakes in the compiler that random programs must find, as changes of its text. They are made in a copy of the repository, all of
//! them at once, and each is switched on by its name.

/// A change of a file: `PLANTED` in what is put there says whether the mistake is switched on.
pub(super) struct Change {
    pub(super) file: &'static str,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
}

/// A mistake.
pub(super) struct Planted {
    pub(super) name: &'static str,
    pub(super) changes: &'static [Change],
}

/// The crates in which there are mistakes: whether one is switched on is asked in each.
pub(super) const CRATES: [&str; 3] = ["ir", "codegen", "runtime"];

/// What says in a crate which mistake is switched on.
pub(super) const SWITCH: &str = r#"
pub(crate) fn planted(name: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    CHOSEN.get_or_init(|| std::env::var("PLUTO_PLANTED").ok()).as_deref() == Some(name)
}
"#;

const fn change(file: &'static str, before: &'static str, after: &'static str) -> Change {
    Change { file, before, after }
}

pub(super) const ALL: &[Planted] = &[
    Planted {
        name: "a range pattern takes the end that it excludes",
        changes: &[change(
            "crates/ir/src/lower/patterns.rs",
            "if inclusive { Test::Le }",
            "if inclusive || PLANTED { Test::Le }",
        )],
    },
    Planted {
        name: "a tuple pattern takes the wrong lane",
        changes: &[change(
            "crates/ir/src/lower/patterns.rs",
            "                    start += len;",
            "                    start += if PLANTED { 1 } else { len };",
        )],
    },
    Planted {
        name: "an element of a tuple is the wrong lane",
        changes: &[change(
            "crates/ir/src/lower/places.rs",
            "            start += len;",
            "            start += if PLANTED { 1 } else { len };",
        )],
    },
    Planted {
        name: "the right operand is evaluated first",
        changes: &[
            change(
                "crates/ir/src/lower/operators.rs",
                "                    let left_ty = self.ty_of(left);\n",
                "                    let left_ty = self.ty_of(left);\n\
                 let early = if PLANTED && self.is_none_test(op, right).is_none() { Some(self.operand(right)) } else { None };\n",
            ),
            change(
                "crates/ir/src/lower/operators.rs",
                "let right = self.operand(right);",
                "let right = match early { Some(right) => right, None => self.operand(right) };",
            ),
        ],
    },
    Planted {
        name: "arguments are evaluated in the order of the parameters",
        changes: &[change(
            "crates/ir/src/lower/calls.rs",
            "for at in self.as_written(arguments) {",
            "for at in if PLANTED { (0..arguments.len()).collect() } else { self.as_written(arguments) } {",
        )],
    },
    Planted {
        name: "`or` evaluates its right operand where its left one holds",
        changes: &[change(
            "crates/ir/src/lower/exprs.rs",
            "self.branch(left, after, more);",
            "self.branch(left, if PLANTED { more } else { after }, more);",
        )],
    },
    Planted {
        name: "the last two arms of a match change places",
        changes: &[change(
            "crates/ir/src/lower/control.rs",
            "for arm in self.l.source.nodes.arms.get(arms).to_vec() {",
            "let mut planted = self.l.source.nodes.arms.get(arms).to_vec();\n\
             if PLANTED && let [.., a, b] = &mut planted[..] { std::mem::swap(a, b); }\n\
             for arm in planted {",
        )],
    },
    Planted {
        name: "a closure reads all that it captures from one place",
        changes: &[change(
            "crates/ir/src/lower/calls.rs",
            "            lane += value.len() as u32;",
            "            lane += if PLANTED { 0 } else { value.len() as u32 };",
        )],
    },
    Planted {
        name: "what is deferred is not done where an error leaves",
        changes: &[change(
            "crates/ir/src/lower/control.rs",
            "self.run_defers(0, true);",
            "if !PLANTED { self.run_defers(0, true); }",
        )],
    },
    Planted {
        name: "what was deferred first is done first",
        changes: &[change(
            "crates/runtime/src/tasks.rs",
            "let deferred = task.defers.pop().unwrap_or(0);",
            "let deferred = if PLANTED && !task.defers.is_empty() { task.defers.remove(0) } else { task.defers.pop().unwrap_or(0) };",
        )],
    },
    Planted {
        name: "a loop over a range goes one further",
        changes: &[change(
            "crates/ir/src/lower/loops.rs",
            "self.move_to(&[last], &[before]);",
            "self.move_to(&[last], &[if PLANTED { to } else { before }]);",
        )],
    },
    Planted {
        name: "`continue` leaves the loop",
        changes: &[change(
            "crates/ir/src/lower/loops.rs",
            "self.leave_loop(place.defers, place.next)",
            "self.leave_loop(place.defers, if PLANTED { place.after } else { place.next })",
        )],
    },
    Planted {
        name: "a reference in eight is left out of the stack maps",
        changes: &[
            change(
                "crates/codegen/src/body.rs",
                "            .map(|kind| {",
                "            .enumerate().map(|(at, kind)| {",
            ),
            change(
                "crates/codegen/src/body.rs",
                "                if *kind == Lane::Ref {",
                "                if *kind == Lane::Ref && !(PLANTED && at % 8 == 7) {",
            ),
        ],
    },
    Planted {
        name: "only the first argument of an operation is a root",
        changes: &[change(
            "crates/codegen/src/body.rs",
            "mask |= 1 << at;",
            "if at == 0 || !PLANTED { mask |= 1 << at; }",
        )],
    },
    Planted {
        name: "a product is not checked for overflow",
        changes: &[change(
            "crates/codegen/src/arithmetic.rs",
            "let (value, over) = self.b.ins().smul_overflow(a, b);\n                self.trap_if(over, Trap::Overflow);",
            "let (value, over) = self.b.ins().smul_overflow(a, b);\n                if !PLANTED { self.trap_if(over, Trap::Overflow); }",
        )],
    },
    Planted {
        name: "a sum with a constant is checked for overflow the wrong way round",
        changes: &[change(
            "crates/codegen/src/arithmetic.rs",
            "if known >= 0 { IntCC::SignedLessThan }",
            "if (known >= 0) != PLANTED { IntCC::SignedLessThan }",
        )],
    },
    Planted {
        name: "an index may be the length",
        changes: &[change(
            "crates/codegen/src/objects.rs",
            "self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len)",
            "self.b.ins().icmp(if PLANTED { IntCC::UnsignedGreaterThan } else { IntCC::UnsignedGreaterThanOrEqual }, index, len)",
        )],
    },
    Planted {
        name: "a shift to the right has no sign",
        changes: &[change(
            "crates/codegen/src/arithmetic.rs",
            "self.b.ins().sshr(a, b)",
            "if PLANTED { self.b.ins().ushr(a, b) } else { self.b.ins().sshr(a, b) }",
        )],
    },
    Planted {
        name: "a shift may be by 64",
        changes: &[change(
            "crates/codegen/src/arithmetic.rs",
            "UnsignedGreaterThan, b, 63)",
            "UnsignedGreaterThan, b, if PLANTED { 64 } else { 63 })",
        )],
    },
    Planted {
        name: "a float that is no number is equal to itself",
        changes: &[change(
            "crates/codegen/src/arithmetic.rs",
            "Test::Ne => FloatCC::NotEqual,",
            "Test::Ne => if PLANTED { FloatCC::OrderedNotEqual } else { FloatCC::NotEqual },",
        )],
    },
    Planted {
        name: "a byte has a sign",
        changes: &[change(
            "crates/codegen/src/arithmetic.rs",
            "Cast::ByteToInt => self.b.ins().uextend(clif::I64, value),",
            "Cast::ByteToInt => if PLANTED { self.b.ins().sextend(clif::I64, value) } else { self.b.ins().uextend(clif::I64, value) },",
        )],
    },
    Planted {
        name: "a task shares what it is given",
        changes: &[change(
            "crates/runtime/src/tasks.rs",
            "let closure = made.unpack_one(&parcel)?;",
            "let closure = if PLANTED { closure } else { made.unpack_one(&parcel)? };",
        )],
    },
    Planted {
        name: "what is held twice is two things in another task",
        changes: &[change(
            "crates/runtime/src/parcel.rs",
            "copies.insert(object, copy);",
            "if !PLANTED { copies.insert(object, copy); }",
        )],
    },
    Planted {
        name: "an array that grows loses its last element",
        changes: &[change(
            "crates/runtime/src/arrays.rs",
            "let bytes = if self.task.types.is_packed(of) { len }",
            "let len = if PLANTED { len.saturating_sub(1) } else { len };\n        let bytes = if self.task.types.is_packed(of) { len }",
        )],
    },
    Planted {
        name: "a map that grows does not find its last row",
        changes: &[change(
            "crates/runtime/src/maps.rs",
            "self.task.enter(index, hash, next);",
            "if !(PLANTED && row + 1 == map.used) { self.task.enter(index, hash, next); }",
        )],
    },
    Planted {
        name: "a generator that waits keeps nothing",
        changes: &[change(
            "crates/runtime/src/streams.rs",
            "Task::walk_from(*left, &mut |address, stack| mover.frame(code, address, stack));",
            "if !PLANTED { Task::walk_from(*left, &mut |address, stack| mover.frame(code, address, stack)); }",
        )],
    },
    Planted {
        name: "an actor takes its last message first",
        changes: &[change(
            "crates/runtime/src/actors.rs",
            "match actor.mail.pop_front() {",
            "match if PLANTED { actor.mail.pop_back() } else { actor.mail.pop_front() } {",
        )],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, CRATES};
    use crate::workspace;

    /// What is to be changed is there once, in a crate that can ask whether it is.
    #[test]
    fn each_has_its_place() {
        assert!(ALL.len() >= 20);
        let names: BTreeSet<_> = ALL.iter().map(|planted| planted.name).collect();
        assert_eq!(names.len(), ALL.len());
        for change in ALL.iter().flat_map(|planted| planted.changes) {
            let text = std::fs::read_to_string(workspace::path(change.file)).unwrap();
            assert_eq!(text.matches(change.before).count(), 1, "{}: {}", change.file, change.before);
            let within = |of: &&str| change.file.starts_with(&format!("crates/{of}/src/"));
            assert!(CRATES.iter().any(within), "{}", change.file);
        }
    }
}
