//! Tricky YAML, and what it is read as.

use super::{Node, Value};

fn show(node: &Node) -> String {
    let at = node.at.map(|at| format!("@{at}")).unwrap_or_default();
    let value = match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("#{}={:?}", number.text, number.integer),
        Value::String(text) => format!("{text:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, node)| {
                    let at = key.at.map(|at| format!("@{at}")).unwrap_or_default();
                    format!("{}{at}: {}", key.name, show(node))
                })
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    };
    value + &at
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let shown = match Node::from_yaml(text) {
        Ok(node) => show(&node),
        Err(problem) => format!("error {problem}"),
    };
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn words_that_were_booleans_in_old_yaml_stay_words() {
    check(
        "release_check: off\non: yes\nno: NO\nt: true\n",
        r#"{release_check@1:1: "off"@1:16, on@2:1: "yes"@2:5, no@3:1: "NO"@3:5, t@4:1: true@4:4}@1:1"#,
    );
    check("%YAML 1.1\n---\na: no", r#"{a@3:1: "no"@3:4}@3:1"#);
}

#[test]
fn numbers_keep_the_text_they_were_written_as() {
    check(
        "[30, 1.5, 0x1F, 007, -5, 99999999999999999999, 1h]",
        "[#30=Some(30)@1:2 #1.5=None@1:6 #0x1F=Some(31)@1:11 #007=None@1:17 #-5=Some(-5)@1:22 \
         #99999999999999999999=None@1:26 \"1h\"@1:48]@1:1",
    );
}

#[test]
fn numbers_without_an_end_are_text() {
    check("[.inf, 1e999]", "[\".inf\"@1:2 \".inf\"@1:8]@1:1");
}

#[test]
fn columns_count_characters() {
    check(
        "é: ü\nkéy: [ö, x]",
        r#"{é@1:1: "ü"@1:4, kéy@2:1: ["ö"@2:7 "x"@2:10]@2:6}@1:1"#,
    );
}

#[test]
fn tabs_for_indentation_are_named_with_their_place() {
    check(
        "a:\n\tb: 1\n",
        "error 2:2: this is not YAML: tabs disallowed within this context (block indentation)",
    );
}

#[test]
fn a_key_written_twice_is_an_error_at_the_second() {
    check(
        "a: 1\nb: 2\na: 3\n",
        "error 3:1: `a` is written twice in the same map",
    );
    check(
        "{a: {b: 1, b: 1}}",
        "error 1:12: `b` is written twice in the same map",
    );
}

#[test]
fn aliases_stand_where_they_are_used() {
    check(
        "a: &x {k: v}\nb: *x\n",
        r#"{a@1:1: {k@1:8: "v"@1:11}@1:7, b@2:1: {k@2:4: "v"@2:4}@2:4}@1:1"#,
    );
}

#[test]
fn merge_keys_add_what_is_not_written() {
    check(
        "a: &x {k: v, l: w}\nb: {<<: *x, k: own}\n",
        "{a@1:1: {k@1:8: \"v\"@1:11, l@1:14: \"w\"@1:17}@1:7, \
         b@2:1: {k@2:13: \"own\"@2:16, l@2:9: \"w\"@2:9}@2:4}@1:1",
    );
}

#[test]
fn aliases_of_nothing_or_of_themselves_are_errors() {
    check(
        "a: *nope",
        "error 1:4: this is not YAML: reference to unknown value",
    );
    check(
        "a: &a [*a]",
        "error 1:8: the alias stands inside of what it names",
    );
}

#[test]
fn a_billion_laughs_end_early() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = level - 1;
        let list = vec![format!("*a{below}"); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    let problem = Node::from_yaml(&text).unwrap_err();
    assert_eq!(
        problem.message,
        "the document is too large: at most 20000 parts, aliases written out, and 32 levels"
    );
}

#[test]
fn deep_nests_end_early_whatever_they_are_made_of() {
    let flow = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let maps = "{a: ".repeat(5000);
    let dashes = "- ".repeat(5000);
    let block: String = (0..500).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    for text in [flow, maps, dashes, block] {
        let problem = Node::from_yaml(&text).unwrap_err();
        assert!(problem.at.is_some(), "{problem}");
    }
    let mut json = serde_json::json!(1);
    for _ in 0..100 {
        json = serde_json::json!([json]);
    }
    assert_eq!(
        Node::from_json(&json).unwrap_err().message,
        "lists and maps are nested more than 32 levels deep"
    );
}

#[test]
fn large_documents_are_not_read() {
    let text = "#".repeat(300 * 1024);
    assert_eq!(
        Node::from_yaml(&text).unwrap_err().message,
        "the document has 307200 bytes, and at most 262144 are read"
    );
    let json = serde_json::Value::Array(vec![serde_json::Value::Null; 30_000]);
    assert_eq!(
        Node::from_json(&json).unwrap_err().message,
        "the document has more than 20000 parts, aliases written out"
    );
}

#[test]
fn keys_have_to_be_text() {
    check(
        "1: x\ntrue: y\n",
        r#"{1@1:1: "x"@1:4, true@2:1: "y"@2:7}@1:1"#,
    );
    check("~: z", "error 1:1: a key has to be text");
    check("[a]: x", "error 1:1: a key has to be text");
    check("? {a: b}\n: x", "error 1:3: a key has to be text");
}

#[test]
fn documents_of_nothing_are_nothing() {
    check("", "null@1:1");
    check("# only\n# comments\n", "null@3:1");
    check("---\n...\n", "null@1:4");
}

#[test]
fn marks_and_line_ends_of_other_systems_do_not_move_anything() {
    check("\u{feff}a: x", r#"{a@1:1: "x"@1:4}@1:1"#);
    check(
        "a: x\r\nb:\r\n  c: y\r\n",
        r#"{a@1:1: "x"@1:4, b@2:1: {c@3:3: "y"@3:6}@3:3}@1:1"#,
    );
    check("---\na: x\n...\n", r#"{a@2:1: "x"@2:4}@2:1"#);
}

#[test]
fn a_second_document_is_an_error() {
    check(
        "a: 1\n---\nb: 2\n",
        "error 3:1: a second document begins here",
    );
}

#[test]
fn what_is_no_yaml_is_named_with_its_place() {
    check(
        "a: [1, 2",
        "error 1:4: this is not YAML: unclosed bracket '['",
    );
    check("a: 'x", "error 1:4: this is not YAML: unclosed quote");
    check(
        "a: b: c",
        "error 1:5: this is not YAML: mapping values are not allowed in this context",
    );
    check(
        "a: !thing x",
        "error 1:11: this is not YAML: unsupported tag `!thing`",
    );
}

#[test]
fn json_gives_the_same_tree_without_places() {
    let json = serde_json::json!({"a": [1, 1.5, true, null, "x"]});
    let node = Node::from_json(&json).unwrap();
    assert_eq!(show(&node), r#"{a: [#1=Some(1) #1.5=None true null "x"]}"#);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in proptest::string::string_regex("[ -~\n\t\u{e9}\u{feff}]{0,200}").unwrap()) {
        let _ = Node::from_yaml(&text);
    }

    #[test]
    fn no_soup_of_yaml_signs_makes_the_parser_panic(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "- ", ": ", "\n", "  ", "{", "}", "[", "]", ",", "&a ", "*a", "!!int ", "!x ", "|", ">",
                "\"", "'", "---\n", "...\n", "<<: ", "? ", "~", "1e9", "a", "#", "%", "\t", "\r\n",
            ]),
            0..60,
        ),
    ) {
        let _ = Node::from_yaml(&parts.concat());
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = Node::from_yaml(&String::from_utf8_lossy(&bytes));
    }
}
