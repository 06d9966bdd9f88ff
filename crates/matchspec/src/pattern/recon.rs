//! recon's tuples: `{Module, Function, Arguments}`, the arguments being `'_'`, an arity, `return_trace`, a match spec
//! of one clause, or a fun of one clause.

use super::error::{Expected, MatchSpecPart, Problem};
use super::lexer::Kind;
use super::parser::{Parsed, Parser};
use super::{
    Arithmetic, Comparison, Condition, Literal, Pattern, Requests, SizeOf, Spelling, TypeTest, Value,
};
use pluto_term::Atom;

pub(super) fn pattern(parser: &mut Parser<'_>) -> Parsed<Pattern> {
    parser.spelling = Spelling::Recon;
    parser.expect("{")?;
    let module = match parser.kind().clone() {
        Kind::Small(word) | Kind::Quoted(word) if word != "_" => {
            parser.advance();
            Atom::new(&word)
        }
        Kind::Capital(word) if !word.starts_with('_') => {
            parser.advance();
            parser.alias(&word)?
        }
        _ => return Err(parser.expected(Expected::Module)),
    };
    parser.expect(",")?;
    let function = match parser.kind().clone() {
        Kind::Small(word) | Kind::Quoted(word) => (word != "_").then(|| Atom::new(&word)),
        Kind::Capital(word) if word == "_" => None,
        _ => return Err(parser.expected(Expected::Function)),
    };
    parser.advance();
    parser.expect(",")?;
    let mut pattern = Pattern {
        module,
        function,
        arity: None,
        arguments: None,
        condition: None,
        requests: Requests::default(),
        spelling: Spelling::Recon,
    };
    arguments(parser, &mut pattern)?;
    parser.expect("}")?;
    parser.end()?;
    Ok(pattern)
}

/// The name of the variable that a match spec calls `'$N'`.
pub(super) fn variable(word: &str) -> Option<String> {
    let number: u32 = word.strip_prefix('$')?.parse().ok()?;
    Some(format!("V{number}"))
}

fn arguments(parser: &mut Parser<'_>, pattern: &mut Pattern) -> Parsed<()> {
    if parser.eat("[") {
        if parser.eat("]") {
            return Ok(());
        }
        clause(parser, pattern)?;
        if parser.is(",") {
            return Err(unsupported(parser, MatchSpecPart::Clauses));
        }
        return parser.expect("]");
    }
    if parser.is_word("return_trace") {
        parser.advance();
        pattern.requests.returns = true;
        return Ok(());
    }
    if parser.eat_word("fun") {
        return fun(parser, pattern);
    }
    pattern.arity = parser.arity()?;
    Ok(())
}

fn unsupported(parser: &Parser<'_>, part: MatchSpecPart) -> super::PatternError {
    parser.problem(Problem::UnsupportedMatchSpec { part })
}

fn clause(parser: &mut Parser<'_>, pattern: &mut Pattern) -> Parsed<()> {
    if !parser.eat("{") {
        return Err(parser.expected(Expected::MatchSpec));
    }
    match parser.kind().clone() {
        Kind::Quoted(word) | Kind::Capital(word) if word == "_" => {
            parser.advance();
        }
        Kind::Punctuation("[") => head(parser, pattern)?,
        _ => return Err(unsupported(parser, MatchSpecPart::Head)),
    }
    parser.expect(",")?;
    parser.expect("[")?;
    while !parser.eat("]") {
        let condition = parser.nested(guard)?;
        pattern.condition = Some(match pattern.condition.take() {
            Some(before) => Condition::And(Box::new(before), Box::new(condition)),
            None => condition,
        });
        if !parser.is("]") {
            parser.expect(",")?;
        }
    }
    parser.expect(",")?;
    parser.expect("[")?;
    while !parser.eat("]") {
        action(parser, &mut pattern.requests)?;
        if !parser.is("]") {
            parser.expect(",")?;
        }
    }
    parser.expect("}")
}

fn head(parser: &mut Parser<'_>, pattern: &mut Pattern) -> Parsed<()> {
    parser.expect("[")?;
    let arguments = parser.arguments("]")?;
    pattern.arity = Some(arguments.len() as u32);
    pattern.arguments = Some(arguments);
    Ok(())
}

fn action(parser: &mut Parser<'_>, requests: &mut Requests) -> Parsed<()> {
    let body = MatchSpecPart::Body;
    if parser.eat_word("true") {
        return Ok(());
    }
    if !parser.eat("{") {
        return Err(unsupported(parser, body));
    }
    match parser.kind() {
        Kind::Small(word) if word == "return_trace" || word == "exception_trace" => requests.returns = true,
        Kind::Small(word) if word == "message" && parser.is_after(1, ",") && parser.is_after(2, "{") => {
            let stack = |word: &str| word == "process_dump" || word == "current_stacktrace";
            return Err(match parser.kind_after(3) {
                Kind::Small(word) if stack(word) => parser.problem(Problem::StackNotRecorded),
                _ => unsupported(parser, body),
            });
        }
        _ => return Err(unsupported(parser, body)),
    }
    parser.advance();
    parser.expect("}")
}

/// `fun([X, _]) when X > 10 -> return_trace() end`
fn fun(parser: &mut Parser<'_>, pattern: &mut Pattern) -> Parsed<()> {
    // The head and the guard of a fun are written as in a pattern, not as in a match spec.
    parser.spelling = Spelling::Erlang;
    parser.expect("(")?;
    if parser.is("[") {
        head(parser, pattern)?;
    } else if parser.arity()?.is_some() {
        return Err(unsupported(parser, MatchSpecPart::Head));
    }
    parser.expect(")")?;
    if parser.eat_word("when") {
        pattern.condition = Some(parser.condition()?);
    }
    parser.expect("->")?;
    loop {
        match parser.kind() {
            Kind::Small(word) if word == "return_trace" || word == "exception_trace" => {
                pattern.requests.returns = true;
                parser.advance();
                parser.expect("(")?;
                parser.expect(")")?;
            }
            Kind::Small(word) if word == "ok" || word == "true" => {
                parser.advance();
            }
            _ => return Err(unsupported(parser, MatchSpecPart::Body)),
        }
        if !parser.eat(",") {
            break;
        }
    }
    if parser.is(";") {
        return Err(unsupported(parser, MatchSpecPart::Clauses));
    }
    if !parser.eat_word("end") {
        return Err(parser.expected(Expected::Token("end")));
    }
    parser.spelling = Spelling::Recon;
    Ok(())
}

/// A guard of a match spec, `{'>', '$1', 10}`.
fn guard(parser: &mut Parser<'_>) -> Parsed<Condition> {
    if parser.is_word("true") || parser.is_word("false") {
        return value(parser).map(Condition::Holds);
    }
    if !parser.is("{") {
        return match value(parser)? {
            value @ Value::Variable(_) => Ok(Condition::Holds(value)),
            _ => Err(unsupported(parser, MatchSpecPart::Guard)),
        };
    }
    let name = match parser.kind_after(1) {
        Kind::Small(word) | Kind::Quoted(word) => word.clone(),
        _ => return Err(unsupported(parser, MatchSpecPart::Guard)),
    };
    let comparison = comparison(&name);
    let test = TypeTest::named(&name);
    if comparison.is_none()
        && test.is_none()
        && !matches!(name.as_str(), "and" | "andalso" | "or" | "orelse" | "not")
    {
        return match value(parser)? {
            value @ (Value::Element(..) | Value::Head(_) | Value::Get(..)) => Ok(Condition::Holds(value)),
            _ => Err(unsupported(parser, MatchSpecPart::Guard)),
        };
    }
    parser.advance();
    parser.advance();
    parser.expect(",")?;
    let condition = if let Some(comparison) = comparison {
        let left = parser.nested(value)?;
        parser.expect(",")?;
        Condition::Compare(comparison, left, parser.nested(value)?)
    } else if let Some(test) = test {
        Condition::Is(test, parser.nested(value)?)
    } else if name == "not" {
        Condition::Not(Box::new(parser.nested(guard)?))
    } else {
        let join = if name.starts_with("and") { Condition::And } else { Condition::Or };
        let mut condition = parser.nested(guard)?;
        while parser.eat(",") {
            condition = join(Box::new(condition), Box::new(parser.nested(guard)?));
        }
        condition
    };
    parser.expect("}")?;
    Ok(condition)
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "==" | "=:=" => Comparison::Equal,
        "/=" | "=/=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "=<" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn value(parser: &mut Parser<'_>) -> Parsed<Value> {
    if let Kind::Quoted(word) = parser.kind()
        && let Some(name) = variable(word)
    {
        if !parser.variables.contains(&name) {
            let known = parser.variables.clone();
            return Err(parser.problem(Problem::UnknownVariable { name, known }));
        }
        parser.advance();
        return Ok(Value::Variable(name));
    }
    if !parser.is("{") {
        return match parser.literal()? {
            Some(literal) => Ok(Value::Literal(literal)),
            None => Err(parser.expected(Expected::Value)),
        };
    }
    let name = match parser.kind_after(1) {
        Kind::Small(word) | Kind::Quoted(word) => word.clone(),
        _ => return Err(unsupported(parser, MatchSpecPart::Guard)),
    };
    if name == "length" {
        return Err(parser.problem(Problem::UnboundedCost { name }));
    }
    parser.advance();
    parser.advance();
    parser.expect(",")?;
    let value = match name.as_str() {
        "const" => match parser.literal()? {
            Some(literal) => Value::Literal(literal),
            None => return Err(parser.expected(Expected::Value)),
        },
        "element" => {
            let index = match parser.kind() {
                Kind::Integer(n) => u32::try_from(*n).ok().filter(|index| (1..1 << 24).contains(index)),
                _ => None,
            };
            let index = index.ok_or_else(|| parser.expected(Expected::Index))?;
            parser.advance();
            parser.expect(",")?;
            Value::Element(index, Box::new(parser.nested(value)?))
        }
        "map_get" => {
            let Some(key) = parser.literal()? else { return Err(parser.expected(Expected::Key)) };
            parser.expect(",")?;
            Value::Get(key, Box::new(parser.nested(value)?))
        }
        "hd" => Value::Head(Box::new(parser.nested(value)?)),
        "tuple_size" => Value::Size(SizeOf::Tuple, Box::new(parser.nested(value)?)),
        "map_size" => Value::Size(SizeOf::Map, Box::new(parser.nested(value)?)),
        "byte_size" => Value::Size(SizeOf::Binary, Box::new(parser.nested(value)?)),
        _ => arithmetic(parser, &name)?,
    };
    parser.expect("}")?;
    Ok(value)
}

fn arithmetic(parser: &mut Parser<'_>, name: &str) -> Parsed<Value> {
    let operation = match name {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        "div" => Arithmetic::Divide,
        "rem" => Arithmetic::Remainder,
        _ => return Err(unsupported(parser, MatchSpecPart::Guard)),
    };
    let left = integer(parser)?;
    if operation == Arithmetic::Subtract && parser.is("}") {
        let zero = Value::Literal(Literal::Integer(0));
        return Ok(Value::Arithmetic(operation, Box::new(zero), Box::new(left)));
    }
    parser.expect(",")?;
    Ok(Value::Arithmetic(operation, Box::new(left), Box::new(integer(parser)?)))
}

fn integer(parser: &mut Parser<'_>) -> Parsed<Value> {
    let position = parser.position();
    let value = parser.nested(value)?;
    if matches!(&value, Value::Literal(literal) if !matches!(literal, Literal::Integer(_))) {
        return Err(super::PatternError { position, problem: Problem::NotAnInteger });
    }
    Ok(value)
}
