//! What can be wrong with the things that tests of a release start.

use super::{Checked, wrong};
use crate::codebuild::PHASES;
use crate::scenario::{CanaryPlan, Length, Machine, Place, Project, Scenario};

pub(super) fn check(scenario: &Scenario) -> Checked {
    for (name, own) in &scenario.projects {
        project(name, own)?;
    }
    for (name, own) in &scenario.machines {
        machine(name, own)?;
    }
    for (name, own) in &scenario.canaries {
        canary(name, own)?;
    }
    Ok(())
}

fn project(name: &str, own: &Project) -> Checked {
    let failing = own.fails.iter().map(|fails| &fails.phase);
    let unknown = |phase: &&String| !PHASES.contains(&phase.as_str());
    if let Some(phase) = own.phases.keys().chain(failing).find(unknown) {
        let what = format!("project `{name}` has a phase `{phase}`, which CodeBuild does not have");
        let mend = format!("write one of: {}", PHASES.join(", "));
        return wrong(Place::default(), what, mend);
    }
    let status = own.fails.as_ref().and_then(|fails| fails.status.as_deref());
    of_known(
        &format!("project `{name}`"),
        status,
        &["FAILED", "FAULT", "TIMED_OUT"],
    )
}

fn machine(name: &str, own: &Machine) -> Checked {
    let status = own.fails.as_ref().and_then(|fails| fails.status.as_deref());
    of_known(
        &format!("machine `{name}`"),
        status,
        &["FAILED", "TIMED_OUT"],
    )
}

fn of_known(whose: &str, status: Option<&str>, known: &[&str]) -> Checked {
    match status {
        Some(status) if !known.contains(&status) => {
            let what = format!("{whose} fails with the status `{status}`, which is none");
            wrong(
                Place::default(),
                what,
                format!("write one of: {}", known.join(", ")),
            )
        }
        _ => Ok(()),
    }
}

fn canary(name: &str, own: &CanaryPlan) -> Checked {
    if own.every.is_some_and(|every| every < Length::seconds(1)) {
        let what = format!("canary `{name}` runs more than once a second");
        return wrong(Place::default(), what, "write `every: 1m`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::Scenario;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let text = format!("about: mistakes\n{text}");
        let error = Scenario::parse(&text, Path::new(".")).unwrap_err();
        assert_eq!(error.to_string(), format!("scenario: {expected}"));
    }

    #[test]
    fn phases_and_ends_that_do_not_exist_are_mistakes() {
        check(
            "projects: { p: { phases: { Build: 1m } } }",
            "project `p` has a phase `Build`, which CodeBuild does not have",
        );
        check(
            "projects: { p: { fails: { phase: TEST, message: m } } }",
            "project `p` has a phase `TEST`, which CodeBuild does not have",
        );
        check(
            "machines: { m: { fails: { status: SUCCEEDED, error: E, cause: c } } }",
            "machine `m` fails with the status `SUCCEEDED`, which is none",
        );
        check(
            "canaries: { c: { every: 0s } }",
            "canary `c` runs more than once a second",
        );
    }
}
