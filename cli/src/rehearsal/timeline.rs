//! What happens in a rehearsal, line by line, as it happens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use sluice_world::World;
use sluice_world::codepipeline::{Answer, Happening, What};
use sluice_world::world::Observer;

use super::OnLine;

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// How deep it is indented: 0 for the release, 1 for a stage, 2 for an action.
    pub depth: usize,
    /// What happened.
    pub text: String,
    /// Whether it is one of the many that only say "still going".
    pub is_progress: bool,
}

/// Turns what happens in a world into lines.
#[derive(Clone)]
pub struct Timeline {
    world: World,
    on_line: OnLine,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    transitions: usize,
    release: Option<String>,
    others: Vec<String>,
    /// Open jobs and their actions.
    jobs: HashMap<String, String>,
}

impl Timeline {
    /// A timeline of this world.
    pub fn new(world: &World, on_line: OnLine) -> Timeline {
        // What came before the release is not part of it.
        let transitions = world.transitions().len();
        let seen = Seen {
            transitions,
            ..Seen::default()
        };
        Timeline {
            world: world.clone(),
            on_line,
            seen: Arc::new(Mutex::new(seen)),
        }
    }

    /// For [`World::observe`].
    pub fn observer(&self) -> Observer {
        let (on_line, seen) = (Arc::clone(&self.on_line), Arc::clone(&self.seen));
        let handler = WeakTimeline {
            world: self.world.downgraded(),
            on_line,
            seen,
        };
        Arc::new(move |happening| {
            if let Some(timeline) = handler.upgrade() {
                timeline.happened(happening);
            }
        })
    }

    /// Says what alarms did since the last line.
    pub fn finish(&self) {
        let lines: Vec<Line> = {
            let mut seen = self
                .seen
                .lock()
                .expect("nothing panics while it holds this lock");
            let all = self.world.transitions();
            let new = all.get(seen.transitions..).unwrap_or_default();
            seen.transitions = all.len();
            new.iter()
                .map(|t| Line {
                    at: t.at,
                    depth: 2,
                    text: format!("alarm {} {} -> {}", t.alarm, t.old, t.new),
                    is_progress: false,
                })
                .collect()
        };
        for line in lines {
            (self.on_line)(&line);
        }
    }

    fn happened(&self, happening: &Happening) {
        self.finish();
        let whose = self.whose(happening);
        let Some((depth, text, is_progress)) = self.words(happening) else {
            return;
        };
        (self.on_line)(&Line {
            at: happening.at,
            depth,
            text: format!("{whose}{text}"),
            is_progress,
        });
    }

    /// A happening in words; nothing for those that say little to people.
    fn words(&self, happening: &Happening) -> Option<(usize, String, bool)> {
        let codepipeline = self.world.codepipeline();
        Some(match &happening.what {
            What::ExecutionStarted => (0, "release begins".to_owned(), false),
            What::StageStarted { stage } => (1, format!("stage {stage}"), false),
            What::ActionStarted { action, .. } => (2, format!("{action} begins"), false),
            What::DeploymentEnded { stage, .. } => (2, format!("{stage} is deployed"), false),
            What::JobCreated { action, job, .. } => {
                let mut seen = self
                    .seen
                    .lock()
                    .expect("nothing panics while it holds this lock");
                seen.jobs.insert(job.clone(), action.clone());
                return None;
            }
            What::Answered {
                job,
                answer: Answer::Continue { progress, .. },
            } => {
                let mut seen = self
                    .seen
                    .lock()
                    .expect("nothing panics while it holds this lock");
                let action = seen.jobs.remove(job)?;
                let summary = progress.summary.as_deref().unwrap_or("goes on");
                let percent = progress.percent_complete.unwrap_or(0);
                (2, format!("{action} {percent:>3}% {summary}"), true)
            }
            What::FunctionFailed {
                function,
                error,
                attempt,
                ..
            } => (
                2,
                format!("{function} failed (attempt {attempt}): {error}"),
                false,
            ),
            What::EventLost { .. } => (2, "an event was lost".to_owned(), false),
            What::Refused { code, .. } => (2, format!("an answer was refused: {code}"), false),
            What::ActionEnded {
                stage,
                action,
                status,
            } => {
                let run = codepipeline.execution(&happening.execution)?;
                let own = run.action(action);
                let text = own.and_then(|own| {
                    own.failure
                        .as_ref()
                        .map(|failure| failure.message.as_str())
                        .or(own.summary.as_deref())
                });
                let first = text.and_then(|text| text.lines().next()).unwrap_or("");
                // Stage and gate are on the timeline already.
                let first = first
                    .strip_prefix(&format!("gate `{action}` of stage `{stage}`"))
                    .map_or(first, |rest| rest.trim_start_matches([':', ' ']));
                let text = if first.is_empty() {
                    format!("{action} {status:?}")
                } else {
                    format!("{action} {status:?}: {first}")
                };
                (2, text, false)
            }
            What::StageEnded { stage, status } => (1, format!("stage {stage} {status:?}"), false),
            What::ExecutionEnded { status } => (0, format!("release {status:?}"), false),
            What::Invoked { .. }
            | What::Answered { .. }
            | What::Dispatched { .. }
            | What::Acknowledged { .. } => return None,
        })
    }

    /// Empty for the release that is rehearsed, a name for later ones.
    fn whose(&self, happening: &Happening) -> String {
        let mut seen = self
            .seen
            .lock()
            .expect("nothing panics while it holds this lock");
        let own = seen
            .release
            .get_or_insert_with(|| happening.execution.clone());
        if *own == happening.execution {
            return String::new();
        }
        let position = seen.others.iter().position(|id| *id == happening.execution);
        let number = position.unwrap_or_else(|| {
            seen.others.push(happening.execution.clone());
            seen.others.len() - 1
        });
        format!("[next release {}] ", number + 1)
    }
}

/// A timeline that does not keep its world alive.
struct WeakTimeline {
    world: sluice_world::world::WeakWorld,
    on_line: OnLine,
    seen: Arc<Mutex<Seen>>,
}

impl WeakTimeline {
    fn upgrade(&self) -> Option<Timeline> {
        let world = self.world.upgrade()?;
        Some(Timeline {
            world,
            on_line: Arc::clone(&self.on_line),
            seen: Arc::clone(&self.seen),
        })
    }
}
