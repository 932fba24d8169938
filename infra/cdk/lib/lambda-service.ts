// The pipeline of `infra/examples/lambda-service.yaml`, by the construct.

import { Stack, StackProps } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { functionArn } from './gate-action';
import { LambdaDeployAction } from './lambda-deploy-action';
import { SafeStage } from './safe-stage';

export interface LambdaServiceProps extends StackProps {
  /** The connection to where the code is. */
  readonly connectionArn: string;
}

export class LambdaService extends Stack {
  constructor(scope: Construct, id: string, props: LambdaServiceProps) {
    super(scope, id, props);
    const source = new codepipeline.Artifact('source');
    const built = new codepipeline.Artifact('built');
    const pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: 'checkout',
      pipelineType: codepipeline.PipelineType.V2,
      executionMode: codepipeline.ExecutionMode.SUPERSEDED,
      crossAccountKeys: false,
      usePipelineRoleForActions: true,
    });
    pipeline.addStage({ stageName: 'source', actions: [fetch(props.connectionArn, source)] });
    // The CDK gives this right only under the service's former name.
    const use = { actions: ['codeconnections:UseConnection'], resources: [props.connectionArn] };
    pipeline.addToRolePolicy(new iam.PolicyStatement(use));
    const project = new codebuild.PipelineProject(this, 'Build');
    const build = new actions.CodeBuildAction({ actionName: 'build', project, input: source, outputs: [built] });
    pipeline.addStage({ stageName: 'build', actions: [build] });

    const checkout = { pipeline, service: 'checkout', plan: source };
    const deploy = (functionName: string) => new LambdaDeployAction({ functionName, alias: 'live', code: built });

    new SafeStage(this, 'beta', { ...checkout, steps: [deploy('checkout-beta'), 'checks'] });
    new SafeStage(this, 'gamma', { ...checkout, steps: [deploy('checkout-gamma'), 'long-checks'] });
    new SafeStage(this, 'prod-clear', { ...checkout, steps: ['clear'] });

    const version = new LambdaDeployAction({ functionName: 'checkout', code: built, variablesNamespace: 'deployed' });
    const shift = this.shift('checkout', version.version, source);
    new SafeStage(this, 'prod', {
      ...checkout,
      rollBack: true,
      steps: [version, shift('shift', 'a-tenth'), 'canary', shift('promote', 'all'), ['validate', 'bake']],
    });
  }

  /** Actions that send a tenth of a function's invocations, or all, to a version. */
  private shift(functionName: string, version: string, input: codepipeline.Artifact) {
    const project = new codebuild.PipelineProject(this, 'Shift', {
      environmentVariables: { FUNCTION: { value: functionName } },
      buildSpec: codebuild.BuildSpec.fromObject({ version: '0.2', phases: { build: { commands: [SHIFT] } } }),
    });
    const arn = functionArn(this, functionName);
    const update = { actions: ['lambda:UpdateAlias'], resources: [arn, `${arn}:live`] };
    project.addToRolePolicy(new iam.PolicyStatement(update));
    return (actionName: string, to: string) =>
      new actions.CodeBuildAction({
        actionName,
        project,
        input,
        environmentVariables: { VERSION: { value: version }, TO: { value: to } },
      });
  }
}

function fetch(connectionArn: string, output: codepipeline.Artifact): codepipeline.IAction {
  const repository = { owner: 'example', repo: 'checkout', branch: 'main' };
  return new actions.CodeStarConnectionsSourceAction({ actionName: 'source', connectionArn, ...repository, output });
}

const UPDATE = 'aws lambda update-alias --function-name "$FUNCTION" --name live';
const SHIFT = [
  'case "$TO" in',
  `a-tenth) ${UPDATE} --routing-config "AdditionalVersionWeights={$VERSION=0.1}" ;;`,
  `all) ${UPDATE} --function-version "$VERSION" --routing-config "AdditionalVersionWeights={}" ;;`,
  '*) echo "TO is neither a-tenth nor all"; exit 1 ;;',
  'esac',
].join(' ');
