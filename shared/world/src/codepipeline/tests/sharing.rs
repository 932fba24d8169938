//! How releases share a pipeline, and what stopping one does.

use super::*;

/// Stages `one` and `two`, each deployed in 100 s. Nobody asks a function.
fn two_stages(mode: Mode) -> Bench {
    let bench = Bench::answering(every(30), |pipelines, job, _| {
        succeed(pipelines, job).unwrap();
    });
    let stages = vec![("one", vec![deploy(100)]), ("two", vec![deploy(100)])];
    bench.pipelines.define(pipeline(mode, stages)).unwrap();
    bench
}

impl Bench {
    fn start(&self) -> String {
        self.pipelines.start("checkout").unwrap()
    }

    /// Seconds since the beginning at which a release ended, and how.
    async fn end_of(&self, id: &str) -> (String, i64) {
        let day = std::time::Duration::from_secs(86_400);
        let finished = tokio::time::timeout(day, self.pipelines.finished(id)).await;
        let done = finished.expect("the release hangs").unwrap();
        let ended = done.ended.unwrap().duration_since(BEGIN).as_secs();
        (done.status, ended)
    }

    fn stop(&self, id: &str, abandon: bool) -> String {
        let input =
            json!({ "pipelineName": "checkout", "pipelineExecutionId": id, "abandon": abandon });
        code(ask(&self.pipelines, "StopPipelineExecution", &input))
    }
}

fn end(status: &str, second: i64) -> (String, i64) {
    (status.to_owned(), second)
}

#[tokio::test(start_paused = true)]
async fn a_newer_release_takes_the_place_of_one_that_waits() {
    let bench = two_stages(Mode::Superseded);
    let first = bench.start();
    bench.until(10).await;
    let second = bench.start();
    bench.until(20).await;
    let third = bench.start();
    assert_eq!(bench.end_of(&second).await, end("Superseded", 20));
    assert_eq!(bench.end_of(&first).await, end("Succeeded", 200));
    assert_eq!(bench.end_of(&third).await, end("Succeeded", 300));
}

#[tokio::test(start_paused = true)]
async fn queued_releases_wait_for_each_other_in_order() {
    let bench = two_stages(Mode::Queued);
    let ids: Vec<_> = (0..3).map(|_| bench.start()).collect();
    assert_eq!(bench.end_of(&ids[0]).await, end("Succeeded", 200));
    assert_eq!(bench.end_of(&ids[1]).await, end("Succeeded", 300));
    assert_eq!(bench.end_of(&ids[2]).await, end("Succeeded", 400));
}

#[tokio::test(start_paused = true)]
async fn parallel_releases_do_not_wait() {
    let bench = two_stages(Mode::Parallel);
    let ids: Vec<_> = (0..3).map(|_| bench.start()).collect();
    for id in &ids {
        assert_eq!(bench.end_of(id).await, end("Succeeded", 200));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_failed_is_free_for_the_next_release() {
    let bench = Bench::answering(every(30), |pipelines, job, number| {
        let answered = match number {
            0 => fail(pipelines, job),
            _ => succeed(pipelines, job),
        };
        answered.unwrap();
    });
    let stages = vec![("prod", vec![deploy(100), gate("bake", None)])];
    bench
        .pipelines
        .define(pipeline(Mode::Queued, stages))
        .unwrap();
    let (first, second) = (bench.start(), bench.start());
    assert_eq!(bench.end_of(&first).await, end("Failed", 100));
    assert_eq!(bench.end_of(&second).await, end("Succeeded", 200));
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_for_the_actions_that_run() {
    let bench = two_stages(Mode::Superseded);
    let id = bench.start();
    bench.until(10).await;
    assert_eq!(bench.stop(&id, false), "taken");
    assert_eq!(bench.status(&id), "Stopping");
    assert_eq!(bench.end_of(&id).await, end("Stopped", 100));
    let done = bench.pipelines.execution(&id).unwrap();
    assert_eq!(done.stages.len(), 1);
    assert_eq!(done.stages[0].actions[0].status, "Succeeded");
}

#[tokio::test(start_paused = true)]
async fn abandoning_ends_at_once_and_the_open_job_takes_no_answer() {
    let bench = Bench::answering(every(30), |_, _, _| {});
    bench.pipelines.define(one_gate(Mode::Superseded)).unwrap();
    let id = bench.start();
    bench.until(10).await;
    assert_eq!(bench.stop(&id, true), "taken");
    assert_eq!(bench.end_of(&id).await, end("Stopped", 10));
    bench.until(11).await;
    let done = bench.pipelines.execution(&id).unwrap();
    assert_eq!(the_gate(&done).status, "Abandoned");
    let late = succeed(&bench.pipelines, job(&bench.run(0)));
    assert_eq!(code(late), "InvalidJobStateException");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_abandoned_is_not_called_a_success() {
    let bench = two_stages(Mode::Superseded);
    let id = bench.start();
    bench.until(10).await;
    assert_eq!(bench.stop(&id, true), "taken");
    bench.until(500).await;
    let done = bench.pipelines.execution(&id).unwrap();
    assert_eq!(done.stages[0].status, "Stopped");
    assert_eq!(done.stages[0].actions[0].status, "Abandoned");
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_stage_is_free_for_the_next_release() {
    let bench = two_stages(Mode::Queued);
    let (first, second) = (bench.start(), bench.start());
    bench.until(10).await;
    assert_eq!(bench.stop(&first, true), "taken");
    assert_eq!(bench.end_of(&second).await, end("Succeeded", 210));
}

#[tokio::test(start_paused = true)]
async fn a_release_stopped_while_it_waits_ends_and_keeps_nobody_waiting() {
    for abandon in [false, true] {
        let bench = two_stages(Mode::Queued);
        let ids: Vec<_> = (0..3).map(|_| bench.start()).collect();
        bench.until(10).await;
        assert_eq!(bench.stop(&ids[1], abandon), "taken");
        assert_eq!(bench.end_of(&ids[1]).await, end("Stopped", 10));
        assert_eq!(bench.end_of(&ids[2]).await, end("Succeeded", 300));
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_stopped_while_it_waits_is_not_superseded_later() {
    let bench = two_stages(Mode::Superseded);
    let (_first, second) = (bench.start(), bench.start());
    bench.until(10).await;
    assert_eq!(bench.stop(&second, true), "taken");
    bench.until(20).await;
    let third = bench.start();
    assert_eq!(bench.end_of(&third).await, end("Succeeded", 300));
    assert_eq!(bench.end_of(&second).await, end("Stopped", 10));
}

#[tokio::test(start_paused = true)]
async fn a_release_that_ended_cannot_be_stopped() {
    let bench = two_stages(Mode::Superseded);
    let id = bench.start();
    bench.end_of(&id).await;
    assert_eq!(
        bench.stop(&id, true),
        "PipelineExecutionNotStoppableException"
    );
    bench.pipelines.stop_execution(&id, false);
    bench.pipelines.stop_execution(&id, true);
    assert_eq!(bench.end_of(&id).await, end("Succeeded", 200));
}

#[tokio::test(start_paused = true)]
async fn asking_twice_to_stop_is_refused_and_abandoning_after_stopping_is_not() {
    let bench = two_stages(Mode::Superseded);
    let id = bench.start();
    bench.until(10).await;
    assert_eq!(bench.stop(&id, false), "taken");
    assert_eq!(bench.stop(&id, false), "DuplicatedStopRequestException");
    assert_eq!(bench.stop(&id, true), "taken");
    assert_eq!(bench.end_of(&id).await, end("Stopped", 10));
}
