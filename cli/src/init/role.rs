//! The role that the gates of a service read with: what the chosen gates call,
//! and nothing else.

use sluice_aws::external_id;

use super::answers::{Answers, Canary};

/// The template of the role; `None` where nothing is read with one.
pub(super) fn text(answers: &Answers) -> Option<String> {
    let account = answers.account.as_ref().filter(|_| answers.reads())?;
    let Answers {
        service,
        sluice_stack,
        ..
    } = answers;
    let gates = [
        ("Bake", answers.bake.is_some()),
        ("Canary", answers.canary.is_some()),
    ];
    let trusted: String = gates
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(gate, _)| {
            format!(
                "                  - !Sub arn:${{AWS::Partition}}:iam::${{SluiceAccount}}:role/${{SluiceStack}}-{gate}Role-*\n"
            )
        })
        .collect();
    let (statements, external_id) = (statements(answers), external_id(service));
    Some(format!(
        "\
AWSTemplateFormatVersion: \"2010-09-09\"
Description: >-
  The role that Sluice's gates read with for the service {service}. It belongs into the account {account}, in one region.

Parameters:
  SluiceAccount:
    Type: String
    Default: \"{account}\"
    AllowedPattern: '^[0-9]{{12}}$'
    Description: The account that Sluice is installed in.
  SluiceStack:
    Type: String
    Default: {sluice_stack}
    AllowedPattern: '^[a-zA-Z][a-zA-Z0-9-]*$'
    Description: The stack that Sluice is installed as.

Resources:
  ServiceRole:
    Type: AWS::IAM::Role
    Properties:
      Description: What Sluice's gates may read for one service
      # The path is what the installation's parameter ReadRoles lets plans name.
      Path: /sluice/
      RoleName: \"{service}\"
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement:
          - Effect: Allow
            # The account, narrowed by the condition: a role that is named here itself is lost when it is made anew.
            Principal: {{ AWS: !Sub \"arn:${{AWS::Partition}}:iam::${{SluiceAccount}}:root\" }}
            Action: sts:AssumeRole
            Condition:
              ArnLike:
                aws:PrincipalArn:
{trusted}              # The gates say it for this service only: its plan is the only one that can name this role.
              StringEquals: {{ \"sts:ExternalId\": \"{external_id}\" }}
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
{statements}
Outputs:
  RoleArn:
    Description: What the plan names as `role`
    Value: !GetAtt ServiceRole.Arn
"
    ))
}

fn statements(answers: &Answers) -> String {
    let measured = answers
        .bake
        .as_ref()
        .is_some_and(|bake| bake.traffic.is_some());
    let mut actions = Vec::new();
    if answers.bake.is_some() {
        actions.extend(["DescribeAlarms", "DescribeAlarmHistory"]);
    }
    if measured || answers.canary.is_some() {
        actions.push("GetMetricData");
    }
    let actions: String = actions
        .iter()
        .map(|own| format!("                  - cloudwatch:{own}\n"))
        .collect();
    let read = format!(
        "              - Sid: ReadAlarmsAndMetrics
                Effect: Allow
                Action:
{actions}                # CloudWatch leaves composite alarms out for who may not read all, and metric data has no resource.
                Resource: \"*\"
"
    );
    match &answers.canary {
        Some(Canary::LambdaAlias { function, .. }) => format!("{read}{}", alias(function)),
        _ => read,
    }
}

/// The versions behind an alias.
fn alias(function: &str) -> String {
    let arn = "arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:";
    format!(
        "              - Sid: ReadAlias
                Effect: Allow
                Action: lambda:GetAlias
                Resource:
                  - !Sub {arn}{function}
                  - !Sub {arn}{function}:*
"
    )
}
