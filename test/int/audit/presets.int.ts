import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from '../../../infra/cli/audit/audit.ts'
import { describeFinding } from '../../../infra/cli/audit/finding.ts'
import { fitForSample } from '../../../infra/sample/fit.ts'
import { sampleNetwork } from '../../../infra/sample/sample.ts'
import { eraStart, formatPosition } from '../../../shared/domain/calendar.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { message } from '../../support/intake.ts'
import { deposit, stakes, transfer } from '../../support/moves.ts'
import { type Json, presetJson } from '../../support/policies.ts'
import { Life } from './life.ts'

const PRESETS = readdirSync(new URL('../../../shared/policies', import.meta.url)).map((file) =>
  file.replace('.json', ''),
)

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

describe('the sample network of every policy that ships, with commands between its eras', () => {
  it.each(PRESETS)('%s is clean', async (name) => {
    const preset = presetJson(name)
    const { json, policy } = fitForSample({ json: preset, policy: parsePolicy(preset) })
    const { calendar } = policy.era
    const life = await Life.open(await engine.another(), json as Json)
    const reach = (era: number) => life.reach(formatPosition(calendar, eraStart(calendar, era)))
    const { events, participants } = sampleNetwork(policy, 7, { eras: 3, feesPerEra: 60, participants: 12 })
    const [ann = '', bob = ''] = participants
    await reach(0)
    await life.deliver(events.map((event) => message(event.name, event.data)))
    await life.act(deposit(ann, 1_000n), stakes(ann, 'lot', 400n), transfer(ann, bob, 100n))
    await reach(1)
    await life.act(transfer(bob, ann, 1n), stakes(bob, 'lot', 50n))
    await reach(3)
    await life.act(transfer(bob, ann, 1n))
    const { findings, read } = await audit(await life.items())
    expect(findings.map(describeFinding)).toEqual([])
    expect(read).toMatchObject({ sealedThrough: 2, commands: 3 })
    expect(read.counted).toBeGreaterThan(180)
  })
})
