//! The output artifact of a gate's action, if it has one: a ZIP with the
//! evidence, its page and, where tests ran, their results as JUnit XML.

use std::io::{Cursor, Write};

use jiff::SignedDuration;
use sluice_aws::ArtifactPlace;
use sluice_core::evidence::Evidence;
use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

use crate::Host;
use crate::answer::made_page;
use crate::job::Job;

/// How long writing it may take of the time that is kept for answering.
const WITHIN: SignedDuration = SignedDuration::from_secs(4);

/// Where the first output artifact of a job goes.
pub(crate) fn place(job: &Job) -> Option<ArtifactPlace> {
    let artifact = job.data.output_artifacts.as_ref()?.first()?;
    let place = artifact.location.as_ref()?.s3_location.as_ref()?;
    Some(ArtifactPlace {
        access: job.data.artifact_credentials.clone()?.into(),
        bucket: place.bucket_name.clone(),
        key: place.object_key.clone(),
        kms_key: job.data.encryption_key.as_ref().map(|key| key.id.clone()),
    })
}

/// Writes the artifact, and gives what people have to know if it could not be.
/// It is a convenience: what goes wrong with it changes no verdict.
pub(crate) async fn hand_on(
    place: Option<ArtifactPlace>,
    evidence: &Evidence,
    host: &Host,
) -> Option<String> {
    let place = place?;
    let written = async {
        let archive = archive(evidence, host).map_err(|error| error.to_string())?;
        let put = host.aws.write_artifact(place, archive).await;
        put.map_err(|error| error.to_string())
    };
    let failed = tokio::select! {
        biased;
        written = written => written.err()?,
        () = host.aws.pause(WITHIN) => format!("it took more than {} s", WITHIN.as_secs()),
    };
    Some(format!(
        "the output artifact could not be written ({failed})"
    ))
}

/// Without the page where none can be made.
fn archive(evidence: &Evidence, host: &Host) -> ZipResult<Vec<u8>> {
    let json = serde_json::to_vec(evidence).expect("evidence is JSON");
    let page = made_page(evidence, json.len(), host).ok();
    let page = page.map(|html| ("evidence.html", html.into_bytes()));
    let results = sluice_report::test_results(evidence);
    let junit = (!results.is_empty()).then(|| {
        let xml = sluice_report::junit(&[(evidence.subject.gate.as_str(), &results)]);
        ("junit.xml", xml.into_bytes())
    });
    let files = std::iter::once(("evidence.json", json)).chain(page);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files.chain(junit) {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(&content)?;
    }
    Ok(zip.finish()?.into_inner())
}
