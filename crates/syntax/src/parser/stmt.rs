//! Statements, and the blocks that hold them.

use pluto_source::{Span, near_misses};

use super::brackets::{closes, opens};
use super::expr::needs_left_operand;
use super::{Context, Parser};
use crate::error::{Expected, Fact, Foreign};
use crate::token::Kind;
use crate::tree::{BinaryOp, Expr, ExprId, List, Name, Pattern, Stmt, StmtId};

const fn assignment(kind: Kind) -> Option<Option<BinaryOp>> {
    Some(match kind {
        Kind::Equal => None,
        Kind::PlusEqual => Some(BinaryOp::Add),
        Kind::MinusEqual => Some(BinaryOp::Subtract),
        Kind::StarEqual => Some(BinaryOp::Multiply),
        Kind::SlashEqual => Some(BinaryOp::Divide),
        Kind::PercentEqual => Some(BinaryOp::Remainder),
        Kind::AmpersandEqual => Some(BinaryOp::BitAnd),
        Kind::PipeEqual => Some(BinaryOp::BitOr),
        Kind::CaretEqual => Some(BinaryOp::BitXor),
        Kind::ShiftLeftEqual => Some(BinaryOp::ShiftLeft),
        Kind::ShiftRightEqual => Some(BinaryOp::ShiftRight),
        Kind::QuestionQuestionEqual => Some(BinaryOp::Coalesce),
        _ => return None,
    })
}

impl Parser<'_> {
    /// The statements of a block, with their braces; `None` where that is too deep.
    pub(super) fn statements(&mut self) -> Option<List<StmtId>> {
        let open = self.open_brace(Expected::Block)?;
        let statements = self.deeper(|parser| {
            parser.within(Context::default(), |parser| {
                let begin = parser.begin::<StmtId>();
                let mut first = true;
                while parser.goes_on(open) && !parser.at_item_margin() {
                    parser.next_statement(first);
                    first = false;
                }
                parser.finish::<StmtId>(begin)
            })
        });
        self.within(Context::default(), |parser| parser.close(open, Kind::RightBrace));
        statements
    }

    fn next_statement(&mut self, first: bool) {
        let mut unknown = false;
        self.begin_line();
        if first {
            self.recovering = false;
        } else if !self.newline && self.at(Kind::If) {
            self.error(self.span(), Fact::Ternary);
            self.skip_rest_of_line(Kind::RightBrace);
            return;
        } else if !self.newline && !self.at_closing() {
            self.error(self.span(), Fact::SameLine { name: self.after_name });
            self.recovering = false;
            unknown = self.at(Kind::LeftBrace);
        }
        let is_let = self.at(Kind::Let);
        let (before, line) = (self.at, self.newline.then_some(self.start));
        let id = if unknown { self.unknown_block() } else { self.statement() };
        self.push(id);
        self.after_name =
            matches!(self.nodes[id], Stmt::Expr(expr) if matches!(self.nodes[expr], Expr::Name(_)));
        let mut arm = self.at(Kind::FatArrow) && !self.newline;
        if arm {
            self.expected(Expected::EndOfLine);
        }
        if self.recovering {
            arm |= self.skip_rest_of_line(Kind::RightBrace);
        }
        // It seems to be no block but arms: the head is missing, and all others would be echoes.
        if arm && !is_let {
            self.skip_rest_of_block();
        }
        if let Some(line) = line.filter(|_| self.is_broken()) {
            self.skip_indented(line);
        }
        if self.at == before && !self.at(Kind::RightBrace) {
            self.bump();
        }
    }

    /// A block behind what is no statement on its line: what it holds is not known.
    fn unknown_block(&mut self) -> StmtId {
        let start = self.start;
        self.skip_group();
        let span = self.since(start);
        self.nodes.add(Stmt::Wrong, span)
    }

    fn statement(&mut self) -> StmtId {
        let start = self.start;
        let stmt = match self.kind {
            Kind::Let => {
                self.bump();
                self.let_stmt()
            }
            Kind::Defer => {
                self.bump();
                Stmt::Defer(self.expect_block())
            }
            Kind::Const => {
                self.note(self.span(), Fact::ForeignWord { written: "const", instead: "let" });
                self.bump();
                self.let_stmt()
            }
            Kind::Mut => {
                self.note(self.span(), Fact::ForeignWord { written: "mut", instead: "let mut" });
                self.let_stmt()
            }
            Kind::Assert => {
                self.bump();
                let condition = self.value_that_must_follow();
                let why = self.eat(Kind::Comma).map(|_| self.expr());
                Stmt::Assert { condition, why }
            }
            Kind::RightParen | Kind::RightBracket | Kind::HoleClose | Kind::FEnd => {
                self.unopened();
                Stmt::Wrong
            }
            Kind::Else => {
                self.expected(Expected::Statement);
                Stmt::Wrong
            }
            Kind::Star if self.peek(1) == Kind::Name && assignment(self.peek(2)).is_some() => {
                self.note(self.span(), Fact::Foreign(Foreign::Reference));
                self.bump();
                self.other_statement()
            }
            kind if needs_left_operand(kind) => self.leading_operator(),
            _ if self.begins_item() => self.item_in_block(),
            _ => self.other_statement(),
        };
        let span = match stmt {
            Stmt::Expr(expr) => self.nodes.span(expr),
            Stmt::Assign { target, .. } => self.nodes.span(target).to(self.nothing()),
            _ => self.since(start),
        };
        self.nodes.add(stmt, span)
    }

    /// `let`, behind the word.
    fn let_stmt(&mut self) -> Stmt {
        let mutable = self.eat(Kind::Mut).or_else(|| self.misspelled_mut());
        self.mut_in_pattern = None;
        let pattern = self.pattern_without_type();
        let mutable = mutable.or(self.mut_in_pattern);
        let ty = self.eat(Kind::Colon).map(|_| self.ty());
        let value = if self.eat(Kind::Equal).is_some() {
            self.recovering = false;
            self.value_of_assignment()
        } else {
            if self.newline || self.at(Kind::RightBrace) {
                let end = self.nothing();
                self.error(end, Fact::MissingValue);
            } else {
                self.expected(Expected::Token(Kind::Equal));
            }
            self.no_expr()
        };
        let otherwise = self.eat(Kind::Else).map(|_| self.expect_block());
        let pattern = if otherwise.is_none() { self.capital_as_name(pattern) } else { pattern };
        Stmt::Let { mutable, pattern, ty, value, otherwise }
    }

    /// `let umt a`.
    fn misspelled_mut(&mut self) -> Option<Span> {
        let misspelled = self.at(Kind::Name)
            && self.peek(1) == Kind::Name
            && matches!(self.peek(2), Kind::Equal | Kind::Colon)
            && !near_misses(self.text(), ["mut"]).is_empty();
        if !misspelled {
            return None;
        }
        self.note(self.span(), Fact::Misspelled { instead: "mut" });
        Some(self.bump())
    }

    fn leading_operator(&mut self) -> Stmt {
        let before = self.source.get(..self.previous_end as usize).unwrap_or_default();
        let previous_end = (!before.ends_with('{')).then_some(self.previous_end);
        let fact = Fact::LeadingOperator { operator: self.kind, previous_end };
        self.note(self.span(), fact);
        self.bump();
        if self.at(Kind::LeftBrace) {
            self.skip_group();
            return Stmt::Wrong;
        }
        Stmt::Expr(self.expr())
    }

    fn item_in_block(&mut self) -> Stmt {
        let function = self.at(Kind::Fn);
        self.error(self.span(), Fact::ItemInBlock { function });
        self.within(Context::default(), |parser| parser.item());
        Stmt::Wrong
    }

    /// A statement that begins with an expression, or with a word of another language.
    fn other_statement(&mut self) -> Stmt {
        match self.foreign() {
            Some("let" | "let mut") => {
                let is_mutable = self.text() != "val";
                let word = self.bump();
                self.recovering = false;
                return match self.let_stmt() {
                    Stmt::Let { pattern, ty, value, otherwise, .. } => {
                        Stmt::Let { mutable: is_mutable.then_some(word), pattern, ty, value, otherwise }
                    }
                    other => other,
                };
            }
            Some(_) => {
                self.foreign_blocks += 1;
                self.bump();
                self.skip_rest_of_line(Kind::RightBrace);
                return Stmt::Wrong;
            }
            None => {}
        }
        if let Some(stmt) = self.foreign_loop() {
            return stmt;
        }
        if self.foreign_blocks > 0 && self.at_word("end") && self.is_alone_on_line() {
            self.foreign_blocks -= 1;
            self.bump();
            return Stmt::Wrong;
        }
        if let Some(stmt) = self.declaration_without_let() {
            return stmt;
        }
        let expr = self.expr();
        if let Some(operator) = assignment(self.kind).filter(|_| !self.line_ends()) {
            return self.assign(expr, operator);
        }
        if self.at(Kind::Colon) && !self.newline {
            self.error(self.span(), Fact::LabelWithoutLoop);
            return self.unknown_name(expr);
        }
        Stmt::Expr(expr)
    }

    /// `do { … } while c`, `repeat { … } until c`, `repeat 3 { … }`: what is done is read as a block.
    fn foreign_loop(&mut self) -> Option<Stmt> {
        let next = self.peek(1);
        let form = match self.text() {
            "do" if next == Kind::LeftBrace => Foreign::DoWhile,
            "repeat" if matches!(next, Kind::LeftBrace | Kind::Int | Kind::Name) => Foreign::Repeat,
            _ => return None,
        };
        if self.line_ends_behind() {
            return None;
        }
        self.note(self.span(), Fact::Foreign(form));
        self.bump();
        if !self.at(Kind::LeftBrace) {
            self.expr_in_head();
        }
        let block = self.block();
        if !self.newline && (self.at(Kind::While) || self.at_word("until")) {
            self.bump();
            self.expr();
        }
        Some(Stmt::Expr(block))
    }

    /// Whether the line ends behind the current token.
    pub(super) fn line_ends_behind(&self) -> bool {
        let behind = self.following().next().map_or(self.end(), |(_, token)| token.start);
        Span::new(self.end(), behind).of(self.source).contains('\n')
    }

    fn is_alone_on_line(&self) -> bool {
        self.newline && self.line_ends_behind()
    }

    /// What was perhaps meant as a declaration: the name is there, and what it is is not known.
    fn unknown_name(&mut self, expr: ExprId) -> Stmt {
        let Expr::Name(name) = self.nodes[expr] else { return Stmt::Wrong };
        let pattern = self.nodes.add(Pattern::Bind { name, ty: None }, name.span);
        let value = self.no_expr();
        Stmt::Let { mutable: Some(name.span), pattern, ty: None, value, otherwise: None }
    }

    /// Whether a type begins here, or a word that other languages have before a new name, and the name of a value follows.
    fn names_type(&self) -> bool {
        let first = Span::new(self.start, self.end()).of(self.source);
        let name = self.following().next().and_then(|(_, token)| self.source.get(token.start as usize..));
        let capital = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
        (is_word_of_let(first) || capital(first) || is_type_word(first)) && !name.is_some_and(capital)
    }

    /// `x := 1`, `x: int = 1`, `int x = 1`: a declaration of other languages, read as what it means.
    fn declaration_without_let(&mut self) -> Option<Stmt> {
        if !self.at(Kind::Name) {
            return None;
        }
        let start = self.start;
        let mut tokens = self.following().map(|(_, token)| token.kind);
        let (first, second) = (tokens.next()?, tokens.next()?);
        let types = matches!(second, Kind::Name | Kind::LeftBracket | Kind::LeftParen | Kind::Fn);
        let (name, ty, instead) = match first {
            Kind::Colon if second == Kind::Equal => {
                let name = self.bump();
                self.bump();
                let end = self.end();
                let text = name.of(self.source);
                self.note(
                    Span::new(start, end),
                    Fact::DeclarationWithoutLet { instead: format!("let {text} =").into() },
                );
                (name, None, None)
            }
            Kind::Colon if types && self.is_assigned_on_line() => {
                let name = self.bump();
                self.bump();
                let ty = self.ty();
                (name, Some(ty), Some(format!("let {}", self.since(start).of(self.source))))
            }
            Kind::Name if second == Kind::Equal && self.is_assigned_on_line() && self.names_type() => {
                let (ty, name) = (self.bump(), self.bump());
                let (ty, text) = (ty.of(self.source), name.of(self.source));
                let no_type = is_word_of_let(ty);
                let of = if no_type { String::new() } else { format!(": {ty}") };
                (name, None, Some(format!("let {text}{of}")))
            }
            _ => return None,
        };
        if let Some(instead) = instead {
            self.note(self.since(start), Fact::DeclarationWithoutLet { instead: instead.into() });
        }
        self.expect(Kind::Equal);
        let value = self.value();
        let pattern = self.nodes.add(Pattern::Bind { name: Name { span: name }, ty: None }, name);
        // Whether it is changed later is not known: nothing is said about that.
        Some(Stmt::Let { mutable: Some(name), pattern, ty, value, otherwise: None })
    }

    /// Whether a `=` stands on this line, in no brackets.
    fn is_assigned_on_line(&self) -> bool {
        let mut depth = 0_u32;
        let mut last = self.end();
        for (_, token) in self.following() {
            let between = Span::new(last, token.start).of(self.source);
            if between.contains('\n') {
                return false;
            }
            match token.kind {
                Kind::Equal if depth == 0 => return true,
                kind if opens(kind) => depth += 1,
                kind if closes(kind) && depth == 0 => return false,
                kind if closes(kind) => depth -= 1,
                Kind::End | Kind::For | Kind::While | Kind::Loop | Kind::FatArrow => return false,
                _ => {}
            }
            last = token.start;
        }
        false
    }

    fn assign(&mut self, target: ExprId, operator: Option<BinaryOp>) -> Stmt {
        let is_place = matches!(
            self.nodes[target],
            Expr::Name(_) | Expr::Field { optional: false, .. } | Expr::Index { .. } | Expr::Wrong
        );
        if !is_place {
            self.note(self.nodes.span(target), Fact::BadTarget);
        }
        let operator_span = self.bump();
        let value = self.value_of_assignment();
        if is_place { Stmt::Assign { target, operator, operator_span, value } } else { Stmt::Wrong }
    }

    /// A value that something becomes; no other assignment, which has none: `x = y = 2`.
    fn value_of_assignment(&mut self) -> ExprId {
        let value = self.value();
        if self.recovering || !self.at_assignment() {
            return value;
        }
        self.error(self.span(), Fact::AssignmentAsValue);
        let span = self.nodes.span(value).to(self.nothing());
        self.nodes.add(Expr::Wrong, span)
    }

    /// Whether an assignment goes on behind an expression that is none.
    pub(super) fn at_assignment(&self) -> bool {
        assignment(self.kind).is_some() && !self.line_ends()
    }

    /// `=` where `==` was meant.
    pub(super) fn assignment_inside(&mut self, left: ExprId) -> ExprId {
        self.note(self.span(), Fact::AssignmentInside { body: None });
        let operator_span = self.bump();
        let right = self.expr();
        let span = self.nodes.span(left).to(self.nothing());
        self.nodes.add(Expr::Binary { operator: BinaryOp::Equal, operator_span, left, right }, span)
    }

    /// `A => x = 1`: an assignment that is the body of an arm or a closure lacks its braces.
    pub(super) fn assignment_as_body(&mut self, target: ExprId) -> ExprId {
        let Some(operator) = assignment(self.kind) else { return target };
        let at = self.span();
        let errors = self.recovering;
        let stmt = self.assign(target, operator);
        let span = self.nodes.span(target).to(self.nothing());
        let echo = std::mem::replace(&mut self.recovering, errors);
        self.note(at, Fact::AssignmentInside { body: Some(span) });
        self.recovering = echo;
        let stmt = self.nodes.add::<StmtId>(stmt, span);
        let block = self.nodes.add_list([stmt]);
        self.nodes.add(Expr::Block(block), span)
    }
}

/// Words before the name of a new value in other languages.
fn is_word_of_let(word: &str) -> bool {
    matches!(word, "auto" | "dim" | "final" | "local" | "my" | "static")
}

/// Types that begin with a small letter, here or in other languages.
fn is_type_word(word: &str) -> bool {
    let sized = word
        .strip_prefix(['i', 'u', 'f'])
        .is_some_and(|size| matches!(size, "8" | "16" | "32" | "64" | "size"));
    let here = matches!(
        word,
        "int" | "float" | "bool" | "byte" | "bytes" | "string" | "duration" | "instant" | "term"
    );
    let elsewhere = matches!(
        word,
        "boolean" | "char" | "double" | "long" | "number" | "short" | "str" | "uint" | "integer"
    );
    sized || here || elsewhere
}
