//! What templates may say, what they may not, and what stands there then.

use sluice_core::notices::Templates;

use super::super::{TEMPLATE_BYTES_MAX, TITLE_MAX, texts};
use super::notice;

fn with_text(template: &str) -> Templates {
    Templates {
        title: None,
        text: Some(template.to_owned()),
    }
}

#[track_caller]
fn gives(template: &str, expected: &str) {
    let texts = texts(&notice(), &with_text(template));
    assert_eq!(texts.remarks, Vec::<String>::new(), "{template}");
    let ending = "\n\nnote: one revision";
    let (text, _) = texts.text.split_once(ending).unwrap();
    assert_eq!(text, expected, "{template}");
}

/// The usual text is told, and why.
#[track_caller]
fn is_broken(template: &str, expected: &str) {
    let broken = texts(&notice(), &with_text(template));
    let usual = texts(&notice(), &Templates::default());
    let remark = format!("the template `text` is not used: {expected}");
    assert_eq!(broken.remarks, [remark.as_str()], "{template}");
    assert_eq!(broken.title, usual.title);
    assert!(broken.text.contains(&format!("note: {remark}")));
    assert!(
        broken
            .text
            .starts_with("alarm `checkout-5xx` was in ALARM\n")
    );
}

#[test]
fn a_template_says_what_stands_in_the_notice() {
    gives(
        "{{ pipeline }}/{{ stage }}: {{ kind }}",
        "checkout/prod: broken",
    );
    gives("{{ place }} {{ outage.failures }}", "checkout/prod 1");
    gives(
        "{% if service %}{{ service }}{% else %}no service{% endif %}",
        "no service",
    );
    gives(
        "{% if outage.failures > 1 %}again{% elif stage == 'prod' %}now{% endif %}",
        "now",
    );
    gives(
        "{% for own in deciding %}{{ own.gate|upper }}: {{ own.readings|join(', ') }}{% endfor %}",
        "BAKE: checkout-5xx: ALARM from 10:11 to 10:15",
    );
    gives(
        "{{ service|default('-', true) }} {{ changes|length }}",
        "- 1",
    );
    gives("{{ (changes|first).summary }}", "Round VAT up");
    gives(
        "*{{ usual.title }}*",
        "*checkout/prod is broken: gate `bake` failed*",
    );
    gives("{%- if lasted is none -%} not yet {%- endif -%}", "not yet");
    gives("100 % + 1 ~ [a]", "100 % + 1 ~ [a]");
    gives("{# nobody reads this #}read", "read");
}

#[test]
fn a_title_by_a_template_is_one_line_of_limited_length() {
    let templates = Templates {
        title: Some("{{ pipeline }}\n{{ reason }} {{ usual.text }}".to_owned()),
        text: None,
    };
    let title = texts(&notice(), &templates).title;
    assert!(
        title.starts_with("checkout alarm `checkout-5xx` was in ALARM alarm"),
        "{title}"
    );
    assert!(title.ends_with("..."), "{title}");
    assert_eq!(title.chars().count(), TITLE_MAX);
}

#[test]
fn a_broken_template_changes_nothing_and_says_so() {
    is_broken("{{ pipelin }}", "line 1: undefined value");
    is_broken("a\n{{ links.lag }}", "line 2: undefined value");
    is_broken(
        "{{ pipeline",
        "line 1: syntax error: unexpected end of input, expected end of variable block",
    );
    is_broken(
        "{{ pipeline|shout }}",
        "line 1: unknown filter: filter shout is unknown",
    );
    is_broken(
        "{{ range(9) }}",
        "line 1: unknown function: range is unknown",
    );
    is_broken(
        "{% if stage %}",
        "line 1: syntax error: unexpected end of input, expected end of block",
    );
    is_broken(
        "{% if service %}{{ service }}{% endif %}",
        "it gives no text",
    );
    is_broken(" ", "it gives no text");
    is_broken(
        &"x".repeat(TEMPLATE_BYTES_MAX + 1),
        "it is longer than 4096 bytes",
    );
}

#[test]
fn what_could_compute_without_end_is_no_template() {
    for (template, expected) in [
        ("{{ pipeline ~ pipeline }}", "`~`"),
        ("{{ pipeline + pipeline }}", "`+`"),
        ("{{ 'a' * 100000000 }}", "`*`"),
        ("{{ 2 ** 100 }}", "`**`"),
        ("{{ '%99999999d' % 1 }}", "`%`"),
        ("{% for a in [1, 2] %}{{ a }}{% endfor %}", "`[`"),
        ("{{ {'a': 1} }}", "`{`"),
    ] {
        is_broken(
            template,
            &format!("line 1: {expected} is no part of these templates"),
        );
    }
    for (template, word) in [
        ("{% set a = pipeline %}{{ a }}", "set"),
        ("{% with a = pipeline %}{{ a }}{% endwith %}", "with"),
        ("{%- macro a() %}{% endmacro %}{{ a() }}", "macro"),
        ("{%+ filter upper %}a{% endfilter %}", "filter"),
        ("{% include 'a' %}", "include"),
        ("{% autoescape true %}a{% endautoescape %}", "autoescape"),
    ] {
        is_broken(
            template,
            &format!("line 1: `{word}` is no statement of these templates"),
        );
    }
}

#[test]
fn a_text_is_not_joined_for_it_would_grow_again_and_again() {
    let grows = format!("{{{{ pipeline{} }}}}", "|join('0123456789')".repeat(10));
    is_broken(&grows, "line 1: invalid operation: only a list is joined");
}

#[test]
fn a_template_that_runs_for_long_is_stopped() {
    let mut notice = notice();
    notice.remarks = vec!["a".to_owned(); 100];
    let depth = 10;
    let template = format!(
        "{}{}",
        "{% for a in remarks %}".repeat(depth),
        "{% endfor %}".repeat(depth)
    );
    let texts = texts(&notice, &with_text(&template));
    assert_eq!(
        texts.remarks,
        ["the template `text` is not used: line 1: engine ran out of fuel"]
    );
}

#[test]
fn a_template_that_says_too_much_is_cut() {
    let mut notice = notice();
    notice.remarks = vec!["ä".repeat(1_000); 100];
    let template = "{% for a in remarks %}{{ a }}\n{% endfor %}";
    let texts = texts(&notice, &with_text(template));
    assert_eq!(texts.remarks, Vec::<String>::new());
    let own = texts.own.unwrap();
    assert!(own.ends_with("ä..."), "{}", &own[own.len() - 10..]);
    assert!(own.len() < 17_000);
}

#[test]
fn no_template_overflows_the_stack() {
    for (open, close) in [("(", ")"), ("not ", ""), ("", ".a"), ("", "|upper")] {
        let template = format!(
            "{{{{ {}pipeline{} }}}}",
            open.repeat(500),
            close.repeat(500)
        );
        is_broken(&template, "line 1: the expression is too long");
    }
    let nested = format!(
        "{}{}",
        "{% if stage %}".repeat(150),
        "{% endif %}".repeat(100)
    );
    let texts = texts(&notice(), &with_text(&nested));
    assert_eq!(texts.remarks.len(), 1, "{texts:?}");
}
