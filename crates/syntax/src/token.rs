//! Tokens and trivia.

/// A token or trivia: what it is, and where it begins. It ends where the next begins; the last is [`Kind::End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: u32,
}

macro_rules! kinds {
    ($($kind:ident => $shown:literal,)*) => {
        /// What a token is. Words that are keywords only in some places (`actor`, `app`, `bind`, `error`, `test`, `type`, `with`,
        /// `raises`, `requires`, `ensures`, `invariant`, `stream`, `later`, `after`, `default`) are [`Kind::Name`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind {
            $(#[doc = $shown] $kind,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// How it is called in a sentence.
            pub const fn shown(self) -> &'static str {
                match self {
                    $(Self::$kind => $shown,)*
                }
            }
        }
    };
}

kinds! {
    // Trivia come first: see `is_trivia`.
    Whitespace => "white space",
    Newline => "the end of the line",
    LineComment => "a comment",
    DocComment => "a doc comment",
    BlockComment => "a block comment",
    Unknown => "a character that means nothing",
    Semicolon => "`;`",

    End => "the end of the file",
    Name => "a name",
    Underscore => "`_`",
    Int => "a number",
    Float => "a number",
    Duration => "a duration",
    Atom => "an atom",
    String => "a string",
    FStart => "a string",
    FText => "the text of a string",
    HoleOpen => "the `{` of a hole",
    Format => "the format of a hole",
    HoleClose => "the `}` of a hole",
    FEnd => "the end of the string",

    And => "`and`",
    As => "`as`",
    Assert => "`assert`",
    Break => "`break`",
    Catch => "`catch`",
    Class => "`class`",
    Const => "`const`",
    Continue => "`continue`",
    Defer => "`defer`",
    Else => "`else`",
    Enum => "`enum`",
    False => "`false`",
    Fn => "`fn`",
    For => "`for`",
    If => "`if`",
    Impl => "`impl`",
    Import => "`import`",
    In => "`in`",
    Is => "`is`",
    Let => "`let`",
    Loop => "`loop`",
    Match => "`match`",
    Mut => "`mut`",
    None => "`none`",
    Not => "`not`",
    Or => "`or`",
    Pub => "`pub`",
    Raise => "`raise`",
    Return => "`return`",
    Scope => "`scope`",
    Select => "`select`",
    SelfValue => "`self`",
    Spawn => "`spawn`",
    Trait => "`trait`",
    True => "`true`",
    While => "`while`",
    Yield => "`yield`",

    LeftParen => "`(`",
    RightParen => "`)`",
    LeftBracket => "`[`",
    RightBracket => "`]`",
    LeftBrace => "`{`",
    RightBrace => "`}`",
    Comma => "`,`",
    Colon => "`:`",
    Dot => "`.`",
    DotDot => "`..`",
    DotDotEqual => "`..=`",
    Question => "`?`",
    QuestionDot => "`?.`",
    QuestionQuestion => "`??`",
    QuestionQuestionEqual => "`??=`",
    Bang => "`!`",
    FatArrow => "`=>`",
    ThinArrow => "`->`",
    Equal => "`=`",
    EqualEqual => "`==`",
    BangEqual => "`!=`",
    Less => "`<`",
    LessEqual => "`<=`",
    Greater => "`>`",
    GreaterEqual => "`>=`",
    ShiftLeft => "`<<`",
    ShiftLeftEqual => "`<<=`",
    ShiftRight => "`>>`",
    ShiftRightEqual => "`>>=`",
    Plus => "`+`",
    PlusEqual => "`+=`",
    Minus => "`-`",
    MinusEqual => "`-=`",
    Star => "`*`",
    StarEqual => "`*=`",
    Slash => "`/`",
    SlashEqual => "`/=`",
    Percent => "`%`",
    PercentEqual => "`%=`",
    Ampersand => "`&`",
    AmpersandEqual => "`&=`",
    Pipe => "`|`",
    PipeEqual => "`|=`",
    Caret => "`^`",
    CaretEqual => "`^=`",
    Tilde => "`~`",
}

impl Kind {
    /// Whether the parser sees through it. A semicolon is refused by the lexer, and is a line's end to the parser.
    pub const fn is_trivia(self) -> bool {
        (self as u8) < Self::End as u8
    }

    /// Whether it is a comment.
    pub const fn is_comment(self) -> bool {
        matches!(self, Self::LineComment | Self::DocComment | Self::BlockComment)
    }

    /// Whether it is a word that cannot be a name.
    pub const fn is_keyword(self) -> bool {
        Self::And as u8 <= self as u8 && self as u8 <= Self::Yield as u8
    }

    /// Whether an expression can end with it: what follows is then no operand.
    pub(crate) const fn ends_operand(self) -> bool {
        use Kind::{
            Atom, Bang, Duration, FEnd, False, Float, Int, Name, None, Question, RightBrace, RightBracket,
            RightParen, SelfValue, String, True, Underscore,
        };
        matches!(
            self,
            Name | Underscore
                | Int
                | Float
                | Duration
                | Atom
                | String
                | FEnd
                | False
                | True
                | None
                | SelfValue
                | RightParen
                | RightBracket
                | RightBrace
                | Question
                | Bang
        )
    }

    /// The keyword of this spelling.
    pub const fn keyword(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"and" => Self::And,
            b"as" => Self::As,
            b"assert" => Self::Assert,
            b"break" => Self::Break,
            b"catch" => Self::Catch,
            b"class" => Self::Class,
            b"const" => Self::Const,
            b"continue" => Self::Continue,
            b"defer" => Self::Defer,
            b"else" => Self::Else,
            b"enum" => Self::Enum,
            b"false" => Self::False,
            b"fn" => Self::Fn,
            b"for" => Self::For,
            b"if" => Self::If,
            b"impl" => Self::Impl,
            b"import" => Self::Import,
            b"in" => Self::In,
            b"is" => Self::Is,
            b"let" => Self::Let,
            b"loop" => Self::Loop,
            b"match" => Self::Match,
            b"mut" => Self::Mut,
            b"none" => Self::None,
            b"not" => Self::Not,
            b"or" => Self::Or,
            b"pub" => Self::Pub,
            b"raise" => Self::Raise,
            b"return" => Self::Return,
            b"scope" => Self::Scope,
            b"select" => Self::Select,
            b"self" => Self::SelfValue,
            b"spawn" => Self::Spawn,
            b"trait" => Self::Trait,
            b"true" => Self::True,
            b"while" => Self::While,
            b"yield" => Self::Yield,
            _ => return None,
        })
    }
}
