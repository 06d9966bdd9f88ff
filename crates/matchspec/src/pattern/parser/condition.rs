//! Conditions. From loose to tight: `;` `,` `or` `and` `not`, comparisons (which do not chain), `+ -`, `* / %`,
//! minus, `.field`.

use super::super::error::{Expected, Hint, Problem};
use super::super::lexer::Kind;
use super::super::{Arithmetic, Comparison, Condition, Literal, SizeOf, TypeTest, Value};
use super::{Parsed, Parser};

/// What an expression turned out to be.
enum Node {
    Condition(Condition),
    Value(Value),
}

impl Parser<'_> {
    /// A whole condition, up to what cannot belong to one.
    pub(in super::super) fn condition(&mut self) -> Parsed<Condition> {
        let mut left = self.conjunction()?;
        while self.eat(";") {
            left = Condition::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed<Condition> {
        let mut left = self.full_condition()?;
        while self.eat(",") {
            left = Condition::And(Box::new(left), Box::new(self.full_condition()?));
        }
        Ok(left)
    }

    fn full_condition(&mut self) -> Parsed<Condition> {
        let start = self.position();
        let node = self.nested(Self::or)?;
        self.holds(node, start)
    }

    /// Reads a value as a condition: that it is `true`.
    fn holds(&self, node: Node, start: usize) -> Parsed<Condition> {
        match node {
            Node::Condition(condition) => Ok(condition),
            Node::Value(value) => match &value {
                Value::Literal(Literal::Atom(atom)) if !matches!(atom.as_str(), "true" | "false") => {
                    Err(self.expected_at(start, Expected::Value, Some(Hint::CapitalVariable)))
                }
                Value::Literal(Literal::Atom(_))
                | Value::Variable(_)
                | Value::Element(..)
                | Value::Head(_)
                | Value::Get(..) => Ok(Condition::Holds(value)),
                _ if self.is("=") => Err(self.expected_with(Expected::Comparison, Some(Hint::DoubleEquals))),
                _ => Err(self.expected(Expected::Comparison)),
            },
        }
    }

    fn or(&mut self) -> Parsed<Node> {
        self.joined(&["or", "orelse"], "||", Self::and, Condition::Or)
    }

    fn and(&mut self) -> Parsed<Node> {
        self.joined(&["and", "andalso"], "&&", Self::not, Condition::And)
    }

    fn joined(
        &mut self,
        words: &[&str],
        sign: &str,
        operand: fn(&mut Self) -> Parsed<Node>,
        join: fn(Box<Condition>, Box<Condition>) -> Condition,
    ) -> Parsed<Node> {
        let start = self.position();
        let mut left = operand(self)?;
        while self.eat(sign) || words.iter().any(|word| self.eat_word(word)) {
            let first = self.holds(left, start)?;
            let start = self.position();
            let second = operand(self)?;
            left = Node::Condition(join(Box::new(first), Box::new(self.holds(second, start)?)));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Node> {
        if !self.eat_word("not") {
            return self.comparison();
        }
        let start = self.position();
        let node = self.nested(Self::not)?;
        Ok(Node::Condition(Condition::Not(Box::new(self.holds(node, start)?))))
    }

    fn comparison(&mut self) -> Parsed<Node> {
        let start = self.position();
        let left = self.sum()?;
        let Some(comparison) = self.comparison_sign() else {
            if self.is("=") {
                return Err(self.expected_with(Expected::Comparison, Some(Hint::DoubleEquals)));
            }
            return Ok(left);
        };
        let left = self.value(left, start)?;
        self.advance();
        let start_right = self.position();
        let right = self.sum()?;
        let right = self.value(right, start_right)?;
        if self.comparison_sign().is_some() {
            return Err(self.expected_with(Expected::End, Some(Hint::JoinComparisons)));
        }
        if let (Value::Literal(first), Value::Literal(second)) = (&left, &right) {
            let at = if matches!(first, Literal::Atom(_)) { start } else { start_right };
            let atoms = [first, second].iter().any(|literal| matches!(literal, Literal::Atom(_)));
            return Err(self.expected_at(at, Expected::Value, atoms.then_some(self.variable_hint())));
        }
        Ok(Node::Condition(Condition::Compare(comparison, left, right)))
    }

    fn variable_hint(&self) -> Hint {
        match self.spelling {
            super::Spelling::Elixir => Hint::SmallVariable,
            super::Spelling::Erlang | super::Spelling::Recon => Hint::CapitalVariable,
        }
    }

    fn comparison_sign(&self) -> Option<Comparison> {
        let Kind::Punctuation(sign) = self.kind() else { return None };
        Some(match *sign {
            "==" | "=:=" | "===" => Comparison::Equal,
            "!=" | "=/=" | "/=" | "!==" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "=<" | "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }

    fn value(&self, node: Node, start: usize) -> Parsed<Value> {
        match node {
            Node::Value(value) => Ok(value),
            Node::Condition(_) => Err(self.expected_at(start, Expected::Value, None)),
        }
    }

    fn sum(&mut self) -> Parsed<Node> {
        self.arithmetic(Self::product, |parser| {
            Some(match parser.kind() {
                Kind::Punctuation("+") => Arithmetic::Add,
                Kind::Punctuation("-") => Arithmetic::Subtract,
                _ => return None,
            })
        })
    }

    fn product(&mut self) -> Parsed<Node> {
        self.arithmetic(Self::minus, |parser| {
            Some(match parser.kind() {
                Kind::Punctuation("*") => Arithmetic::Multiply,
                Kind::Punctuation("/") => Arithmetic::Divide,
                Kind::Punctuation("%") => Arithmetic::Remainder,
                Kind::Small(word) if word == "div" => Arithmetic::Divide,
                Kind::Small(word) if word == "rem" => Arithmetic::Remainder,
                _ => return None,
            })
        })
    }

    fn arithmetic(
        &mut self,
        operand: fn(&mut Self) -> Parsed<Node>,
        operation: fn(&Self) -> Option<Arithmetic>,
    ) -> Parsed<Node> {
        let start = self.position();
        let mut left = operand(self)?;
        let mut count = 0;
        while let Some(operation) = operation(self) {
            count += 1;
            if count > super::DEPTH_MAX {
                return Err(self.problem(Problem::TooComplex));
            }
            let first = self.integer(left, start)?;
            self.advance();
            let start = self.position();
            let second = operand(self)?;
            let second = self.integer(second, start)?;
            left = Node::Value(Value::Arithmetic(operation, Box::new(first), Box::new(second)));
        }
        Ok(left)
    }

    /// Refuses what is known not to be an integer.
    fn integer(&self, node: Node, start: usize) -> Parsed<Value> {
        let value = self.value(node, start)?;
        if matches!(&value, Value::Literal(literal) if !matches!(literal, Literal::Integer(_))) {
            return Err(super::PatternError { position: start, problem: Problem::NotAnInteger });
        }
        Ok(value)
    }

    fn minus(&mut self) -> Parsed<Node> {
        let number = matches!(self.kind_after(1), Kind::Integer(_) | Kind::IntegerMinimum | Kind::Float(_));
        if !self.is("-") || number {
            return self.fields();
        }
        self.advance();
        let start = self.position();
        let node = self.nested(Self::minus)?;
        let value = self.integer(node, start)?;
        let zero = Value::Literal(Literal::Integer(0));
        Ok(Node::Value(Value::Arithmetic(Arithmetic::Subtract, Box::new(zero), Box::new(value))))
    }

    fn fields(&mut self) -> Parsed<Node> {
        let start = self.position();
        let mut node = self.primary()?;
        let mut count = 0;
        while self.is(".") {
            count += 1;
            if count > super::DEPTH_MAX {
                return Err(self.problem(Problem::TooComplex));
            }
            let value = self.value(node, start)?;
            self.advance();
            let (Kind::Small(word) | Kind::Quoted(word)) = self.kind().clone() else {
                return Err(self.expected(Expected::Key));
            };
            self.advance();
            node = Node::Value(Value::Get(Literal::Atom(pluto_term::Atom::new(&word)), Box::new(value)));
        }
        Ok(node)
    }

    fn primary(&mut self) -> Parsed<Node> {
        let start = self.position();
        if self.eat("(") {
            let node = self.nested(Self::or)?;
            self.expect(")")?;
            return Ok(node);
        }
        match self.kind().clone() {
            Kind::Small(word) if self.is_after(1, "(") => self.nested(|parser| parser.call(&word)),
            Kind::Small(word) | Kind::Capital(word) if self.is_variable(&word) => {
                if !self.variables.contains(&word) {
                    let known = self.variables.clone();
                    return Err(self.problem(Problem::UnknownVariable { name: word, known }));
                }
                self.advance();
                Ok(Node::Value(Value::Variable(word)))
            }
            _ => match self.literal()? {
                Some(literal) => Ok(Node::Value(Value::Literal(literal))),
                None => Err(self.expected_at(start, Expected::Value, None)),
            },
        }
    }

    fn call(&mut self, name: &str) -> Parsed<Node> {
        let test = TypeTest::named(name);
        match name {
            "length" => return Err(self.problem(Problem::UnboundedCost { name: name.to_owned() })),
            "element" | "elem" | "hd" | "tuple_size" | "map_size" | "byte_size" | "map_get" => {}
            _ if test.is_some() => {}
            _ => return Err(self.problem(Problem::UnknownFunction { name: name.to_owned() })),
        }
        let start = self.position();
        self.advance();
        self.expect("(")?;
        let node = match name {
            "element" => {
                let index = self.index(1)?;
                self.comma(name, 2, start)?;
                Node::Value(Value::Element(index, Box::new(self.operand()?)))
            }
            "elem" => {
                let value = self.operand()?;
                self.comma(name, 2, start)?;
                Node::Value(Value::Element(self.index(0)?, Box::new(value)))
            }
            "map_get" => {
                let key = self.key()?;
                self.comma(name, 2, start)?;
                Node::Value(Value::Get(key, Box::new(self.operand()?)))
            }
            _ => {
                let value = self.operand()?;
                match (name, test) {
                    (_, Some(test)) => Node::Condition(Condition::Is(test, value)),
                    ("tuple_size", _) => Node::Value(Value::Size(SizeOf::Tuple, Box::new(value))),
                    ("map_size", _) => Node::Value(Value::Size(SizeOf::Map, Box::new(value))),
                    ("byte_size", _) => Node::Value(Value::Size(SizeOf::Binary, Box::new(value))),
                    _ => Node::Value(Value::Head(Box::new(value))),
                }
            }
        };
        if self.is(",") {
            let takes = if matches!(name, "element" | "elem" | "map_get") { 2 } else { 1 };
            let problem = Problem::WrongArity { name: name.to_owned(), takes };
            return Err(super::PatternError { position: start, problem });
        }
        self.expect(")")?;
        Ok(node)
    }

    fn comma(&mut self, name: &str, takes: u32, position: usize) -> Parsed<()> {
        if self.is(")") {
            let problem = Problem::WrongArity { name: name.to_owned(), takes };
            return Err(super::PatternError { position, problem });
        }
        self.expect(",")
    }

    fn operand(&mut self) -> Parsed<Value> {
        let start = self.position();
        let node = self.sum()?;
        self.value(node, start)
    }

    /// The number of an element, counted from `first` in the text and from 1 in the result.
    fn index(&mut self, first: u32) -> Parsed<u32> {
        let index = match self.kind() {
            Kind::Integer(n) => u32::try_from(*n).ok().and_then(|n| n.saturating_add(1).checked_sub(first)),
            _ => None,
        };
        // No tuple is larger than 2^24 - 1 elements.
        let index = index.filter(|index| (1..1 << 24).contains(index));
        let index = index.ok_or_else(|| self.expected(Expected::Index))?;
        self.advance();
        Ok(index)
    }

    fn key(&mut self) -> Parsed<Literal> {
        match self.literal()? {
            Some(key) => Ok(key),
            None => Err(self.expected(Expected::Key)),
        }
    }

    fn expected_at(&self, start: usize, expected: Expected, hint: Option<Hint>) -> super::PatternError {
        let found = self.tokens.iter().find(|token| token.start == start && token.kind != Kind::End);
        let found = found.map_or(super::Found::End, |token| {
            super::Found::Text(self.text.get(token.start..token.end).unwrap_or_default().to_owned())
        });
        let problem = Problem::Expected { expected, found, hint };
        super::PatternError { position: start, problem }
    }
}
