//! The table as text.

use jiff::Timestamp;

use super::Row;
use crate::lines::folded;
use crate::region::{ago, short};

/// Widest cells in a terminal; in a pipe nothing is cut.
const WIDTHS_MAX: [usize; 6] = [20, 13, 10, 8, 8, 11];

/// The table, with what an action says under its row. In a pipe nothing is
/// cut and each text is on one line.
pub(super) fn text(rows: &[&Row], now: Timestamp, cut: bool, terminal: bool) -> String {
    if rows.is_empty() {
        return "no pipelines\n".to_owned();
    }
    let head = ["PIPELINE", "STAGE", "STATE", "RELEASE", "SINCE", "BY"].map(str::to_owned);
    let mut cells = vec![head];
    cells.extend(rows.iter().map(|row| row_cells(row, now)));
    if terminal {
        for row in &mut cells {
            for (cell, most) in row.iter_mut().zip(WIDTHS_MAX) {
                *cell = shortened(cell, most);
            }
        }
    }
    let width = |column: usize| {
        let all = cells.iter().map(|row| row[column].chars().count());
        all.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..WIDTHS_MAX.len()).map(width).collect();
    let line = |row: &[String; 6]| {
        let padded = row.iter().zip(&widths);
        let padded: Vec<String> = padded
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&cells[0])];
    for (row, cells) in rows.iter().zip(&cells[1..]) {
        lines.push(line(cells));
        lines.extend(says(row, terminal));
    }
    if cut {
        lines.push("there are more pipelines than are read: name some".to_owned());
    }
    lines.join("\n") + "\n"
}

fn row_cells(row: &Row, now: Timestamp) -> [String; 6] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        row.pipeline.clone(),
        row.stage.clone(),
        row.state.clone().unwrap_or_else(|| "never ran".to_owned()),
        or_dash(row.release.as_deref().map(short)),
        or_dash(row.since.map(|since| ago(since, now))),
        or_dash(row.by.clone()),
    ]
}

/// What the action says, unless all went well.
fn says(row: &Row, folds: bool) -> Option<String> {
    if row.state.as_deref() == Some("Succeeded") {
        return None;
    }
    let action = row.action.as_deref()?;
    let says = row.says.as_deref().unwrap_or("says nothing");
    let one_line = says.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = format!("{action}: {one_line}");
    Some(if folds {
        folded(&text, "  ", "    ")
    } else {
        format!("  {text}")
    })
}

/// A text that fits, with a mark where it was cut.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::{Row, text};

    /// Minutes after the epoch, of which `now` is the hundredth.
    fn at(minutes: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(minutes * 60).expect("a moment")
    }

    fn row(pipeline: &str, stage: &str, state: &str, says: &str) -> Row {
        Row {
            pipeline: pipeline.to_owned(),
            stage: stage.to_owned(),
            state: Some(state.to_owned()),
            release: Some("0f1e2d3c-0000-4000-8000-000000000000".to_owned()),
            action: Some("bake".to_owned()),
            says: Some(says.to_owned()),
            since: Some(at(28)),
            by: Some("StartPipelineExecution".to_owned()),
            revisions: Vec::new(),
        }
    }

    fn rows() -> [Row; 3] {
        let fired = "fail: alarm `checkout-5xx` fired 3 min after the deployment, and stays so;\nevidence is kept";
        [
            row("checkout", "prod-one-box", "Failed", fired),
            row(
                "a-pipeline-with-a-long-name",
                "prod",
                "InProgress",
                "41 of 60 min quiet",
            ),
            row("search", "prod", "Succeeded", "pass"),
        ]
    }

    fn shown(terminal: bool) -> String {
        let rows = rows();
        text(&rows.iter().collect::<Vec<_>>(), at(100), false, terminal)
    }

    #[test]
    fn in_a_terminal_the_table_keeps_to_80_columns() {
        let expected = "\
PIPELINE              STAGE         STATE       RELEASE   SINCE     BY
checkout              prod-one-box  Failed      0f1e2d3c  1h 12min  StartPipel…
  bake: fail: alarm `checkout-5xx` fired 3 min after the deployment, and stays
    so; evidence is kept
a-pipeline-with-a-l…  prod          InProgress  0f1e2d3c  1h 12min  StartPipel…
  bake: 41 of 60 min quiet
search                prod          Succeeded   0f1e2d3c  1h 12min  StartPipel…
";
        assert_eq!(shown(true), expected);
        assert!(expected.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn in_a_pipe_nothing_is_cut_or_folded() {
        let shown = shown(false);
        assert_eq!(shown.lines().count(), 6);
        for whole in [
            "a-pipeline-with-a-long-name  prod",
            "StartPipelineExecution\n",
            "stays so; evidence is kept\n",
        ] {
            assert!(shown.contains(whole), "{shown}");
        }
    }

    #[test]
    fn without_pipelines_it_says_so() {
        assert_eq!(text(&[], at(0), false, true), "no pipelines\n");
    }
}
