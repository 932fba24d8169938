//! The page about the evidence of every row: it holds the evidence, leads
//! nowhere, and says in text what it shows.

use serde_json::{Value, json};
use sluice_core::evidence::Evidence;
use sluice_host::page;
use sluice_report::text;

use super::replayed::{FIRED, QUIET, all, changed, row};

/// What stands between two marks, for each time that the first is there.
fn between<'a>(page: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let parts = page.split(from).skip(1);
    parts.map(|rest| rest.split(to).next().unwrap()).collect()
}

/// The JSON that people can copy out of a page.
fn raw(page: &str) -> Value {
    let block = page.split("<pre id=\"evidence\"").nth(1).unwrap();
    let block = block.split_once('>').unwrap().1;
    let block = block.split("</pre>").next().unwrap();
    serde_json::from_str(&block.replace("&quot;", "\"")).unwrap()
}

/// Fails if anything in the page could make a browser ask for something, or
/// run something.
#[track_caller]
fn check_stands_alone(page: &str, name: &str) {
    for word in [
        "<script", "<link", "<img", "<iframe", "<a ", "@import", " src=", " href=", " onload=",
    ] {
        assert!(!page.contains(word), "{name}: {word}");
    }
    for inside in between(page, "url(", ")") {
        assert!(inside.starts_with('#'), "{name}: url({inside})");
    }
    let style = between(page, "<style>", "</style>");
    assert_eq!(style.len(), 1);
    assert!(!style[0].contains("//"), "{name}");
}

#[test]
fn the_page_of_every_row_holds_its_evidence_and_stands_alone() {
    for (name, evidence) in all() {
        let page = page(&evidence);
        assert_eq!(
            raw(&page),
            serde_json::to_value(&evidence).unwrap(),
            "{name}"
        );
        check_stands_alone(&page, name);
    }
}

#[test]
fn the_page_of_every_row_says_verdict_and_reason_in_its_title_and_heading() {
    for (name, evidence) in all() {
        let word = evidence.verdict.map_or("gate error", |own| own.word());
        let page = page(&evidence);
        let title = between(&page, "<title>", "</title>")[0];
        assert!(title.starts_with(&format!("{word}: ")), "{name}: {title}");
        let heading = between(&page, "<h1>", "</h1>")[0];
        assert!(
            heading.contains(&format!(" {word}</span>")),
            "{name}: {heading}"
        );
        if let Some(reason) = &evidence.reason {
            assert!(
                page.contains(&format!("<code>{}</code>", reason.code)),
                "{name}"
            );
        }
        assert!(text(&evidence).contains(&format!(": {word}: ")), "{name}");
    }
}

#[test]
fn every_picture_has_a_title_or_a_label() {
    for (name, evidence) in all() {
        let page = page(&evidence);
        for picture in between(&page, "<svg", "</svg>") {
            let (opening, inside) = picture.split_once('>').unwrap();
            if opening.contains(" aria-hidden=\"true\"") {
                continue;
            }
            assert!(opening.contains(" role=\"img\""), "{name}: {opening}");
            let labelled = between(opening, "aria-labelledby=\"", "\"");
            let has_title = labelled
                .first()
                .is_some_and(|id| inside.contains(&format!("<title id=\"{id}\">")));
            assert!(
                has_title || opening.contains("aria-label=\""),
                "{name}: {opening}"
            );
        }
    }
}

#[test]
fn headings_go_down_one_by_one_and_no_id_is_there_twice() {
    for (name, evidence) in all() {
        let page = page(&evidence);
        let mut level = 0;
        for (index, _) in page.match_indices("<h") {
            let Some(next) = page[index + 2..]
                .chars()
                .next()
                .and_then(|own| own.to_digit(10))
            else {
                continue;
            };
            assert!(next <= level + 1, "{name}: h{next} after h{level}");
            level = next;
        }
        let mut ids = between(&page, " id=\"", "\"");
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}");
    }
}

/// The exact values of `data` elements in a part of the page.
fn values(part: &str) -> Vec<f64> {
    between(part, "<data value=\"", "\"")
        .iter()
        .map(|own| own.parse().unwrap())
        .collect()
}

#[test]
fn the_numbers_in_the_page_are_those_of_the_evidence() {
    let evidence = row(QUIET);
    let page = page(&evidence);
    let counts = evidence.facts.pointer("/traffic/counted/counts").unwrap();
    let counts: Vec<f64> = counts
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["count"].as_f64().unwrap())
        .collect();
    let table = page
        .split("Requests in each period</caption>")
        .nth(1)
        .unwrap();
    let table = table.split("</table>").next().unwrap();
    assert_eq!(values(table), counts);
    let traffic = page.split("<h2 id=\"traffic\">").nth(1).unwrap();
    let traffic = traffic.split("</section>").next().unwrap();
    let least = evidence
        .settings
        .pointer("/bake/traffic/at_least")
        .unwrap()
        .as_f64()
        .unwrap();
    assert_eq!(values(traffic), [counts.iter().sum::<f64>(), least]);
}

#[test]
fn the_transitions_in_the_page_are_those_of_the_evidence() {
    let evidence = row(FIRED);
    let page = page(&evidence);
    let history = evidence.facts.pointer("/alarms/0/history/read").unwrap();
    let table = page.split("histories</caption>").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let shown = between(table, "<time datetime=\"", "\"");
    let moments: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["at"].as_str().unwrap())
        .collect();
    assert_eq!(shown, moments);
    assert!(page.contains("class=\"state alarm\""));
    assert!(page.contains("<title id=\"alarm-0\">States of alarm `errors`: ALARM for 3m, OK for "));
    assert!(page.contains("class=\"mark decided\""));
}

/// Evidence in which every name is an attempt to break out of the page.
fn hostile() -> Evidence {
    const NAME: &str = "</pre></script><script>alert('x')</script><!-- \" ' & \u{2028} `";
    changed(&row(FIRED), |own| {
        own["pipeline"] = json!(NAME);
        own["of"] = json!({ "release": NAME, "stage": NAME, "gate": NAME });
        own["remarks"] = json!([NAME]);
        own["reason"]["seen"] = json!(NAME);
        own["settings"]["bake"]["name"] = json!(NAME);
        for place in ["/begun/alarms/0", "/facts/alarms/0/present"] {
            own.pointer_mut(place).unwrap()["name"] = json!(NAME);
            own.pointer_mut(place).unwrap()["evaluation"] = json!(NAME);
        }
        *own.pointer_mut("/facts/alarms/0/history/read/0/new")
            .unwrap() = json!(NAME);
        *own.pointer_mut("/facts/alarms/0/history/read/1/old")
            .unwrap() = json!(NAME);
    })
}

#[test]
fn hostile_names_stay_text() {
    let evidence = hostile();
    let page = page(&evidence);
    check_stands_alone(&page, "hostile");
    assert!(!page.contains("<!--"));
    assert!(page.contains("&lt;script&gt;"));
    assert_eq!(
        page.matches("</pre>").count(),
        2,
        "that of the command and that of the JSON"
    );
    assert_eq!(raw(&page), serde_json::to_value(&evidence).unwrap());
    let json = page.split("<pre id=\"evidence\"").nth(1).unwrap();
    assert!(!json.split("</pre>").next().unwrap().contains('\u{2028}'));
}

#[test]
fn long_tables_are_cut_and_say_so() {
    let many = changed(&row(FIRED), |own| {
        let remarks: Vec<String> = (0..500).map(|index| format!("remark {index}.")).collect();
        own["remarks"] = json!(remarks);
        let history = own.pointer_mut("/facts/alarms/0/history/read").unwrap();
        let first = history[0].clone();
        let second = history[1].clone();
        *history = (0..1000)
            .flat_map(|_| [first.clone(), second.clone()])
            .collect();
    });
    let page = page(&many);
    assert!(page.contains("50 of 500 are shown"));
    assert!(page.contains("200 of 2000 rows are shown"));
    assert_eq!(
        page.matches("remark 49.").count(),
        2,
        "in the list and in the JSON"
    );
    assert_eq!(page.matches("remark 50.").count(), 1, "in the JSON only");
}

#[test]
fn a_page_is_made_of_evidence_that_holds_nothing() {
    for part in ["begun", "facts", "settings", "memory"] {
        let nothing = changed(&row(FIRED), |own| own[part] = Value::Null);
        let page = page(&nothing);
        assert!(page.contains("FiredAndRecovered"), "{part}");
        check_stands_alone(&page, part);
    }
}

#[test]
fn the_page_of_every_row_says_whether_its_verdict_came_out_again() {
    for (name, evidence) in all() {
        let page = page(&evidence);
        let said = page.split("id=\"replay\"").nth(1).unwrap();
        let expected = match evidence.verdict {
            Some(_) => "When this page was made, it agreed.",
            None => "When this page was made: there is no verdict to compute again",
        };
        assert!(said.contains(expected), "{name}");
    }
}

#[test]
fn a_page_of_evidence_that_does_not_give_its_verdict_says_so_on_top() {
    let warning = "This evidence does not give this verdict.";
    let fired = row(FIRED);
    assert!(!page(&fired).contains(warning));
    let page = page(&changed(&fired, |own| own["verdict"] = json!("pass")));
    let top = page.split("<h2").next().unwrap();
    assert!(top.contains(warning));
}
