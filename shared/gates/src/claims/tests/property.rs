//! Invocations that come at any time, at the same time, again, and die at any
//! point, over a CodeBuild that forgets tokens and shows builds late: at most
//! one build is started, and at the end exactly one.

use jiff::Timestamp;
use proptest::prelude::*;
use sluice_aws::Claim;

use super::super::{Step, after_search, decide};
use super::{at, claim};

/// AWS's documented five minutes.
const TOKEN_LASTS: i64 = 300;
/// Longer than a build would take to be listed.
const SEEN_AFTER_MAX: i64 = 300;
/// A function is killed then.
const LIFE: i64 = 120;

/// One invocation: when it comes, how long it stops before each of its steps,
/// and after how many of them it dies.
#[derive(Debug, Clone)]
struct Course {
    comes: i64,
    pauses: Vec<i64>,
    dies_after: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Next {
    Read,
    Act,
    Record(usize),
    Done,
}

struct Running {
    name: String,
    began: i64,
    at: i64,
    left: Vec<i64>,
    steps: usize,
    next: Next,
    claim: Option<Claim>,
}

#[derive(Default)]
struct Aws {
    claim: Option<Claim>,
    /// When each build was started.
    builds: Vec<i64>,
    token_used: Option<(i64, usize)>,
    seen_after: i64,
}

impl Aws {
    fn start(&mut self, now: i64) -> usize {
        if let Some((first, build)) = self.token_used
            && now - first < TOKEN_LASTS
        {
            return build;
        }
        self.builds.push(now);
        self.token_used = Some((now, self.builds.len() - 1));
        self.builds.len() - 1
    }

    fn listed(&self, now: i64) -> Vec<String> {
        let seen = self.builds.iter().enumerate();
        seen.filter(|(_, began)| now - **began >= self.seen_after)
            .map(|(index, _)| index.to_string())
            .collect()
    }

    fn put(&mut self, own: Claim) -> Claim {
        self.claim.get_or_insert(own).clone()
    }

    fn take_over(&mut self, old: &Claim, own: Claim) -> Option<Claim> {
        let held = self.claim.as_ref()?;
        if held.generation == old.generation && held.started.is_none() {
            self.claim = Some(own);
        }
        self.claim.clone()
    }

    fn record(&mut self, build: usize) {
        let claim = self.claim.as_mut().unwrap();
        claim.started.get_or_insert(build.to_string());
    }
}

fn own_claim(name: &str, now: i64, generation: u32) -> Claim {
    Claim {
        claimer: name.to_owned(),
        claimed_at: at(now),
        generation,
        ..claim(None)
    }
}

impl Running {
    /// One call to AWS.
    fn step(&mut self, aws: &mut Aws) {
        let now = self.at;
        self.next = match self.next {
            Next::Done => Next::Done,
            Next::Read => {
                self.claim = aws.claim.clone();
                Next::Act
            }
            Next::Record(build) => {
                aws.record(build);
                Next::Done
            }
            Next::Act => self.act(aws, now, at(now)),
        };
    }

    fn act(&mut self, aws: &mut Aws, now: i64, moment: Timestamp) -> Next {
        let mut step = decide(self.claim.as_ref(), &self.name, moment);
        if step == Step::Search {
            step = after_search(self.claim.as_ref().unwrap(), &aws.listed(now), moment);
        }
        match step {
            Step::Claim => {
                self.claim = Some(aws.put(own_claim(&self.name, now, 0)));
                Next::Act
            }
            Step::TakeOver => {
                let old = self.claim.clone().unwrap();
                let own = own_claim(&self.name, now, old.generation + 1);
                self.claim = aws.take_over(&old, own);
                Next::Act
            }
            Step::Start => Next::Record(aws.start(now)),
            Step::Adopt(build) => Next::Record(build.parse().unwrap()),
            Step::Wait(_) | Step::Search => Next::Done,
        }
    }

    /// Goes on to its next step, or ends.
    fn advance(&mut self, dies_after: usize) {
        self.steps += 1;
        self.at += self.left.pop().unwrap_or(1);
        if self.steps >= dies_after || self.at - self.began >= LIFE {
            self.next = Next::Done;
        }
    }
}

fn run(courses: &[Course], seen_after: i64) -> Aws {
    let mut aws = Aws {
        seen_after,
        ..Aws::default()
    };
    let mut all: Vec<(Running, usize)> = courses
        .iter()
        .enumerate()
        .map(|(number, course)| {
            let running = Running {
                name: number.to_string(),
                began: course.comes,
                at: course.comes,
                left: course.pauses.clone(),
                steps: 0,
                next: Next::Read,
                claim: None,
            };
            (running, course.dies_after)
        })
        .collect();
    while let Some((running, dies_after)) = all
        .iter_mut()
        .filter(|(running, _)| running.next != Next::Done)
        .min_by_key(|(running, _)| running.at)
    {
        running.step(&mut aws);
        running.advance(*dies_after);
    }
    aws
}

fn courses() -> impl Strategy<Value = Vec<Course>> {
    let course = (
        prop_oneof![0..400_i64, 0..4000_i64],
        prop::collection::vec(prop_oneof![0..3_i64, 0..60_i64], 0..8),
        1..9_usize,
    );
    let course = course.prop_map(|(comes, pauses, dies_after)| Course {
        comes,
        pauses,
        dies_after,
    });
    prop::collection::vec(course, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_course_of_invocations_starts_two_builds(
        courses in courses(),
        seen_after in 0..=SEEN_AFTER_MAX,
    ) {
        let aws = run(&courses, seen_after);
        prop_assert!(aws.builds.len() <= 1, "{:?}", aws.builds);
    }

    #[test]
    fn invocations_that_live_start_one_in_the_end(
        mut courses in courses(),
        seen_after in 0..=SEEN_AFTER_MAX,
    ) {
        for comes in [5000, 6000, 7000] {
            courses.push(Course { comes, pauses: Vec::new(), dies_after: usize::MAX });
        }
        let aws = run(&courses, seen_after);
        prop_assert_eq!(aws.builds.len(), 1);
        prop_assert!(aws.claim.unwrap().started.is_some());
    }
}
