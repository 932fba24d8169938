//! `sluice test` and `sluice check` on the gate `validate`: the built binary
//! against a server on loopback.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use super::{sluice, sluice_with};

/// Answers every request with its own text, and 500 to `/down`. Gives its port.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap_or(0);
            let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
            let status = if request.contains("/down") {
                "500 Error"
            } else {
                "200 OK"
            };
            let length = request.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            // Whoever asked may be gone.
            let _ = stream.write_all(format!("{head}{request}").as_bytes());
        }
    });
    port
}

fn plan(tests: &str) -> String {
    format!(
        "service: checkout
stages:
  prod:
    gates:
      - validate:
          allow_addresses: [127.0.0.1]
          vars: {{ port: \"1\", token: {{ secret: \"arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf\", hosts: [127.0.0.1] }} }}
{tests}"
    )
}

const UP: &str = "          http: [{ name: up, get: \"http://127.0.0.1:${port}/\" }]\n";

#[test]
fn the_tests_of_a_plan_are_run_and_the_verdict_is_the_exit_code() {
    let port = format!("port={}", echo());
    for (tests, code, said) in [
        (UP.to_owned(), 0, "validate: pass"),
        (
            UP.replace(":${port}/", ":${port}/down"),
            1,
            "validate: fail",
        ),
        (
            UP.replace("${port}/", "${port}/${release.id}"),
            2,
            "give it with `--var release.id=VALUE`",
        ),
    ] {
        let plan = plan(&tests);
        let ran = sluice_with(
            plan.as_bytes(),
            &["test", "-", "--stage", "prod", "--var", &port],
        );
        assert_eq!(ran.code, code, "{} {}", ran.output, ran.errors);
        assert!(ran.output.contains(said), "{}", ran.output);
        assert!(ran.errors.contains(": up ("), "{}", ran.errors);
    }
}

#[test]
fn a_secret_is_given_as_a_file_and_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("token");
    std::fs::write(&secret, "pl4nted-s3cret\n").unwrap();
    let junit = folder.path().join("junit.xml");
    let plan = plan(
        "          http: [{ get: \"http://127.0.0.1:${port}/down\", headers: { x-key: \"${token}\" } }]
          codebuild: [{ project: smoke }]\n",
    );
    let port = format!("port={}", echo());
    let given = format!("token={}", secret.display());
    let path = junit.display().to_string();
    let arguments = [
        "test", "-", "--stage", "prod", "--var", &port, "--secret", &given, "--junit", &path,
        "--json",
    ];
    let ran = sluice_with(plan.as_bytes(), &arguments);
    assert_eq!(ran.code, 1, "{}", ran.errors);
    let xml = std::fs::read_to_string(&junit).unwrap();
    for text in [&ran.output, &ran.errors, &xml] {
        assert!(!text.contains("pl4nted"), "{text}");
    }
    let document: Value = serde_json::from_str(&ran.output).unwrap();
    let got = &document["gates"][0]["results"][0]["unmet"][0]["got"];
    assert!(got.as_str().unwrap().contains("x-key: [secret]"), "{got}");
    assert_eq!(document["gates"][0]["not_run"][0], "codebuild-1");
    assert!(xml.contains("failures=\"1\""), "{xml}");
}

#[test]
fn what_cannot_be_run_says_so() {
    let plan = plan(UP);
    for (arguments, code, said) in [
        (vec!["--stage", "prdo"], 3, "has no stage `prdo`"),
        (vec!["--stage", "prod", "--gate", "x"], 3, "has no gate `x`"),
        (
            vec!["--stage", "prod", "--var", "prot=1"],
            64,
            "the plan has no variable `prot`",
        ),
        (vec!["--stage", "prod", "--var", "port"], 64, "NAME=VALUE"),
    ] {
        let all = [vec!["test", "-"], arguments].concat();
        let ran = sluice_with(plan.as_bytes(), &all);
        assert_eq!(ran.code, code, "{}", ran.errors);
        assert!(ran.errors.contains(said), "{}", ran.errors);
    }
    let ran = sluice(&["test", "examples/checkout/sluice.yaml", "--stage", "prod"]);
    assert_eq!(ran.code, 3, "{}", ran.errors);
}

#[test]
fn an_error_in_an_expectation_points_at_its_line() {
    let plan = plan(
        "          http:
            - get: https://a.example/
              expect:
                body: { matches: \"a(b\" }
                json: [{ path: status, exists: true }]
                schema: { type: strnig }
                withn: 2s
",
    );
    let ran = sluice_with(plan.as_bytes(), &["check", "-", "--quiet"]);
    assert_eq!(ran.code, 3);
    for said in [
        "<stdin>:11:34: stages.prod.gates[0].validate.http[0].expect.body.matches: \
         `a(b` is not a regular expression: unclosed group",
        "<stdin>:12:32: stages.prod.gates[0].validate.http[0].expect.json[0].path: \
         `status` is not a JSONPath (RFC 9535):",
        "<stdin>:13:25: stages.prod.gates[0].validate.http[0].expect.schema: is not a JSON Schema:",
        "did you mean `within`?",
    ] {
        assert!(ran.output.contains(said), "{said}\n{}", ran.output);
    }
}

#[test]
fn the_settings_in_its_document_are_good() {
    let text = std::fs::read_to_string(super::root().join("docs/validate.md")).unwrap();
    // After the smallest plan, which is checked with those of the other gates.
    let mut plans = text.split("```yaml\n").skip(2);
    let (example, _) = plans.next().unwrap().split_once("```").unwrap();
    let ran = sluice_with(example.as_bytes(), &["check", "-"]);
    assert_eq!(ran.code, 0, "{}", ran.output);
    assert!(ran.output.contains("order: 51 requests"), "{}", ran.output);
}
