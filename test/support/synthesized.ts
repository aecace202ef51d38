import { synthesize } from '../../infra/cli/synth.ts'

/** Once before all tests, so that those which run the template side by side find it made. */
export default async function synthesized(): Promise<void> {
  await synthesize({ stage: 'local' })
}
