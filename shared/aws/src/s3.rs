//! Objects: plans in artifacts, records and evidence.

use aws_credential_types::Credentials;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::ServerSideEncryption;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sluice_core::reading::Place;

use crate::clients::{Aws, console};
use crate::error::{AwsError, Refusal, sorted};

const JSON: &str = "application/json";
/// What a key may not be written with in an address.
const IN_A_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'@');

/// What a job brings for reading its artifacts.
#[derive(Clone)]
pub struct ArtifactAccess {
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
    /// Session token.
    pub session_token: String,
}

impl std::fmt::Debug for ArtifactAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ArtifactAccess(redacted)")
    }
}

/// Where a job's output artifact goes, and what it brings for writing it.
#[derive(Debug, Clone)]
pub struct ArtifactPlace {
    /// The job's credentials.
    pub access: ArtifactAccess,
    /// The artifact bucket.
    pub bucket: String,
    /// The key in it.
    pub key: String,
    /// The key of KMS that the pipeline's artifacts have, if not AWS's own.
    pub kms_key: Option<String>,
}

impl From<ArtifactAccess> for Credentials {
    fn from(access: ArtifactAccess) -> Credentials {
        Credentials::new(
            access.access_key,
            access.secret_key,
            Some(access.session_token),
            None,
            "artifact",
        )
    }
}

/// What became of a put that must not overwrite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object is new.
    Put,
    /// Somebody was there before.
    AlreadyThere,
}

impl Aws {
    /// Reads an artifact with the job's own credentials. `size_max` in bytes:
    /// a larger object is refused before it is read.
    pub async fn read_artifact(
        &self,
        access: ArtifactAccess,
        bucket: &str,
        key: &str,
        size_max: u64,
    ) -> Result<Vec<u8>, AwsError> {
        self.read(&self.s3_with(access.into()), bucket, key, size_max)
            .await
    }

    /// Writes an output artifact, a ZIP, with the job's own credentials and
    /// encrypted as CodePipeline asks of custom actions.
    pub async fn write_artifact(
        &self,
        place: ArtifactPlace,
        archive: Vec<u8>,
    ) -> Result<(), AwsError> {
        let put = self
            .s3_with(place.access.into())
            .put_object()
            .bucket(place.bucket)
            .key(place.key)
            .content_type("application/zip")
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .set_ssekms_key_id(place.kms_key)
            .body(archive.into());
        sent(put).await
    }

    /// Reads an object of the evidence bucket.
    pub async fn read_object(
        &self,
        bucket: &str,
        key: &str,
        size_max: u64,
    ) -> Result<Vec<u8>, AwsError> {
        self.read(&self.s3(), bucket, key, size_max).await
    }

    async fn read(
        &self,
        client: &aws_sdk_s3::Client,
        bucket: &str,
        key: &str,
        size_max: u64,
    ) -> Result<Vec<u8>, AwsError> {
        let operation = "s3:GetObject";
        let answer = client
            .get_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .map_err(|error| sorted(operation, &Place::default(), error))?;
        let failed = |refusal, message| AwsError {
            operation: operation.to_owned(),
            refusal,
            message,
            place: Place::default(),
            resource: None,
        };
        let too_large = || {
            failed(
                Refusal::Code("TooLarge".to_owned()),
                format!("the object has more than {size_max} bytes"),
            )
        };
        if answer
            .content_length
            .is_some_and(|length| u64::try_from(length).is_ok_and(|length| length > size_max))
        {
            return Err(too_large());
        }
        let mut body = answer.body;
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| failed(Refusal::Unavailable, error.to_string()))?;
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > size_max {
                return Err(too_large());
            }
        }
        Ok(bytes)
    }

    /// Writes a JSON object unless there is one of that key.
    pub async fn put_if_absent(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> Result<PutOutcome, AwsError> {
        let put = self.put(bucket, key, JSON, body).if_none_match("*");
        match sent(put).await {
            Ok(()) => Ok(PutOutcome::Put),
            // 412: it is there. 409: somebody is writing it right now.
            Err(error)
                if error.has_code("PreconditionFailed")
                    || error.has_code("ConditionalRequestConflict") =>
            {
                Ok(PutOutcome::AlreadyThere)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a JSON object.
    pub async fn put_object(&self, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), AwsError> {
        sent(self.put(bucket, key, JSON, body)).await
    }

    /// Writes a page that browsers show.
    pub async fn put_page(&self, bucket: &str, key: &str, html: String) -> Result<(), AwsError> {
        sent(self.put(bucket, key, "text/html; charset=utf-8", html.into())).await
    }

    fn put(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> PutObjectFluentBuilder {
        self.s3()
            .put_object()
            .bucket(bucket)
            .key(key)
            .content_type(content_type)
            .body(body.into())
    }

    /// Where AWS's console shows an object to whoever may read it.
    pub fn console_address(&self, bucket: &str, key: &str) -> String {
        let region = self.region_name();
        let key = utf8_percent_encode(key, IN_A_QUERY);
        let console = console(region);
        format!("https://{console}/s3/object/{bucket}?region={region}&prefix={key}")
    }
}

async fn sent(put: PutObjectFluentBuilder) -> Result<(), AwsError> {
    let result = put.send().await;
    result
        .map(|_| ())
        .map_err(|error| sorted("s3:PutObject", &Place::default(), error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Wire;

    fn address(region: &str, key: &str) -> String {
        Aws::simulated(Wire::network(), region, "AKIA").console_address("evidence", key)
    }

    #[test]
    fn an_object_is_shown_by_the_console_of_its_partition() {
        assert_eq!(
            address("eu-west-1", "evidence/check out/a@b_1.html"),
            "https://console.aws.amazon.com/s3/object/evidence?region=eu-west-1&prefix=evidence/check%20out/a@b_1.html"
        );
        assert!(address("cn-north-1", "a").starts_with("https://console.amazonaws.cn/"));
        assert!(address("us-gov-west-1", "a").starts_with("https://console.amazonaws-us-gov.com/"));
    }
}
