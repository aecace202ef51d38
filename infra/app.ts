import { App, type AppProps, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { ExchequerError } from '../shared/domain/errors.ts'
import { config, STAGES, type Stage } from './config.ts'
import { readPolicyFile } from './policy-file.ts'
import { ExchequerStack } from './stack.ts'

/**
 * One deployment: one network at one stage. Context: `stage` (default dev) and `policy` (a preset's name or a
 * file, default the stage's own), and `table` for a restored table to go on with. Throws `InvalidPolicy`, `UnknownStage` before anything is written.
 */
export function build(props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, treeMetadata: false, ...props })
  const stage = readStage(app.node.tryGetContext('stage') ?? 'dev')
  const policy = readPolicyFile(app.node.tryGetContext('policy') ?? config[stage].policy)
  new ExchequerStack(app, `exchequer-${policy.policy.network}-${stage}`, {
    stage,
    config: config[stage],
    policy,
    table: app.node.tryGetContext('table'),
  })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
  return app
}

function readStage(name: unknown): Stage {
  const stage = STAGES.find((known) => known === name)
  if (stage !== undefined) return stage
  throw new ExchequerError(
    'UnknownStage',
    `a stage is one of ${STAGES.join(', ')}: got ${JSON.stringify(name)}`,
  )
}

function main(): void {
  try {
    build().synth()
  } catch (error) {
    if (!(error instanceof ExchequerError)) throw error
    process.stderr.write(`${error.code}\n${error.message}\n`)
    // Not only an exit code: on the way out the CDK would still write what there is of the app.
    process.exit(1)
  }
}

if (import.meta.main) main()
