//! What the tasks of a run have asked for outside that was not there yet, whoever runs them.

use std::collections::BTreeMap;

use crate::function::{Function, Value};
use crate::outside::Outside;
use crate::waiting::{News, Token, Turn};

/// What somebody has asked for.
#[derive(Debug)]
pub struct Asked<W> {
    /// Who it was.
    pub by: W,
    /// Of which function.
    pub function: &'static Function,
    /// With which arguments.
    pub with: Vec<Value>,
}

/// All of it, by what is waited for, in the order in which it was asked.
#[derive(Debug)]
pub struct Pending<W> {
    news: News,
    asked: BTreeMap<Token, Vec<Asked<W>>>,
}

impl<W> Asked<W> {
    /// Asks again.
    ///
    /// # Errors
    /// As [`Function::call`].
    pub fn ask(&self, outside: &mut dyn Outside, turn: Turn) -> Result<Vec<Value>, Token> {
        self.function.call(outside, &self.with, turn)
    }
}

impl<W> Pending<W> {
    /// Nothing yet; where there is something is told here.
    #[must_use]
    pub fn new(news: News) -> Self {
        Self { news, asked: BTreeMap::new() }
    }

    /// Where there is something is told here.
    #[must_use]
    pub fn news(&self) -> &News {
        &self.news
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// Somebody waits for something.
    pub fn add(&mut self, token: Token, asked: Asked<W>) {
        self.asked.entry(token).or_default().push(asked);
    }

    /// Takes out what there is news of, to be asked for again.
    pub fn heard(&mut self) -> Vec<(Token, Asked<W>)> {
        if self.is_empty() {
            return Vec::new();
        }
        let tokens = self.news.take().into_iter();
        let all = tokens.filter_map(|token| Some((token, self.asked.remove(&token)?)));
        all.flat_map(|(token, all)| all.into_iter().map(move |asked| (token, asked))).collect()
    }

    /// Takes out what somebody has asked for who waits for it no more, and forgets it outside where nobody else waits.
    pub fn forget(
        &mut self,
        token: Token,
        outside: &mut dyn Outside,
        is: impl Fn(&W) -> bool,
    ) -> Option<Asked<W>> {
        let all = self.asked.get_mut(&token)?;
        let at = all.iter().position(|asked| is(&asked.by))?;
        let asked = all.remove(at);
        if all.is_empty() {
            self.asked.remove(&token);
            outside.forget(token);
        }
        Some(asked)
    }
}
