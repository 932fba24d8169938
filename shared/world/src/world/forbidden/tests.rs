//! Which right each call needs, and what it is told without.

use std::path::Path;
use std::sync::{Arc, Mutex};

use http::Request;

use crate::rights::{Wanted, guarding};
use crate::{Scenario, World};

const SCENARIO: &str = "
about: rights
secrets: { shop: { value: x } }
";

/// What a call is told by a guard that lets nobody do `forbidden`, and which
/// rights were asked about.
async fn asked(
    forbidden: &'static str,
    request: Request<Vec<u8>>,
) -> (u16, String, Vec<Wanted>, World) {
    let all: Arc<Mutex<Vec<Wanted>>> = Arc::default();
    let own = Arc::clone(&all);
    let world = guarding(
        Arc::new(move |wanted: &Wanted| {
            own.lock().unwrap().push(wanted.clone());
            wanted.action != forbidden
        }),
        || World::new(Scenario::parse(SCENARIO, Path::new(".")).unwrap()),
    );
    world.s3().create_bucket("kept");
    let answer = world.answer(request).await.unwrap();
    let wanted = all.lock().unwrap().clone();
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    (answer.status().as_u16(), body, wanted, world)
}

fn request(host: &str, path: &str, target: &str, body: &str) -> Request<Vec<u8>> {
    Request::post(format!("https://{host}.us-east-1.amazonaws.com{path}"))
        .header("x-amz-target", target)
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAGATE/20260303/us-east-1/x/aws4_request",
        )
        .body(body.as_bytes().to_vec())
        .unwrap()
}

async fn check(request: Request<Vec<u8>>, expected: &[(&str, &str)]) {
    let (_, _, wanted, _) = asked("nothing", request).await;
    let rights: Vec<(&str, &str)> = wanted
        .iter()
        .map(|own| (own.action.as_str(), own.resource.as_str()))
        .collect();
    assert_eq!(rights, expected);
    assert!(wanted.iter().all(|own| own.access_key == "AKIAGATE"));
}

#[tokio::test(start_paused = true)]
async fn each_call_needs_the_right_to_what_it_names() {
    let json =
        |service, operation: &str, body| request(service, "/", &format!("X.{operation}"), body);
    check(
        json("dynamodb", "GetItem", r#"{"TableName":"t","Key":{}}"#),
        &[(
            "dynamodb:GetItem",
            "arn:aws:dynamodb:us-east-1:111122223333:table/t",
        )],
    )
    .await;
    check(
        json(
            "codebuild",
            "BatchGetBuilds",
            r#"{"ids":["smoke:1","load:2"]}"#,
        ),
        &[
            (
                "codebuild:BatchGetBuilds",
                "arn:aws:codebuild:us-east-1:111122223333:project/smoke",
            ),
            (
                "codebuild:BatchGetBuilds",
                "arn:aws:codebuild:us-east-1:111122223333:project/load",
            ),
        ],
    )
    .await;
    check(
        json(
            "codepipeline",
            "GetPipelineExecution",
            r#"{"pipelineName":"shop","pipelineExecutionId":"1"}"#,
        ),
        &[(
            "codepipeline:GetPipelineExecution",
            "arn:aws:codepipeline:us-east-1:111122223333:shop",
        )],
    )
    .await;
    check(
        json("codepipeline", "PutJobSuccessResult", r#"{"jobId":"1"}"#),
        &[("codepipeline:PutJobSuccessResult", "*")],
    )
    .await;
    check(
        json(
            "events",
            "PutEvents",
            r#"{"Entries":[{"EventBusName":"own"},{}]}"#,
        ),
        &[
            (
                "events:PutEvents",
                "arn:aws:events:us-east-1:111122223333:event-bus/own",
            ),
            (
                "events:PutEvents",
                "arn:aws:events:us-east-1:111122223333:event-bus/default",
            ),
        ],
    )
    .await;
    check(
        request(
            "lambda",
            "/2015-03-31/functions/smoke/invocations?Qualifier=live",
            "",
            "{}",
        ),
        &[(
            "lambda:InvokeFunction",
            "arn:aws:lambda:us-east-1:111122223333:function:smoke:live",
        )],
    )
    .await;
    check(
        request("sts", "/", "", "Action=AssumeRole&RoleArn=arn:aws:iam::1:role/a&RoleSessionName=ab&Tags.member.1.Key=b"),
        &[("sts:AssumeRole", "arn:aws:iam::1:role/a"), ("sts:TagSession", "arn:aws:iam::1:role/a")],
    )
    .await;
    check(request("sts", "/", "", "Action=GetCallerIdentity"), &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_asked_about_by_its_whole_arn_and_one_that_is_not_there_as_it_was_named() {
    let read = |id: &str| {
        let body = format!(r#"{{"SecretId":"{id}"}}"#);
        request(
            "secretsmanager",
            "/",
            "secretsmanager.GetSecretValue",
            &body,
        )
    };
    let arn = |name: &str| format!("arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}");
    let action = "secretsmanager:GetSecretValue";
    check(read("shop"), &[(action, &arn("shop-a1B2c3"))]).await;
    check(read("gone"), &[(action, &arn("gone"))]).await;
    check(read(&arn("gone-AbCdEf")), &[(action, &arn("gone-AbCdEf"))]).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_without_its_right_is_refused_as_iam_does_and_has_no_effect() {
    let put = request(
        "sns",
        "/",
        "",
        "Action=Publish&TopicArn=arn:aws:sns:us-east-1:1:t&Message=hi",
    );
    let (status, body, _, world) = asked("sns:Publish", put).await;
    assert_eq!((status, world.messages()), (403, Vec::new()));
    for text in [
        "AuthorizationError",
        "is not authorized to perform: sns:Publish on resource: arn:aws:sns:us-east-1:1:t",
    ] {
        assert!(body.contains(text), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_absent_object_is_a_forbidden_one_for_who_may_not_list_the_bucket() {
    let get = || {
        let mut request = request("kept.s3", "/begun/1.json", "", "");
        *request.method_mut() = http::Method::GET;
        request
    };
    let (status, body, wanted, _) = asked("s3:ListBucket", get()).await;
    assert!(status == 403 && body.contains("AccessDenied"), "{body}");
    let resources: Vec<&str> = wanted.iter().map(|own| own.resource.as_str()).collect();
    assert_eq!(
        resources,
        ["arn:aws:s3:::kept/begun/1.json", "arn:aws:s3:::kept"]
    );
    let (status, body, _, _) = asked("nothing", get()).await;
    assert!(status == 404 && body.contains("NoSuchKey"), "{body}");
}
