//! `sluice judge` on two files: verdicts, exit codes, what is printed.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::{Ran, sluice};

/// So many minutes from noon on.
pub(super) const MINUTES: usize = 60;

/// A folder with two files, and a run of the command on them.
pub(super) struct Files {
    pub(super) folder: TempDir,
}

impl Files {
    pub(super) fn new(baseline: &str, canary: &str) -> Files {
        let files = Files {
            folder: tempfile::tempdir().unwrap(),
        };
        files.write("baseline.csv", baseline);
        files.write("canary.csv", canary);
        files
    }

    pub(super) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self.path(name)
    }

    pub(super) fn path(&self, name: &str) -> String {
        let path: &Path = self.folder.path();
        path.join(name).to_str().unwrap().to_owned()
    }

    pub(super) fn judge(&self, more: &[&str]) -> Ran {
        let (baseline, canary) = (self.path("baseline.csv"), self.path("canary.csv"));
        let mut arguments = vec!["judge", &baseline, &canary];
        arguments.extend(more);
        sluice(&arguments)
    }

    pub(super) fn document(&self, more: &[&str]) -> Value {
        let mut arguments = vec!["--json"];
        arguments.extend(more);
        let ran = self.judge(&arguments);
        serde_json::from_str(&ran.output).unwrap_or_else(|_| panic!("{}{}", ran.output, ran.errors))
    }

    #[track_caller]
    pub(super) fn check(&self, more: &[&str], code: i32, says: &str) {
        let ran = self.judge(more);
        assert_eq!(ran.code, code, "{}{}", ran.output, ran.errors);
        let said = format!("{}{}", ran.output, ran.errors);
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(says), "{words}");
    }
}

/// Numbers around 0 between -1 and 1, the same each time, of no pattern that
/// repeats within a few minutes.
fn noise(minute: usize, seed: usize) -> f64 {
    let mixed = ((minute * 7919 + seed * 104_729) * 2_654_435_761) % 1_000_003;
    f64::from(u32::try_from(mixed).unwrap()) / 500_001.5 - 1.0
}

fn time(minute: usize) -> String {
    format!("2026-03-01T{:02}:{:02}:00Z", 12 + minute / 60, minute % 60)
}

/// Values around `level`.
pub(super) fn series(level: f64, seed: usize) -> String {
    let lines = (0..MINUTES).map(|minute| {
        let value = level * (1.0 + 0.1 * noise(minute, seed));
        format!("{},{value:.3}\n", time(minute))
    });
    format!("timestamp,value\n{}", lines.collect::<String>())
}

/// Around `events` of 1000 requests a minute.
pub(super) fn counts(events: f64, seed: usize) -> String {
    let lines = (0..MINUTES).map(|minute| {
        let count = (events * (1.0 + 0.5 * noise(minute, seed))).round();
        format!("{},{count},1000\n", time(minute))
    });
    format!("timestamp,count,total\n{}", lines.collect::<String>())
}

#[test]
fn an_equal_canary_passes_by_either_method() {
    let files = Files::new(&series(120.0, 1), &series(120.0, 2));
    files.check(&[], 0, "pass: safe after");
    files.check(&["--method", "kayenta"], 0, "pass: Pass");
    let files = Files::new(&counts(5.0, 1), &counts(5.0, 2));
    files.check(&[], 0, "proven not worse than allowed");
    files.check(
        &["--method", "kayenta"],
        0,
        "The canary is neither high nor low",
    );
}

#[test]
fn a_much_worse_canary_fails_by_either_method() {
    let files = Files::new(&series(120.0, 1), &series(200.0, 2));
    files.check(&[], 1, "fail: harm after");
    files.check(&["--method", "kayenta"], 1, "fail: High");
    let files = Files::new(&counts(5.0, 1), &counts(30.0, 2));
    files.check(&[], 1, "proven worse than allowed");
    files.check(&["--method", "kayenta"], 1, "The canary is higher");
}

#[test]
fn a_canary_at_the_tolerance_is_inconclusive_and_says_what_could_have_been_found() {
    let files = Files::new(&series(100.0, 1), &series(125.0, 2));
    files.check(&[], 2, "inconclusive: nothing is proven after 60 periods");
    files.check(&[], 2, "would by now have been called harm");
}

#[test]
fn files_that_end_before_a_decision_are_inconclusive() {
    let first = |text: String| {
        text.lines()
            .take(4)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let files = Files::new(&first(series(100.0, 1)), &first(series(100.0, 2)));
    files.check(
        &[],
        2,
        "The files end after 3 periods, before the horizon of 60",
    );
    assert_eq!(files.document(&[])["stopping_index"], Value::Null);
}

#[test]
fn where_lower_is_worse_a_fall_fails_and_a_rise_passes() {
    let files = Files::new(&series(120.0, 1), &series(60.0, 2));
    files.check(&["--worse", "lower"], 1, "at least 0.80x is allowed");
    files.check(&["--worse", "higher"], 0, "pass");
    let kayenta = ["--method", "kayenta", "--worse"];
    files.check(&[kayenta.as_slice(), &["lower"]].concat(), 1, "fail: Low");
    files.check(&[kayenta.as_slice(), &["higher"]].concat(), 0, "pass");
}

#[test]
fn json_has_the_documented_fields_of_the_sequential_judge() {
    let files = Files::new(&counts(5.0, 1), &counts(30.0, 2));
    let document = files.document(&["--tolerance", "50%"]);
    assert_eq!(document["method"], "sequential");
    assert_eq!(document["verdict"], "fail");
    assert_eq!(document["decision"], "harm");
    assert_eq!(document["reason"], "worse_than_tolerance");
    assert_eq!(document["allowed"], 1.5);
    assert_eq!(document["plan"]["metrics"][0]["tolerance"], "50%");
    assert_eq!(document["stopping_index"], document["n"]);
    let number = |name: &str| document[name].as_f64().unwrap();
    assert!(number("log_e_harm") >= number("log_e_harm_needed"));
    assert!(number("log_e_safe") < number("log_e_safe_needed"));
    assert!(number("ratio") > 3.0 && number("ratio") == number("estimate"));
    assert!((number("effect_size") - (number("ratio") - 1.0)).abs() < 1e-9);
    assert!(document["interval"]["lower"].as_f64().unwrap() > 1.5);
    assert!(number("smallest_detectable") > 1.5);
    assert!(
        document["why"]
            .as_str()
            .unwrap()
            .starts_with("The canary is proven")
    );
}

#[test]
fn json_has_the_documented_fields_of_kayentas_judge() {
    let files = Files::new(&series(120.0, 1), &series(200.0, 2));
    let document = files.document(&["--method", "kayenta"]);
    assert_eq!(document["method"], "kayenta");
    assert_eq!(document["verdict"], "fail");
    assert_eq!(document["classification"], "High");
    assert_eq!(document["n"], 60);
    for absent in ["stopping_index", "log_e_harm", "log_e_safe"] {
        assert_eq!(document[absent], Value::Null);
    }
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((number(&document["estimate"]) - 80.0).abs() < 8.0);
    assert!(number(&document["interval"]["lower"]) > number(&document["allowed"]));
    assert!((number(&document["effect_size"]) - 1.67).abs() < 0.1);
    assert!((number(&document["ratio"]) - 1.67).abs() < 0.1);
}

#[test]
fn what_is_printed_to_a_pipe_has_no_colours_and_fits_a_terminal() {
    let files = Files::new(&series(120.0, 1), &series(200.0, 2));
    for method in ["sequential", "kayenta"] {
        let ran = files.judge(&["--method", method]);
        assert!(!ran.output.contains('\u{1b}'), "{}", ran.output);
        for line in ran.output.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for part in ["baseline │", "canary │", "├", "●", "┤"] {
            assert!(ran.output.contains(part), "{part}: {}", ran.output);
        }
    }
}

#[test]
fn both_forms_of_time_are_the_same_and_the_order_of_lines_does_not_matter() {
    let canary = series(121.0, 2);
    let other: String = canary.replace('T', " ").replace('Z', "");
    let mut lines: Vec<&str> = other.lines().collect();
    lines[1..].reverse();
    let plain = Files::new(&series(120.0, 1), &canary);
    let turned = Files::new(&series(120.0, 1), &lines.join("\r\n"));
    assert_eq!(plain.document(&[]), turned.document(&[]));
}

#[test]
fn the_example_in_the_documents_is_what_the_command_prints() {
    let (baseline, canary) = ("examples/judge/baseline.csv", "examples/judge/canary.csv");
    let ran = sluice(&["judge", baseline, canary]);
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/judge.md");
    let text = std::fs::read_to_string(document).unwrap();
    let example = format!(
        "$ sluice judge {baseline} {canary}\n{}$ echo $?\n",
        ran.output
    );
    assert_eq!(ran.code, 1);
    assert!(text.contains(&example), "{}", ran.output);
}

#[test]
fn a_page_is_written_about_the_files_where_that_is_asked_for() {
    let files = Files::new(&series(0.2, 1), &series(0.4, 2));
    let page = files.path("pages/page.html");
    files.check(&["--html", &page], 1, "fail: harm");
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("<title>fail: canary compared with its baseline</title>"));
    assert!(text.contains("id=\"evidence-all\"") && text.contains("id=\"series-0\""));
    assert!(!text.contains("<script") && !text.contains("href="));
}

#[test]
fn a_page_that_cannot_be_written_is_no_verdict() {
    let files = Files::new(&series(0.2, 1), &series(0.2, 2));
    let folder = files.folder.path().to_str().unwrap();
    files.check(&["--html", folder], 3, "cannot be written");
}

#[test]
fn kayentas_method_writes_no_page() {
    let files = Files::new(&series(0.2, 1), &series(0.2, 2));
    let page = files.path("page.html");
    let more = ["--method", "kayenta", "--html", &page];
    files.check(&more, 64, "`--html` says nothing to `--method kayenta`");
}
