//! Makes a notice smaller, step by step, until what is made of it fits.

use sluice_core::notices::Notice;

use super::cut::cut;

/// What is left of a notice: characters of a text, entries of a list.
struct Left {
    text: usize,
    list: usize,
}

/// From hardly shortened to what fits anywhere.
const STEPS: [Left; 5] = [
    Left {
        text: 4_000,
        list: 50,
    },
    Left {
        text: 1_000,
        list: 20,
    },
    Left {
        text: 300,
        list: 10,
    },
    Left { text: 120, list: 3 },
    Left { text: 60, list: 1 },
];

/// An address that is longer is left out: one that is cut leads nowhere.
const ADDRESS_MAX: usize = 2_000;

const SHORTENED: &str = "this message is shortened: it was too long for this channel";

/// What `made` makes of the notice, or of the longest part of it that fits.
/// The least is given even if that does not fit.
pub(super) fn fitted<T>(
    notice: &Notice,
    mut make: impl FnMut(&Notice) -> T,
    fits: impl Fn(&T) -> bool,
) -> T {
    let mut made = make(notice);
    for left in &STEPS {
        if fits(&made) {
            break;
        }
        made = make(&shortened(notice, left));
    }
    made
}

fn shortened(notice: &Notice, left: &Left) -> Notice {
    let mut notice = notice.clone();
    text(&mut notice.reason, left);
    for short in [&mut notice.region, &mut notice.pipeline] {
        text(short, left);
    }
    for short in [
        &mut notice.stage,
        &mut notice.release,
        &mut notice.service,
        &mut notice.follows,
        &mut notice.started_by,
    ] {
        optional(short, left);
    }
    notice.deciding.truncate(left.list);
    for deciding in &mut notice.deciding {
        text(&mut deciding.gate, left);
        text(&mut deciding.kind, left);
        text(&mut deciding.reason, left);
        optional(&mut deciding.error, left);
        texts(&mut deciding.readings, left);
        address(&mut deciding.evidence);
        address(&mut deciding.page);
    }
    notice.changes.truncate(left.list);
    for change in &mut notice.changes {
        text(&mut change.source, left);
        text(&mut change.revision, left);
        optional(&mut change.summary, left);
        address(&mut change.url);
    }
    if let Some(outage) = &mut notice.outage {
        text(&mut outage.by, left);
        optional(&mut outage.mended_by, left);
    }
    links(&mut notice);
    texts(&mut notice.remarks, left);
    notice.remarks.insert(0, SHORTENED.to_owned());
    notice
}

fn links(notice: &mut Notice) {
    let links = &mut notice.links;
    for link in [
        &mut links.release,
        &mut links.evidence,
        &mut links.page,
        &mut links.log,
        &mut links.execution,
    ] {
        address(link);
    }
}

fn text(text: &mut String, left: &Left) {
    *text = cut(text, left.text);
}

fn optional(text: &mut Option<String>, left: &Left) {
    if let Some(own) = text {
        *own = cut(own, left.text);
    }
}

fn texts(texts: &mut Vec<String>, left: &Left) {
    texts.truncate(left.list);
    for own in texts {
        text(own, left);
    }
}

fn address(address: &mut Option<String>) {
    let too_long = |own: &String| own.len() > ADDRESS_MAX;
    if address.as_ref().is_some_and(too_long) {
        *address = None;
    }
}
