// CodePipeline's deploy action for Lambda functions, for which this version of the CDK has no class.

import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { functionArn } from './gate-action';

export interface LambdaDeployActionProps {
  readonly functionName: string;
  /** The alias that gets the new version at once. Without one a version is published, and nobody calls it yet. */
  readonly alias?: string;
  readonly code: codepipeline.Artifact;
  readonly variablesNamespace?: string;
}

export class LambdaDeployAction extends actions.Action {
  constructor(private readonly props: LambdaDeployActionProps) {
    super({
      actionName: 'deploy',
      category: codepipeline.ActionCategory.DEPLOY,
      provider: 'Lambda',
      artifactBounds: { minInputs: 1, maxInputs: 1, minOutputs: 0, maxOutputs: 0 },
      inputs: [props.code],
      variablesNamespace: props.variablesNamespace,
    });
  }

  /** The version that was published. */
  public get version(): string {
    return this.variableExpression('FunctionVersion');
  }

  protected bound(
    scope: Construct,
    _: codepipeline.IStage,
    options: codepipeline.ActionBindOptions,
  ): codepipeline.ActionConfig {
    const { functionName, alias } = this.props;
    const arn = functionArn(scope, functionName);
    // AWS's list of what its action calls was not at hand when this was written, and it was not tried there.
    options.role.addToPrincipalPolicy(
      new iam.PolicyStatement({
        actions: [
          'lambda:GetAlias',
          'lambda:GetFunction',
          'lambda:GetFunctionConfiguration',
          'lambda:GetProvisionedConcurrencyConfig',
          'lambda:PublishVersion',
          'lambda:UpdateAlias',
          'lambda:UpdateFunctionCode',
        ],
        resources: [arn, `${arn}:*`],
      }),
    );
    options.bucket.grantRead(options.role);
    const live = alias === undefined ? {} : { FunctionAlias: alias, DeployStrategy: 'AllAtOnce' };
    return { configuration: { FunctionName: functionName, ...live } };
  }
}
