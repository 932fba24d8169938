//! What happens in a rehearsal, line by line, as it happens.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use sluice_world::World;
use sluice_world::codepipeline::{Happening, HappeningKind, Observer};

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
        let (depth, text, is_progress) = match &happening.kind {
            HappeningKind::ExecutionStarted => (0, "release begins".to_owned(), false),
            HappeningKind::StageStarted { stage } => (1, format!("stage {stage}"), false),
            HappeningKind::ActionStarted { action, .. } => (2, format!("{action} begins"), false),
            HappeningKind::DeploymentEnded { stage } => (2, format!("{stage} is deployed"), false),
            HappeningKind::JobContinued {
                action,
                summary,
                percent,
                ..
            } => {
                let summary = summary.as_deref().unwrap_or("goes on");
                (
                    2,
                    format!("{action} {:>3}% {summary}", percent.unwrap_or(0)),
                    true,
                )
            }
            HappeningKind::FunctionFailed {
                function,
                error,
                attempt,
            } => (
                2,
                format!("{function} failed (attempt {attempt}): {error}"),
                false,
            ),
            HappeningKind::EventLost { function } => {
                (2, format!("the event for {function} was lost"), false)
            }
            HappeningKind::ActionEnded {
                stage,
                action,
                status,
                text,
            } => {
                let first = text
                    .as_deref()
                    .and_then(|text| text.lines().next())
                    .unwrap_or("");
                // Stage and gate are on the timeline already.
                let first = first
                    .strip_prefix(&format!("gate `{action}` of stage `{stage}`"))
                    .map_or(first, |rest| rest.trim_start_matches([':', ' ']));
                let text = if first.is_empty() {
                    format!("{action} {status}")
                } else {
                    format!("{action} {status}: {first}")
                };
                (2, text, false)
            }
            HappeningKind::StageEnded { stage, status } => {
                (1, format!("stage {stage} {status}"), false)
            }
            HappeningKind::ExecutionEnded { status } => (0, format!("release {status}"), false),
        };
        (self.on_line)(&Line {
            at: happening.at,
            depth,
            text: format!("{whose}{text}"),
            is_progress,
        });
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
