// A stage of a pipeline with Sluice's gates in it. What is deployed, judged and done in between is said in the order in
// which it happens; the rest follows: run orders, parameters, rights. Custom actions are left out: Sluice has none yet.

import { Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { Construct } from 'constructs';
import { GateAction, GateKind, Told, longChecks } from './gate-action';

/** All gates that the plan requires at the stage: by Sluice's function, or by CodePipeline's own action, for days. */
export type Checks = 'checks' | 'long-checks';

/** A gate of the plan; by its kind alone where that is its name. */
export type Gate = GateKind | { readonly kind: GateKind; readonly name: string };

/** What happens in a stage. An action's own `runOrder` does not count. */
export type Step = codepipeline.IAction | Gate | Checks;

export interface SafeStageProps {
  /** The pipeline, which has a name: gates are told which one they judge. */
  readonly pipeline: codepipeline.Pipeline;
  /** The service, as its plan calls it. */
  readonly service: string;
  /** The artifact that has `sluice.yaml` at its root. */
  readonly plan: codepipeline.Artifact;
  /** One after the other; what stands in a list of its own begins together. */
  readonly steps: readonly (Step | readonly Step[])[];
  /** Whether CodePipeline rolls the stage back when one of its actions fails. */
  readonly rollBack?: boolean;
  /**
   * The stack that Sluice was installed as, in this account and region.
   * @default sluice
   */
  readonly sluiceStack?: string;
}

/** A stage, called as the construct is, with the gates of the plan's stage of that name. */
export class SafeStage extends Construct {
  public readonly stage: codepipeline.IStage;

  constructor(scope: Construct, stageName: string, props: SafeStageProps) {
    super(scope, stageName);
    const steps = props.steps.map((step) => (isList(step) ? step : [step]));
    const told = { pipeline: nameOf(props.pipeline), service: props.service, stage: stageName };
    refuse(stageName, steps, props.rollBack ?? false);
    this.stage = props.pipeline.addStage({
      stageName,
      actions: steps.flatMap((together, index) =>
        together.map((step) => at(index + 1, this.action(step, props, told))),
      ),
      onFailure: props.rollBack ? { result: codepipeline.Result.ROLLBACK } : undefined,
    });
  }

  private action(step: Step, props: SafeStageProps, told: Told): codepipeline.IAction {
    if (isAction(step)) return step;
    const sluiceStack = props.sluiceStack ?? 'sluice';
    if (step === 'long-checks') return longChecks(this, sluiceStack, told);
    const gate = step === 'checks' ? undefined : named(step);
    return new GateAction({ sluiceStack, told, gate, plan: props.plan });
  }
}

function isList(step: Step | readonly Step[]): step is readonly Step[] {
  return Array.isArray(step);
}

function isAction(step: Step): step is codepipeline.IAction {
  return typeof step === 'object' && 'bind' in step;
}

function named(gate: Gate): { kind: GateKind; name: string } {
  return typeof gate === 'string' ? { kind: gate, name: gate } : gate;
}

function kindOf(step: Step): GateKind | Checks | undefined {
  return isAction(step) ? undefined : typeof step === 'string' ? step : step.kind;
}

/** The name as text: a reference to itself is what a pipeline cannot hold. */
function nameOf(pipeline: codepipeline.Pipeline): string {
  const { name } = pipeline.node.defaultChild as codepipeline.CfnPipeline;
  if (!name || !Stack.of(pipeline).resolve(name)) {
    throw new Error('give the pipeline a `pipelineName`: gates are told which one they judge');
  }
  return name;
}

/** An action at its place. */
function at(runOrder: number, action: codepipeline.IAction): codepipeline.IAction {
  return {
    actionProperties: { ...action.actionProperties, runOrder },
    bind: (scope, stage, options) => action.bind(scope, stage, options),
    onStateChange: (name, target, options) => action.onStateChange(name, target, options),
  };
}

/** Says no to an order in which gates judge nothing, or hinder a rollback. */
function refuse(stageName: string, steps: readonly (readonly Step[])[], rollBack: boolean): void {
  const { DEPLOY } = codepipeline.ActionCategory;
  const deploys = (together: readonly Step[]) =>
    together.some((step) => isAction(step) && step.actionProperties.category === DEPLOY);
  const first = steps.findIndex(deploys);
  const last = steps.findLastIndex(deploys);
  steps.forEach((together, index) => {
    const isLate = first !== -1 && index >= first;
    const found = together.map(kindOf).map((kind) => mistake(kind, isLate, index <= last, rollBack));
    const what = found.find((one) => one !== undefined);
    if (what !== undefined) throw new Error(`${stageName}: ${what}`);
  });
}

function mistake(kind: GateKind | Checks | undefined, isLate: boolean, isEarly: boolean, rollBack: boolean) {
  if (kind === undefined) return undefined;
  if (kind !== 'clear') return isEarly ? `put \`${kind}\` after what is deployed` : undefined;
  if (rollBack) return 'a rollback asks `clear` again while the alarm is still red; put it into a stage before this one';
  return isLate ? 'put `clear` before what is deployed' : undefined;
}
