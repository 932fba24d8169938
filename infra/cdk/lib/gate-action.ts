// The actions that ask Sluice, as `infra/template.yaml` installs it.

import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export type GateKind = 'bake' | 'canary' | 'clear' | 'validate';

/** Which release at which stage is asked about. */
export interface Told {
  readonly pipeline: string;
  readonly service: string;
  readonly stage: string;
}

export interface GateActionProps {
  readonly sluiceStack: string;
  readonly told: Told;
  /** Not there: all gates that the plan requires at the stage. */
  readonly gate?: { readonly kind: GateKind; readonly name: string };
  readonly plan: codepipeline.Artifact;
}

/** One gate, or all of a stage, as a Lambda action. */
export class GateAction extends actions.Action {
  constructor(private readonly props: GateActionProps) {
    super({
      actionName: props.gate?.name ?? 'checks',
      category: codepipeline.ActionCategory.INVOKE,
      provider: 'Lambda',
      artifactBounds: { minInputs: 1, maxInputs: 1, minOutputs: 0, maxOutputs: 0 },
      inputs: [props.plan],
    });
  }

  protected bound(
    scope: Construct,
    _: codepipeline.IStage,
    options: codepipeline.ActionBindOptions,
  ): codepipeline.ActionConfig {
    const { gate, sluiceStack, told } = this.props;
    // One function serves both gates that read alarms.
    const name = `${sluiceStack}-${gate === undefined ? 'checks' : gate.kind === 'clear' ? 'bake' : gate.kind}`;
    const allow = (action: string, resource: string) =>
      options.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: [action], resources: [resource] }));
    allow('lambda:InvokeFunction', functionArn(scope, name));
    allow('lambda:ListFunctions', '*');
    options.bucket.grantRead(options.role);
    return { configuration: { FunctionName: name, UserParameters: JSON.stringify(asked(told, gate?.name)) } };
  }
}

/** All gates of a stage by CodePipeline's own action for state machines, which may take seven days. */
export function longChecks(scope: Construct, sluiceStack: string, told: Told): codepipeline.IAction {
  return new actions.StepFunctionInvokeAction({
    actionName: 'checks',
    stateMachine: sfn.StateMachine.fromStateMachineName(scope, 'StageChecks', `${sluiceStack}-stage-checks`),
    executionNamePrefix: 'checks',
    stateMachineInput: actions.StateMachineInput.literal(asked(told)),
  });
}

/** The ARN of a function of this account and region. */
export function functionArn(scope: Construct, resourceName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Arn.format({ service: 'lambda', resource: 'function', resourceName, arnFormat }, Stack.of(scope));
}

function asked(told: Told, gate?: string): Record<string, string> {
  const release = codepipeline.GlobalVariables.executionId;
  const { pipeline, service, stage } = told;
  return { pipeline, release, service, stage, ...(gate === undefined ? {} : { gate }) };
}
