//! Results of tests in the XML that JUnit made common, for tools that show it.
//!
//! What could not be evaluated is an `error`, what failed a `failure`; what is
//! only reported says so in its name, because the format knows no such thing.

use sluice_core::validate::{TestResult, TestState};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// The results of gates, by their names, as JUnit XML.
pub fn junit(gates: &[(&str, &[TestResult])]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // A vector takes whatever is written.
    let _ = write(&mut writer, gates);
    let mut xml = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    xml.push('\n');
    xml
}

fn write(writer: &mut Writer<Vec<u8>>, gates: &[(&str, &[TestResult])]) -> std::io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.write_event(Event::Start(BytesStart::new("testsuites")))?;
    for (gate, results) in gates {
        suite(writer, gate, results)?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))
}

fn suite(writer: &mut Writer<Vec<u8>>, gate: &str, results: &[TestResult]) -> std::io::Result<()> {
    let count = |element| {
        let of_it = results
            .iter()
            .filter(|result| trouble(result.state) == element);
        of_it.count().to_string()
    };
    let tests = results.len().to_string();
    let (failures, errors) = (count(Some("failure")), count(Some("error")));
    let mut suite = BytesStart::new("testsuite");
    suite.push_attribute(("name", clean(gate).as_str()));
    suite.push_attribute(("tests", tests.as_str()));
    suite.push_attribute(("failures", failures.as_str()));
    suite.push_attribute(("errors", errors.as_str()));
    let all: u64 = results.iter().map(|result| result.took).sum();
    suite.push_attribute(("time", seconds(all).as_str()));
    writer.write_event(Event::Start(suite))?;
    for result in results {
        case(writer, gate, result)?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuite")))
}

fn case(writer: &mut Writer<Vec<u8>>, gate: &str, result: &TestResult) -> std::io::Result<()> {
    let mut case = BytesStart::new("testcase");
    let decides = if result.required {
        ""
    } else {
        " (only reported)"
    };
    let name = clean(&format!("{}{decides}", result.name));
    case.push_attribute(("name", name.as_str()));
    let class = clean(&format!("{gate}.{}", result.kind));
    case.push_attribute(("classname", class.as_str()));
    case.push_attribute(("time", seconds(result.took).as_str()));
    let Some(element) = trouble(result.state) else {
        return writer.write_event(Event::Empty(case));
    };
    writer.write_event(Event::Start(case))?;
    let link = result.link.iter().map(|link| format!("see {link}"));
    let said: Vec<String> = std::iter::once(result.said()).chain(link).collect();
    let detail = clean(&said.join("; "));
    let mut trouble = BytesStart::new(element);
    trouble.push_attribute(("message", detail.as_str()));
    writer.write_event(Event::Start(trouble))?;
    writer.write_event(Event::Text(BytesText::new(&detail)))?;
    writer.write_event(Event::End(BytesEnd::new(element)))?;
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

/// The element for how a test ended; one that has not ended is no failure of
/// what was tested.
fn trouble(state: TestState) -> Option<&'static str> {
    match state {
        TestState::Passed => None,
        TestState::Failed => Some("failure"),
        TestState::Unknown | TestState::Running => Some("error"),
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// What XML 1.0 has no way to write is left out.
fn clean(text: &str) -> String {
    let is_xml = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(is_xml).collect()
}

#[cfg(test)]
mod tests {
    use sluice_core::validate::Unmet;

    use super::*;

    fn result(name: &str, state: TestState) -> TestResult {
        TestResult {
            name: name.to_owned(),
            kind: "http".to_owned(),
            required: name != "extra",
            state,
            took: 1234,
            attempts: 1,
            unmet: Vec::from_iter((state == TestState::Failed).then(|| Unmet {
                what: "GET https://a.example/?a&b: status".to_owned(),
                got: "503 with the body `<b>\"no\"</b>\u{1}`".to_owned(),
                wanted: "2xx".to_owned(),
            })),
            detail: (state == TestState::Unknown).then(|| "no way".to_owned()),
            link: None,
        }
    }

    #[test]
    fn each_outcome_has_its_element_and_nothing_breaks_out_of_it() {
        let results = [
            result("health", TestState::Passed),
            result("order", TestState::Failed),
            result("extra", TestState::Unknown),
        ];
        assert_eq!(
            junit(&[("validate", &results)]),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="validate" tests="3" failures="1" errors="1" time="3.702">
    <testcase name="health" classname="validate.http" time="1.234"/>
    <testcase name="order" classname="validate.http" time="1.234">
      <failure message="GET https://a.example/?a&amp;b: status: got 503 with the body `&lt;b&gt;&quot;no&quot;&lt;/b&gt;`, wanted 2xx">GET https://a.example/?a&amp;b: status: got 503 with the body `&lt;b&gt;&quot;no&quot;&lt;/b&gt;`, wanted 2xx</failure>
    </testcase>
    <testcase name="extra (only reported)" classname="validate.http" time="1.234">
      <error message="no way">no way</error>
    </testcase>
  </testsuite>
</testsuites>
"#
        );
    }
}
