//! What became of tests so far, in as few characters as it takes: a token has
//! room for two thousand.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_core::settings::Test;
use sluice_core::validate::{TestResult, TestState, Unmet};

/// Characters of what tests said, as JSON.
const SAID_MAX: usize = 700;
/// To how many characters each text is cut, one after the other until all fit.
const CUTS: [usize; 4] = [300, 120, 60, 30];
/// How a test may have ended, with a pass first.
const ENDED: [TestState; 3] = [TestState::Passed, TestState::Failed, TestState::Unknown];
/// What stands where a text had to go.
const LOST: &str = "(what it said was too long to be kept until the gate's end)";

/// What is carried from look to look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// A word for each test in the plan's order: how it is in a letter, a
    /// number of milliseconds in base 36, and after a `.` its tries, if more
    /// than one. The number
    /// is the time that it took; of what runs elsewhere, when it was begun
    /// after the gate was.
    tests: String,
    /// What those said that have ended, by their place. Where there is no room
    /// for all, only what did not pass.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    said: BTreeMap<usize, Said>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Said {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unmet: Option<[String; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl Said {
    fn of(result: &TestResult) -> Said {
        let unmet = result.unmet.first();
        Said {
            unmet: unmet.map(|own| [own.what.clone(), own.wanted.clone(), own.got.clone()]),
            detail: result.detail.clone(),
            link: result.link.clone(),
        }
    }

    fn cut(&self, characters: usize) -> Said {
        let cut = |text: &String| cut(text, characters);
        Said {
            unmet: self.unmet.as_ref().map(|texts| texts.each_ref().map(cut)),
            detail: self.detail.as_ref().map(cut),
            // A part of an address leads nowhere.
            link: self.link.clone().filter(|link| link.len() <= characters),
        }
    }
}

fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters).collect();
    format!("{kept}...")
}

impl Kept {
    /// What has to be kept of results, so long after the gate began.
    pub(super) fn of(results: &[TestResult], since_began: SignedDuration) -> Kept {
        let word = |result| word(result, since_began);
        let tests: Vec<String> = results.iter().map(word).collect();
        let said = |states: &[TestState], characters: usize| {
            let ended = results.iter().enumerate();
            let ended = ended.filter(|(_, own)| states.contains(&own.state));
            let said = ended.map(|(index, own)| (index, Said::of(own).cut(characters)));
            said.filter(|(_, said)| *said != Said::default()).collect()
        };
        let all = said(&ENDED, CUTS[0]);
        let others = CUTS.iter().map(|characters| said(&ENDED[1..], *characters));
        let fits = |said: &BTreeMap<usize, Said>| {
            serde_json::to_string(said).is_ok_and(|text| text.len() <= SAID_MAX)
        };
        Kept {
            tests: tests.join(" "),
            said: std::iter::once(all)
                .chain(others)
                .find(fits)
                .unwrap_or_default(),
        }
    }

    /// The same with no texts.
    pub(super) fn without_texts(self) -> Kept {
        Kept {
            said: BTreeMap::new(),
            ..self
        }
    }

    /// What is known of the tests that were begun, so long after the gate was.
    pub(super) fn results(
        &self,
        tests: &[Test<'_>],
        since_began: SignedDuration,
    ) -> Vec<TestResult> {
        let words = tests.iter().zip(self.tests.split(' ')).enumerate();
        words
            .filter_map(|(index, (test, word))| self.result(index, test, word, since_began))
            .collect()
    }

    fn result(
        &self,
        index: usize,
        test: &Test<'_>,
        word: &str,
        since_began: SignedDuration,
    ) -> Option<TestResult> {
        let mut characters = word.chars();
        let state = match characters.next()? {
            'p' => TestState::Passed,
            'f' => TestState::Failed,
            'u' => TestState::Unknown,
            'r' => TestState::Running,
            _ => return None,
        };
        let (number, tries) = match characters.as_str().split_once('.') {
            Some((number, tries)) => (number, u32::from_str_radix(tries, 36).ok()?),
            None => (characters.as_str(), 1),
        };
        let number = u64::from_str_radix(number, 36).ok()?;
        let mut result = TestResult::of(test, state);
        result.attempts = tries;
        result.took = match counts_from_began(&result) {
            true => milliseconds(since_began).saturating_sub(number),
            false => number,
        };
        if state != TestState::Running {
            self.say(index, &mut result);
        }
        Some(result)
    }

    fn say(&self, index: usize, result: &mut TestResult) {
        let Some(said) = self.said.get(&index).cloned() else {
            if result.state != TestState::Passed {
                result.detail = Some(LOST.to_owned());
            }
            return;
        };
        let unmet = said
            .unmet
            .map(|[what, wanted, got]| Unmet { what, wanted, got });
        result.unmet = unmet.into_iter().collect();
        result.detail = said.detail;
        result.link = said.link;
    }
}

/// Whether a test runs elsewhere while nobody looks.
fn counts_from_began(result: &TestResult) -> bool {
    result.state == TestState::Running && result.kind != HTTP
}

/// The kind as it stands in plans.
const HTTP: &str = "http";

fn word(result: &TestResult, since_began: SignedDuration) -> String {
    let letter = match result.state {
        TestState::Passed => 'p',
        TestState::Failed => 'f',
        TestState::Unknown => 'u',
        TestState::Running if result.attempts == 0 => return "-".to_owned(),
        TestState::Running => 'r',
    };
    let number = match counts_from_began(result) {
        true => milliseconds(since_began).saturating_sub(result.took),
        false => result.took,
    };
    let tries = match result.attempts {
        0 | 1 => String::new(),
        tries => format!(".{}", base36(u64::from(tries))),
    };
    format!("{letter}{}{tries}", base36(number))
}

pub(super) fn milliseconds(length: SignedDuration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(0)
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use sluice_core::settings::{CodeBuildTest, HttpTest, Validate};

    use super::*;

    fn http() -> HttpTest {
        HttpTest {
            name: None,
            steps: Vec::new(),
            at_most: None,
            required: true,
        }
    }

    fn build() -> CodeBuildTest {
        CodeBuildTest {
            name: None,
            project: "smoke".to_owned(),
            source_version: None,
            variables: BTreeMap::new(),
            stop_on_abort: false,
            at_most: None,
            required: true,
            region: None,
            role: None,
        }
    }

    fn settings(count: usize) -> Validate {
        Validate {
            http: vec![http(); count],
            codebuild: vec![build()],
            ..Validate::default()
        }
    }

    fn result(test: &Test<'_>, state: TestState, said: &str) -> TestResult {
        TestResult {
            took: 1234,
            attempts: 2,
            detail: Some(said.to_owned()),
            ..TestResult::of(test, state)
        }
    }

    #[test]
    fn what_became_of_tests_comes_back() {
        let settings = settings(4);
        let tests = settings.tests();
        let states = [
            TestState::Passed,
            TestState::Failed,
            TestState::Unknown,
            TestState::Running,
            TestState::Running,
        ];
        let given = tests.iter().zip(states);
        let given: Vec<TestResult> = given
            .map(|(test, state)| result(test, state, "no"))
            .collect();
        let kept = Kept::of(&given, SignedDuration::from_secs(10));
        let back = kept.results(&tests, SignedDuration::from_secs(40));
        let mut expected = given.clone();
        for index in [3, 4] {
            expected[index].detail = None;
        }
        // What runs elsewhere has gone on.
        expected[4].took += 30_000;
        assert_eq!(back, expected);
    }

    #[test]
    fn two_hundred_tests_that_say_much_fit_into_a_token() {
        let settings = settings(199);
        let tests = settings.tests();
        let long = "long ".repeat(200);
        let given: Vec<TestResult> = tests
            .iter()
            .map(|test| result(test, TestState::Failed, &long))
            .collect();
        let kept = Kept::of(&given, SignedDuration::from_hours(100));
        let text = serde_json::to_string(&kept).unwrap();
        assert!(text.len() < 1600, "{}", text.len());
        let back = kept.results(&tests, SignedDuration::ZERO);
        assert_eq!(back.len(), 200);
        assert_eq!(back[7].detail.as_deref(), Some(LOST));
        assert_eq!(back[7].state, TestState::Failed);
    }

    #[test]
    fn few_long_texts_are_cut_and_kept() {
        let settings = settings(2);
        let tests = settings.tests();
        let given = vec![result(&tests[0], TestState::Failed, &"x".repeat(900))];
        let kept = Kept::of(&given, SignedDuration::ZERO);
        let back = kept.results(&tests, SignedDuration::ZERO);
        let detail = back[0].detail.as_deref().unwrap();
        assert_eq!(detail, format!("{}...", "x".repeat(300)));
    }

    #[test]
    fn a_test_that_has_not_begun_is_not_known() {
        let settings = settings(1);
        let tests = settings.tests();
        let waiting = TestResult::of(&tests[0], TestState::Running);
        let kept = Kept::of(&[waiting], SignedDuration::ZERO);
        assert_eq!(kept.results(&tests, SignedDuration::ZERO), []);
        assert_eq!(Kept::default().results(&tests, SignedDuration::ZERO), []);
    }
}
