//! `sluice world`: what it says at its start, at its end, and when it cannot
//! serve.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::{binary, root, sluice};

const SCENARIO: &str = "\
about: a scenario with a line about it that is so long that it does not fit on one
";

/// A folder with a scenario and a plan in it.
pub(super) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("scenario.yaml"), SCENARIO).unwrap();
    folder
}

pub(super) fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// A world that listens, and its output so far unread.
pub(super) struct Served {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Served {
    pub(super) fn start(arguments: &[&str]) -> Served {
        let mut child = Command::new(binary())
            .args(["world", "--port", "0"])
            .args(arguments)
            .current_dir(root())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Served { child, output }
    }

    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// The id of the next job that waits for an answer, told as JSON.
    pub(super) fn job(&mut self) -> String {
        loop {
            let line = self.line();
            let told: Value = serde_json::from_str(&line).unwrap();
            if told["event"] == "job" {
                return told["job"].as_str().unwrap().to_owned();
            }
        }
    }

    /// Ends it as Ctrl-C does; its code, and what it printed since.
    pub(super) fn interrupt(&mut self) -> (i32, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(sent.success());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code().unwrap(), rest)
    }
}

impl Drop for Served {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn its_guide_fits_80_columns_and_ctrl_c_ends_it_with_the_calls() {
    let folder = folder();
    let mut served = Served::start(&["--scenario", &path(folder.path(), "scenario.yaml")]);
    let mut guide = served.line();
    while !guide.ends_with("\n\n") || !guide.contains("boto3") {
        let line = served.line();
        assert_ne!(line, "", "it ended after:\n{guide}");
        guide.push_str(&line);
    }
    let (_, url) = guide.split_once("listens at ").unwrap();
    let url = url.split_once(": ").unwrap().0;
    for part in [
        &format!("export AWS_ENDPOINT_URL={url}\n"),
        "AWS_REGION=us-east-1",
        "AWS_ACCESS_KEY_ID=AKIAFUNCTION0000000 AWS_SECRET_ACCESS_KEY=simulated\n",
        "aws cloudwatch describe-alarms",
        "boto3.client(\"cloudwatch\")",
    ] {
        assert!(guide.contains(part), "no `{part}` in:\n{guide}");
    }
    let (code, rest) = served.interrupt();
    assert_eq!((code, rest.as_str()), (0, "\nno AWS calls\n"));
    for line in guide.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

pub(super) const PLAN: &str = "\
service: checkout
stages: { prod: { gates: [ { clear: { alarms: [a] } } ] } }
";

/// Asks CodePipeline as a client would; what it answers, with its head.
fn asked(url: &str, operation: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nhost: world\r\nconnection: close\r\n\
        authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260303/us-east-1/codepipeline/aws4_request\r\n\
        x-amz-target: CodePipeline_20150709.{operation}\r\n\
        content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The same, for an answer that has to be good.
pub(super) fn call(url: &str, operation: &str, body: &Value) -> Value {
    let answer = asked(url, operation, &body.to_string());
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body.trim()).unwrap_or(Value::Null)
}

/// Where a world listens that prints JSON.
pub(super) fn url_of(served: &mut Served) -> String {
    let first: Value = serde_json::from_str(&served.line()).unwrap();
    first["url"].as_str().unwrap().to_owned()
}

#[test]
fn without_functions_the_ids_of_jobs_are_told_to_whoever_reads() {
    let folder = folder();
    let (scenario, plan) = (
        path(folder.path(), "scenario.yaml"),
        path(folder.path(), "p.yaml"),
    );
    std::fs::write(&plan, PLAN).unwrap();
    let mut served = Served::start(&["--scenario", &scenario, "--plan", &plan]);
    let heading = served.line();
    let (_, url) = heading.split_once("listens at ").unwrap();
    let answer = asked(
        url.split_once(": ").unwrap().0,
        "StartPipelineExecution",
        "{\"name\":\"checkout\"}",
    );
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let mut lines = Vec::new();
    while !lines
        .last()
        .is_some_and(|line: &String| line.contains("waits for an answer"))
    {
        lines.push(served.line());
        assert_ne!(lines.last().unwrap(), "", "it ended after:\n{lines:#?}");
    }
    assert!(lines.iter().any(|line| line.contains("release begins")));
    let (code, rest) = served.interrupt();
    assert_eq!(code, 0);
    assert!(
        rest.contains("       1  codepipeline:StartPipelineExecution\n"),
        "{rest}"
    );
    for line in lines.iter().flat_map(|line| line.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn as_json_each_line_is_a_document() {
    let folder = folder();
    let scenario = path(folder.path(), "scenario.yaml");
    let mut served = Served::start(&["--json", "--scenario", &scenario]);
    let first: Value = serde_json::from_str(&served.line()).unwrap();
    assert_eq!(first["event"], "listening");
    assert_eq!(first["region"], "us-east-1");
    let url = first["url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let (code, rest) = served.interrupt();
    let last: Value = serde_json::from_str(&rest).unwrap();
    assert_eq!((code, &last["event"]), (0, &Value::from("ended")));
    assert_eq!(last["calls"], serde_json::json!({}));
}

#[track_caller]
fn check_refused(arguments: &[&str], code: i32, parts: &[&str]) {
    let ran = sluice(&[&["world"], arguments].concat());
    assert_eq!(
        (ran.code, ran.output.as_str()),
        (code, ""),
        "{}",
        ran.errors
    );
    for part in parts {
        assert!(ran.errors.contains(part), "no `{part}` in:\n{}", ran.errors);
    }
    // Of the other messages some are clap's, and some have a path in them.
    if code == 3 && !ran.errors.contains(".yaml") {
        let fits = |line: &str| line.chars().count() <= 80;
        assert!(ran.errors.lines().all(fits), "{}", ran.errors);
    }
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = folder();
    let scenario = path(folder.path(), "scenario.yaml");
    let in_use = format!("port {port} of 127.0.0.1 is in use");
    let arguments = ["--scenario", &scenario, "--port", &port];
    check_refused(&arguments, 3, &[&in_use, "`--port 0` picks one"]);
}

#[test]
fn a_scenario_or_plan_that_cannot_be_used_is_named() {
    let folder = folder();
    let broken = path(folder.path(), "broken.yaml");
    std::fs::write(&broken, "about: a\nalarmss: []\n").unwrap();
    check_refused(&["--scenario", &broken], 3, &["broken.yaml:2", "alarmss"]);
    let scenario = path(folder.path(), "scenario.yaml");
    let missing = path(folder.path(), "no-plan.yaml");
    let arguments = ["--scenario", &scenario, "--plan", &missing];
    check_refused(&arguments, 3, &["there is no such file"]);
}

#[test]
fn a_release_needs_a_plan_and_functions_that_listen() {
    let folder = folder();
    let scenario = path(folder.path(), "scenario.yaml");
    let release = ["--scenario", &scenario, "--port", "0", "--release"];
    check_refused(&release, 64, &["--plan <FILE>", "--functions <URL>"]);
    let plan = "examples/checkout/sluice.yaml";
    let planned = [&release[..], &["--plan", plan]].concat();
    check_refused(&planned, 64, &["--functions <URL>"]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let started = [&planned[..], &["--functions", &url]].concat();
    let why = format!("nothing listens at {url}");
    check_refused(&started, 3, &[&why, "cargo lambda watch"]);
}

#[test]
fn an_address_of_functions_that_is_none_is_wrong_usage() {
    let arguments = ["--scenario", "s", "--functions", "127.0.0.1:9000"];
    check_refused(&arguments, 64, &["http://127.0.0.1:9000"]);
}
