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
fn explore() {
    for text in [
        "a: 30\nb:\n  - x\n  - {c: 1.5, d: 0x1F, e: 007, f: 1_000}\ng:\nh: ''\n",
        "release_check: off\non: yes\nno: NO\nt: true\nT: True\n",
        "a:\n\tb: 1\n",
        "a: 1\nb: 2\na: 3\n",
        "11: 1\n0xB: 3\n",
        "a: &x {k: 1}\nb: *x\nc: {<<: *x, d: 2}\n",
        "a: *nope",
        "a: &a [*a]",
        "1: x\ntrue: y\n~: z\n",
        "[a]: x",
        "? {a: b}\n: x",
        "",
        "# only\n# comments\n",
        "\u{feff}a: 1",
        "a: 1\r\nb:\r\n  c: x\r\n",
        "a: 1\n---\nb: 2\n",
        "---\na: 1\n...\n",
        "a: 1\n...\n...\n",
        "a: [1, 2",
        "a: {b: 1",
        "a: 'x",
        "a: b: c",
        "a: !thing x",
        "a: !!str 30",
        "a: !!binary aGVsbG8=",
        "a: .inf\nb: 1e999\nc: 99999999999999999999\nd: -5\ne: -5m",
        "a: |\n  x\n  y\n",
        "%YAML 1.1\n---\na: no",
        "a: @x",
        "a: `x`",
        "- a\n b",
        "é: ü\nkéy: [ö, x]",
    ] {
        match Node::from_yaml(text) {
            Ok(node) => println!("{text:?}\n   {}", show(&node)),
            Err(problem) => println!("{text:?}\n   error {problem} / {:?}", problem.hint),
        }
    }
    check("", "");
}
