import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../infra/app.ts'
import type { Stage } from '../../infra/config.ts'

/** A resource of a template, as loosely as a test wants to look at it. */
export interface Resource {
  Type: string
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON, and a wrong path makes the test fail.
  Properties: any
  DeletionPolicy?: string
}

export interface Template {
  Resources: Record<string, Resource>
  Outputs: Record<string, { Value: unknown }>
  Parameters: Record<string, { Default?: string }>
}

/** The app of one stage as the CDK's own command would build it, without bundling its functions. */
export function buildStage(stage: Stage, context: Record<string, unknown> = {}) {
  return build({
    outdir: mkdtempSync(join(tmpdir(), 'exchequer-template-')),
    context: { ...cdkContext(), stage, 'aws:cdk:bundling-stacks': [], ...context },
  })
}

const templates = new Map<Stage, Template>()

/** The template of a stage. Synthesizing also runs cdk-nag and CloudFormation's schemas, and throws what they find. */
export function templateOf(stage: Stage): Template {
  let template = templates.get(stage)
  if (template === undefined) {
    template = buildStage(stage).synth().stacks[0]?.template as Template
    templates.set(stage, template)
  }
  return template
}

export function resourcesOf(template: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type)
}

/** The logical id that a Ref or GetAtt points to. */
export function targetOf(value: unknown): string | undefined {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: [string, string] }
  return Ref ?? attribute?.[0]
}

/** The functions of a template by entry ("settlement/fold"). */
export function functionsOf(template: Template): Map<string, { id: string; resource: Resource }> {
  return new Map(
    resourcesOf(template, 'AWS::Lambda::Function').map(([id, resource]) => [
      String(resource.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME),
      { id, resource },
    ]),
  )
}

/** How the logical ids of the state machines begin. */
type Machine = 'SettlementSettleEra' | 'PayoutsPayOut'

/** A state machine of a template, by the beginning of its logical id. */
export function machineOf(template: Template, id: Machine): Resource {
  const found = resourcesOf(template, 'AWS::StepFunctions::StateMachine').find(([name]) =>
    name.startsWith(id),
  )
  if (found === undefined) throw new Error(`the template has no state machine ${id}`)
  return found[1]
}

/** A state machine's definition, every ARN in it replaced by a plausible one that ends in the logical id. */
export function definitionOf(template: Template, id: Machine = 'SettlementSettleEra') {
  const machine = machineOf(template, id)
  const [separator, parts] = machine.Properties.DefinitionString['Fn::Join'] as [string, unknown[]]
  const text = parts.map((part) =>
    typeof part === 'string' ? part : `arn:aws:lambda:eu-central-1:123456789012:function:${targetOf(part)}`,
  )
  return JSON.parse(text.join(separator))
}

function cdkContext(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8')).context
}
