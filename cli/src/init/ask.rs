//! Questions: answered by a flag, in a terminal, or by a default.
//!
//! Plain lines on standard error and from standard input, so that any terminal
//! and any screen reader will do. What is missing where nobody can be asked is
//! gathered, to be named all at once.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write};

use crate::lines::folded;
use crate::region::Stopped;

/// A question.
pub(super) struct Question<'a> {
    /// The flag that answers it.
    pub(super) flag: &'static str,
    /// What is asked for, without a question mark.
    pub(super) asks: &'a str,
    pub(super) default: Option<&'a str>,
}

/// Where answers come from that no flag gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Terminal,
    Defaults,
    Nowhere,
}

/// What is asked, and what nobody answered.
pub(super) struct Asking {
    from: From,
    missing: String,
}

impl Asking {
    pub(super) fn new(takes_defaults: bool) -> Asking {
        let from = if takes_defaults {
            From::Defaults
        } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
            From::Terminal
        } else {
            From::Nowhere
        };
        Asking {
            from,
            missing: String::new(),
        }
    }

    /// The answer, or `None` where it is missing.
    pub(super) fn ask<T>(
        &mut self,
        question: &Question<'_>,
        given: Option<&str>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Stopped> {
        if let Some(given) = given {
            return match read(given) {
                Ok(answer) => Ok(Some(answer)),
                Err(why) => Err(refused(question.flag, given, &why)),
            };
        }
        match (self.from, question.default) {
            (From::Terminal, _) => prompted(question, read).map(Some),
            (From::Defaults, Some(default)) => read(default)
                .map(Some)
                .map_err(|why| refused(question.flag, default, &why)),
            (From::Defaults, None) | (From::Nowhere, _) => {
                self.miss(question);
                Ok(None)
            }
        }
    }

    fn miss(&mut self, question: &Question<'_>) {
        let Question {
            flag,
            asks,
            default,
        } = question;
        let default = default.map_or_else(String::new, |own| format!(" [default: {own}]"));
        let line = folded(&format!("{flag}: {asks}{default}"), "  ", "      ");
        let _ = write!(self.missing, "\n{line}");
    }

    /// Says what is missing, if anything is.
    pub(super) fn done(&self) -> Result<(), Stopped> {
        if self.missing.is_empty() {
            return Ok(());
        }
        let (why, hint) = match self.from {
            From::Defaults => ("these have no default", "give these flags as well"),
            From::Terminal | From::Nowhere => (
                "there is no terminal to ask in, and these flags are missing",
                "give them; `--yes` takes the default of those that have one",
            ),
        };
        Err(Stopped::usage(format!("{why}:{}", self.missing), hint))
    }
}

fn refused(flag: &str, given: &str, why: &str) -> Stopped {
    Stopped::usage(format!("`{flag} {given}`: {why}"), "`sluice init --help`")
}

/// Asks until the answer is one.
fn prompted<T>(
    question: &Question<'_>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Stopped> {
    let cannot =
        |error: io::Error| Stopped::unread(format!("the terminal: {error}"), "give flags instead");
    let default = question
        .default
        .map_or_else(String::new, |own| format!(" [{own}]"));
    let prompt = folded(&format!("{}{default}: ", question.asks), "", "  ");
    loop {
        write!(anstream::stderr(), "{} ", prompt.trim_end()).map_err(cannot)?;
        let mut line = String::new();
        let end = io::stdin().lock().read_line(&mut line).map_err(cannot)? == 0;
        if end {
            let _ = writeln!(anstream::stderr());
            let error = "the input ended, and nothing was written".to_owned();
            return Err(Stopped::usage(error, "answer, or give flags"));
        }
        let answer = match (line.trim(), question.default) {
            ("", Some(default)) => default,
            (answer, _) => answer,
        };
        match read(answer) {
            Ok(answer) => return Ok(answer),
            Err(why) => {
                writeln!(anstream::stderr(), "{}", folded(&why, "  ", "  ")).map_err(cannot)?
            }
        }
    }
}
