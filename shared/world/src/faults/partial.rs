//! Answers that read well and say less than there is.

use ciborium::Value;

/// The lists of CloudWatch's answers of which the second half is left out.
const LISTS: [&str; 3] = ["MetricAlarms", "CompositeAlarms", "AlarmHistoryItems"];

/// The answer with half of what it lists and without a page that follows;
/// nothing where it lists nothing that could be left out. AWS does this with
/// alarms (those that the caller may not see) and with histories (the newest
/// come late); of a pipeline's state it leaves out what it does not know. The
/// names of a composite alarm's children come whole: nothing would show that
/// they do not.
pub(crate) fn half_answer(operation: &str, body: &[u8]) -> Option<Vec<u8>> {
    match operation {
        "DescribeAlarms" | "DescribeAlarmHistory" => half_lists(body),
        "GetPipelineState" => without_latest(body),
        _ => None,
    }
}

fn half_lists(body: &[u8]) -> Option<Vec<u8>> {
    let Value::Map(mut fields) = ciborium::from_reader(body).ok()? else {
        return None;
    };
    let mut is_less = false;
    for (name, value) in &mut fields {
        let is_list = name.as_text().is_some_and(|name| LISTS.contains(&name));
        if let (true, Value::Array(items)) = (is_list, value)
            && items.iter().all(says_more_than_its_name)
        {
            is_less |= !items.is_empty();
            items.truncate(items.len() / 2);
        }
    }
    fields.retain(|(name, _)| name.as_text() != Some("NextToken"));
    let mut written = Vec::new();
    ciborium::into_writer(&Value::Map(fields), &mut written).ok()?;
    is_less.then_some(written)
}

fn says_more_than_its_name(item: &Value) -> bool {
    let fields = item.as_map().map_or(&[][..], Vec::as_slice);
    let names = fields.iter().filter_map(|(name, _)| name.as_text());
    names
        .into_iter()
        .any(|name| matches!(name, "AlarmConfigurationUpdatedTimestamp" | "Timestamp"))
}

fn without_latest(body: &[u8]) -> Option<Vec<u8>> {
    let mut answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    let stages = answer.get_mut("stageStates")?.as_array_mut()?;
    let mut is_less = false;
    for stage in stages.iter_mut().filter_map(|stage| stage.as_object_mut()) {
        is_less |= stage.remove("latestExecution").is_some();
    }
    let written = serde_json::to_vec(&answer).ok()?;
    is_less.then_some(written)
}
