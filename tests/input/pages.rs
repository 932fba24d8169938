//! The page that is written beside the evidence: it leads people to what was
//! seen, and whatever goes wrong with it changes nothing else.

use std::sync::Arc;

use jiff::SignedDuration;
use sluice::rehearsal::EVIDENCE_BUCKET;
use sluice_world::codepipeline::ExecutionStatus;
use sluice_world::world::Fault;

use super::bench::{Case, Done};

fn page_key(done: &Done) -> Option<String> {
    let mut keys = done.evidence_keys("evidence/").into_iter();
    keys.find(|key| key.ends_with(".html"))
}

#[test]
fn the_page_is_beside_the_evidence_and_the_answer_leads_to_it() {
    let done = Case::default().run();
    let key = page_key(&done).unwrap();
    let beside = key.replace(".html", ".json");
    assert_eq!(
        done.ended().evidence_address,
        format!("s3://{EVIDENCE_BUCKET}/{beside}")
    );
    let kind = done.world.s3().content_type(EVIDENCE_BUCKET, &key).unwrap();
    assert_eq!(kind, "text/html; charset=utf-8");
    let page = done.world.s3().get(EVIDENCE_BUCKET, &key).unwrap();
    assert!(
        String::from_utf8(page)
            .unwrap()
            .contains("gate <code>bake</code>")
    );
    let link = &done.gate().output_variables["Page"];
    assert!(link.ends_with(&format!("prefix={key}")), "{link}");
    let message = &done.ended().message;
    assert!(message.ends_with(&format!("\npage: {link}")), "{message}");
}

/// The release goes on, the evidence is there, no page is, and it is said why.
#[track_caller]
fn check_without_page(case: Case, why: &str) {
    let done = case.run();
    assert_eq!(done.execution.status, ExecutionStatus::Succeeded);
    let ended = done.ended();
    assert!(ended.evidence_address.starts_with("s3://"));
    assert_eq!(done.gate().output_variables["Page"], "none");
    for text in ["the page of the evidence could not be written", why] {
        assert!(
            ended.message.contains(text),
            "no `{text}` in: {}",
            ended.message
        );
    }
}

#[test]
fn a_page_that_cannot_be_made_changes_nothing_else() {
    let case = Case {
        page: |_| panic!("on purpose"),
        ..Case::default()
    };
    check_without_page(case, "it could not be made");
}

#[test]
fn a_page_that_may_not_be_written_changes_nothing_else() {
    let case = Case {
        prepare: Arc::new(|world| {
            let policy = |access: &sluice_world::s3::Access<'_>| !access.key.ends_with(".html");
            world.s3().set_policy(policy);
        }),
        ..Case::default()
    };
    check_without_page(case, "AccessDenied");
}

#[test]
fn a_page_that_is_slow_to_write_changes_nothing_else() {
    let case = Case {
        prepare: Arc::new(|world| {
            // After the record and the evidence.
            let puts = std::sync::atomic::AtomicU32::new(0);
            world.set_faults(Arc::new(move |call| {
                let is_put = call.operation == "PutObject";
                let before = u32::from(is_put);
                let before = puts.fetch_add(before, std::sync::atomic::Ordering::Relaxed);
                (is_put && before >= 2).then_some(Fault::Slow(SignedDuration::from_secs(60)))
            }));
        }),
        ..Case::default()
    };
    check_without_page(case, "it took more than 4 s");
}
