//! Numbers and durations.

use unicode_ident::is_xid_continue;

use super::Lexer;
use crate::error::{BadNumber, Fact};
use crate::literal::unit;
use crate::token::Kind;

impl Lexer<'_> {
    /// A number at a digit, or at a dot with a digit behind it.
    pub(super) fn number(&mut self) -> Kind {
        let start = self.at;
        // `t.0.1` is an element of an element.
        if matches!(self.last, Kind::Dot | Kind::QuestionDot) {
            self.take_while(|byte| byte.is_ascii_digit());
            return Kind::Int;
        }
        let radix = match (self.byte(start), self.byte(start + 1)) {
            (b'0', b'x') => 16,
            (b'0', b'o') => 8,
            (b'0', b'b') => 2,
            _ => return self.decimal(start),
        };
        self.at += 2;
        self.with_radix(start, radix);
        Kind::Int
    }

    fn with_radix(&mut self, start: usize, radix: u32) {
        let digits = self.at;
        self.rest_of_name();
        let text = self.source.get(digits..self.at).unwrap_or_default();
        let wrong = if text.trim_matches('_').is_empty() {
            Some(BadNumber::NoDigits)
        } else if text.chars().any(|c| c != '_' && !c.is_digit(radix)) {
            Some(BadNumber::Digit { radix })
        } else {
            misplaced_underscore(text).then_some(BadNumber::Underscore)
        };
        self.number_error(start, wrong);
    }

    fn decimal(&mut self, start: usize) -> Kind {
        self.digits();
        let mut kind = Kind::Int;
        let mut wrong = None;
        if self.byte(self.at) == b'.' {
            match self.byte(self.at + 1) {
                b'0'..=b'9' => {
                    kind = Kind::Float;
                    wrong = (self.at == start).then_some(BadNumber::NothingBeforeDot);
                    self.at += 1;
                    self.digits();
                }
                // A method of the number, or a range.
                b'.' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | 128.. => {}
                _ => {
                    kind = Kind::Float;
                    wrong = Some(BadNumber::NothingBehindDot);
                    self.at += 1;
                }
            }
        }
        if matches!(self.byte(self.at), b'e' | b'E') && self.exponent(&mut wrong) {
            kind = Kind::Float;
        }
        let number = self.source.get(start..self.at).unwrap_or_default();
        if number.split(['.', 'e', 'E', '+', '-']).any(misplaced_underscore) {
            wrong = wrong.or(Some(BadNumber::Underscore));
        }
        let kind = self.suffix(kind, &mut wrong);
        self.number_error(start, wrong);
        kind
    }

    fn digits(&mut self) {
        self.take_while(|byte| byte.is_ascii_digit() || byte == b'_');
    }

    /// Whether there is an exponent: `e` with a digit or a sign behind it.
    fn exponent(&mut self, wrong: &mut Option<BadNumber>) -> bool {
        let sign = usize::from(matches!(self.byte(self.at + 1), b'+' | b'-'));
        let digit = self.byte(self.at + 1 + sign).is_ascii_digit();
        let another = self.source.get(self.at + 1 + sign..).unwrap_or_default().starts_with(is_xid_continue);
        if !digit && another {
            return false;
        }
        self.at += 1 + sign;
        self.digits();
        if !digit {
            *wrong = Some(BadNumber::Exponent);
        }
        true
    }

    fn suffix(&mut self, kind: Kind, wrong: &mut Option<BadNumber>) -> Kind {
        let start = self.at;
        if !matches!(self.byte(start), b'a'..=b'z' | b'A'..=b'Z' | 128..) {
            return kind;
        }
        self.rest_of_name();
        if start == self.at {
            return kind;
        }
        match unit(self.source.get(start..self.at).unwrap_or_default()) {
            Some(_) if kind == Kind::Float => *wrong = wrong.or(Some(BadNumber::DurationFraction)),
            Some(_) => return Kind::Duration,
            None => *wrong = wrong.or(Some(BadNumber::Suffix)),
        }
        kind
    }

    fn number_error(&mut self, start: usize, wrong: Option<BadNumber>) {
        if let Some(wrong) = wrong {
            self.error(start, Fact::BadNumber(wrong));
        }
    }
}

fn misplaced_underscore(digits: &str) -> bool {
    digits.starts_with('_') || digits.ends_with('_') || digits.contains("__")
}
