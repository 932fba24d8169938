//! Several pipelines and workers at once, in which nothing goes wrong.

use sluice_world::codepipeline::{Answer, DispatchOrder, ExecutionStatus};

use super::bed::{Alarm, Case, Ran, run};

fn three(alarm: Alarm, order: DispatchOrder) -> Ran {
    run(Case {
        alarm,
        pipelines: 4,
        workers: 3,
        order,
        ..Case::default()
    })
}

#[test]
fn workers_that_race_take_and_answer_every_job_once() {
    for order in [
        DispatchOrder::OldestFirst,
        DispatchOrder::NewestFirst,
        DispatchOrder::Drawn,
    ] {
        let ran = three(Alarm::Quiet, order);
        ran.hold("three workers");
        let mut jobs = 0;
        for (execution, action) in ran.gates() {
            assert_eq!(
                execution.status,
                ExecutionStatus::Succeeded,
                "{:?}",
                action.failure
            );
            for job in &action.jobs {
                assert_eq!(
                    (job.answers.len(), job.accepted()),
                    (1, 1),
                    "{}",
                    action.name
                );
                jobs += u64::from(action.action_type.owner == "Custom");
            }
        }
        assert!(jobs > 10, "{jobs}");
        // Whoever loses the race for a lease does not go on to acknowledge.
        assert_eq!(ran.calls["codepipeline:AcknowledgeJob"], jobs);
        assert_eq!(ran.calls["lambda:Invoke"], jobs);
    }
}

#[test]
fn a_gate_that_says_no_stops_its_release_and_says_why() {
    let ran = three(Alarm::Fires, DispatchOrder::Drawn);
    ran.hold("an alarm fires");
    for execution in &ran.executions {
        assert_eq!(execution.status, ExecutionStatus::Failed);
    }
    let said = ran
        .gates()
        .filter_map(|(_, action)| action.failure.as_ref());
    let said: Vec<&str> = said.map(|failure| failure.message.as_str()).collect();
    assert_eq!(said.len(), 4);
    for message in said {
        assert!(
            message.contains("gate `bake`") && message.contains("hint:"),
            "{message}"
        );
    }
}

#[test]
fn a_run_shows_how_far_it_is_and_leads_to_what_was_written_down() {
    let ran = three(Alarm::Quiet, DispatchOrder::OldestFirst);
    for (_, action) in ran
        .gates()
        .filter(|(_, own)| own.action_type.owner == "Custom")
    {
        let answers = action.jobs.iter().flat_map(|job| &job.answers);
        for sent in answers {
            let (Answer::Continue { progress, .. } | Answer::Success { progress, .. }) =
                &sent.answer
            else {
                panic!("{:?}", sent.answer);
            };
            let key = progress.external_execution_id.as_deref().unwrap();
            assert!(
                ran.world
                    .s3()
                    .get(sluice::rehearsal::EVIDENCE_BUCKET, key)
                    .is_some(),
                "{key}"
            );
        }
    }
}
