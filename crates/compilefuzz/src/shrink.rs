//! Smaller programs with the same fault: fewer choices, and plainer ones.

use pluto_testcompiler::generate::{Choices, Program, program};

/// So many programs are tried at most.
const TRIES: usize = 1_500;

/// A tape whose program has the fault that is asked for.
struct Shrinking<'t> {
    tape: Vec<u16>,
    faulty: &'t mut dyn FnMut(&[u8]) -> bool,
    tries: usize,
}

/// The smallest tape that is found whose program has the fault that the program of this one has.
pub(crate) fn shrunk(tape: &[u8], faulty: &mut dyn FnMut(&[u8]) -> bool) -> Vec<u8> {
    let tape = tape.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut shrinking = Shrinking { tape, faulty, tries: 0 };
    loop {
        let before = shrinking.tape.clone();
        shrinking.parts();
        shrinking.runs();
        shrinking.choices();
        if shrinking.tape == before || shrinking.tries >= TRIES {
            return bytes(&shrinking.tape);
        }
    }
}

fn bytes(tape: &[u16]) -> Vec<u8> {
    tape.iter().flat_map(|choice| choice.to_le_bytes()).collect()
}

impl Shrinking<'_> {
    /// Takes a tape in place of the one there is, if its program has the fault.
    fn takes(&mut self, mut tape: Vec<u16>) -> bool {
        while tape.last() == Some(&0) {
            tape.pop();
        }
        if self.tries >= TRIES || tape == self.tape {
            return false;
        }
        self.tries += 1;
        let taken = (self.faulty)(&bytes(&tape));
        if taken {
            self.tape = tape;
        }
        taken
    }

    fn program(&self) -> Program {
        program(&mut Choices::from_bytes(&bytes(&self.tape)))
    }

    /// Fewer parts of the program: half of them, and less.
    fn parts(&mut self) {
        let mut many = self.program().parts.len().div_ceil(2);
        while many > 0 {
            let mut at = 0;
            loop {
                let parts = self.program().parts;
                let Some(gone) = parts.get(at..(at + many).min(parts.len())) else { break };
                let (Some(first), Some(last)) = (gone.first(), gone.last()) else { break };
                let left = parts.len() - gone.len();
                if left == 0 {
                    break;
                }
                let mut tape = self.tape.clone();
                tape.resize(tape.len().max(last.end), 0);
                tape.drain(first.start..last.end);
                tape[0] = left as u16 - 1;
                if !self.takes(tape) {
                    at += many;
                }
            }
            many /= 2;
        }
    }

    /// Shorter tapes, without some choices in a row.
    fn runs(&mut self) {
        for many in [16, 8, 4, 2, 1] {
            let mut at = 1;
            while at < self.tape.len() {
                let mut tape = self.tape.clone();
                tape.drain(at..(at + many).min(tape.len()));
                if !self.takes(tape) {
                    at += many;
                }
            }
        }
    }

    /// Smaller choices, the plainest first.
    fn choices(&mut self) {
        for at in 1..self.tape.len() {
            // The smallest of 16 bits are tried one by one: choices are taken by their remainder.
            let Some(choice) = self.tape.get(at).copied() else { return };
            for smaller in [0, 1, 2, 3, choice % 16, choice / 2] {
                let mut tape = self.tape.clone();
                if let Some(place) = tape.get_mut(at).filter(|place| smaller < **place) {
                    *place = smaller;
                    if self.takes(tape) {
                        break;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, shrunk};
    use pluto_testcompiler::generate::{Choices, program};

    /// One part is left of a program, with its plainest choices, where the fault needs no more.
    #[test]
    fn what_the_fault_does_not_need_goes() {
        let made_by = |tape: &[u8]| program(&mut Choices::from_bytes(tape));
        let begun = (0..).find_map(|seed| {
            let mut choices = Choices::seeded(seed);
            let made = program(&mut choices);
            (made.parts.len() > 8 && made.features.contains(&"defer"))
                .then(|| Choices::tape(seed, choices.made()))
        });
        let tape = shrunk(&begun.unwrap(), &mut |tape| made_by(tape).output.contains("first in"));
        let made = made_by(&tape);
        assert_eq!(made.features, ["defer"]);
        assert!(tape.len() <= 12, "{tape:?}");
        assert_eq!(shrunk(&tape, &mut |_| false), tape);
        assert_eq!(bytes(&[1, 258]), [1, 0, 2, 1]);
    }
}
