// What a stage comes to in the template, and which orders of steps are refused.

import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { LambdaDeployAction } from '../lib/lambda-deploy-action';
import { SafeStage, SafeStageProps } from '../lib/safe-stage';

const code = new codepipeline.Artifact('source');
const source = { provider: 'CodeStarSourceConnection', owner: 'AWS', category: codepipeline.ActionCategory.SOURCE };

/** An action that fetches; the first stage of a pipeline needs one. */
function fetch(): codepipeline.IAction {
  const bounds = { minInputs: 0, maxInputs: 0, minOutputs: 1, maxOutputs: 1 };
  return {
    actionProperties: { actionName: 'source', ...source, artifactBounds: bounds, outputs: [code] },
    bind: () => ({ configuration: {} }),
    onStateChange: () => assert.fail('nobody asks'),
  };
}

const deploy = () => new LambdaDeployAction({ functionName: 'checkout', alias: 'live', code });

/** A template with one stage of these steps. */
function template(given: Partial<SafeStageProps>, name: string | null = 'checkout', stages = ['prod']): Template {
  const stack = new Stack(new App({ analyticsReporting: false }), 'stack');
  const pipelineType = codepipeline.PipelineType.V2;
  const pipeline = new codepipeline.Pipeline(stack, 'Pipeline', {
    pipelineName: name ?? undefined,
    pipelineType,
    usePipelineRoleForActions: true,
  });
  pipeline.addStage({ stageName: 'source', actions: [fetch()] });
  const props: SafeStageProps = { pipeline, service: 'checkout', plan: code, steps: ['clear'], ...given };
  stages.forEach((own) => new SafeStage(stack, own, props));
  return Template.fromStack(stack);
}

/** The last stage of a template's pipeline. */
function stage(own: Template) {
  const [pipeline] = Object.values(own.findResources('AWS::CodePipeline::Pipeline'));
  return pipeline.Properties.Stages.at(-1);
}

const orders = (own: Template) => stage(own).Actions.map((action: any) => [action.Name, action.RunOrder]);
const told = (action: any) => JSON.parse(action.Configuration.UserParameters ?? action.Configuration.Input);

test('steps run one after the other, and those of a list together', () => {
  const own = template({ steps: [deploy(), 'canary', ['validate', 'bake']] });
  assert.deepEqual(orders(own), [['deploy', 1], ['canary', 2], ['validate', 3], ['bake', 3]]);
});

test('a gate is told its release, its stage and which gate of the plan it is', () => {
  const [, action] = stage(template({ steps: [deploy(), { kind: 'bake', name: 'bake-errors' }] })).Actions;
  assert.equal(action.Name, 'bake-errors');
  assert.equal(action.Configuration.FunctionName, 'sluice-bake');
  assert.deepEqual(action.InputArtifacts, [{ Name: 'source' }]);
  const expected = { pipeline: 'checkout', service: 'checkout', stage: 'prod', gate: 'bake-errors' };
  assert.deepEqual(told(action), { ...expected, release: '#{codepipeline.PipelineExecutionId}' });
});

test('each kind of gate has its function, and `clear` that of `bake`', () => {
  const own = template({ steps: [deploy(), ['bake', 'canary', 'validate', 'checks']], sluiceStack: 'gates' });
  const functions = stage(own).Actions.slice(1).map((action: any) => action.Configuration.FunctionName);
  assert.deepEqual(functions, ['gates-bake', 'gates-canary', 'gates-validate', 'gates-checks']);
  assert.equal(stage(template({ steps: ['clear'] })).Actions[0].Configuration.FunctionName, 'sluice-bake');
});

test('all gates of a stage are asked without naming one, by a function or for days', () => {
  for (const step of ['checks', 'long-checks'] as const) {
    const [, action] = stage(template({ steps: [deploy(), step] })).Actions;
    assert.equal(action.Name, 'checks');
    assert.equal(action.ActionTypeId.Provider, step === 'checks' ? 'Lambda' : 'StepFunctions');
    assert.deepEqual(Object.keys(told(action)).sort(), ['pipeline', 'release', 'service', 'stage']);
  }
});

test('CodePipeline rolls back only the stage that says so', () => {
  assert.deepEqual(stage(template({ steps: [deploy(), 'bake'], rollBack: true })).OnFailure, { Result: 'ROLLBACK' });
  assert.equal(stage(template({ steps: [deploy(), 'bake'] })).OnFailure, undefined);
});

test('the pipeline may invoke the functions that it asks, and no other', () => {
  const own = template({ steps: [deploy(), ['bake', 'validate']] });
  const arn = (name: string) => ({ 'Fn::Join': ['', Match.arrayWith([`:function:${name}`])] });
  const [policy] = Object.values(own.findResources('AWS::IAM::Policy'));
  const all = policy.Properties.PolicyDocument.Statement;
  const invoked = all.filter((one: any) => one.Action === 'lambda:InvokeFunction');
  assert.equal(invoked.length, 2);
  own.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arn('sluice-bake') },
        { Effect: 'Allow', Action: 'lambda:ListFunctions', Resource: '*' },
        { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arn('sluice-validate') },
      ]),
    },
  });
});

test('several stages with the same steps stand side by side', () => {
  const own = template({ steps: [deploy(), 'long-checks'] }, 'checkout', ['beta', 'gamma']);
  assert.equal(told(stage(own).Actions[1]).stage, 'gamma');
});

/** That steps are refused with a message. */
function refused(message: RegExp, given: Partial<SafeStageProps>, name?: string | null): void {
  assert.throws(() => template(given, name), message);
}

test('a gate that would judge what is not deployed yet is refused', () => {
  refused(/prod: put `bake` after what is deployed/, { steps: [['bake', deploy()]] });
  refused(/prod: put `checks` after what is deployed/, { steps: ['checks', deploy()] });
  const between = [deploy(), { kind: 'canary', name: 'early' } as const, deploy()];
  refused(/prod: put `canary` after what is deployed/, { steps: between });
});

test('a question before a deployment is refused after it', () => {
  refused(/prod: put `clear` before what is deployed/, { steps: [deploy(), 'clear'] });
  refused(/prod: put `clear` before what is deployed/, { steps: [[deploy(), 'clear']] });
  const own = template({ steps: ['clear', deploy(), 'bake'] });
  assert.deepEqual(orders(own), [['clear', 1], ['deploy', 2], ['bake', 3]]);
});

test('a rollback that `clear` would stop is refused', () => {
  refused(/a rollback asks `clear` again/, { steps: ['clear', deploy(), 'bake'], rollBack: true });
});

test('a pipeline that has no name is refused', () => {
  refused(/give the pipeline a `pipelineName`/, { steps: [deploy(), 'bake'] }, null);
});
