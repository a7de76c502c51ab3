//! A filter that cannot be compiled.

use std::fmt;

/// Why a filter expression cannot be compiled, and where, as far as that can be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilterError {
    pub(crate) expression: String,
    pub(crate) message: String,
    pub(crate) place: Option<(usize, usize)>,
}

impl FilterError {
    /// The expression.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// What the compiler says.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The bytes of the expression, from and up to, that cannot be understood; both are its length where something is
    /// missing at its end.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place
    }
}

impl fmt::Display for FilterError {
    /// One line: what is wrong and where.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expression, message, place } = self;
        write!(f, "the filter cannot be compiled: {message}")?;
        match place.and_then(|(from, to)| Some((expression.get(from..to)?, from))) {
            Some(("", _)) => write!(f, ": something is missing at the end of \"{expression}\""),
            Some((word, from)) => write!(f, ": \"{word}\" (character {}) in \"{expression}\"", from + 1),
            None => write!(f, ", in \"{expression}\""),
        }
    }
}

impl std::error::Error for FilterError {}
