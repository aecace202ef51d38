import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { STAGES } from '../../infra/config.ts'
import { functionsOf, templateOf } from '../support/deployment.ts'

/** The service keeps no secret: who calls is proven by tokens that somebody else signs, and functions by their roles. */

/** Everything that a function is told by its environment. What is new is looked at before it stands here. */
const SETTINGS = [
  ...['BUS_NAME', 'EVENT_SOURCES', 'FENCE_SECONDS'],
  ...['NODE_OPTIONS', 'POWERTOOLS_METRICS_NAMESPACE', 'POWERTOOLS_SERVICE_NAME'],
  ...['STAGE', 'STATE_MACHINE_ARN', 'TABLE_NAME'],
]

describe.each(STAGES)('stage %s', (stage) => {
  const template = templateOf(stage)

  it('has nothing that keeps or takes a secret', () => {
    const types = Object.values(template.Resources).map(({ Type }) => Type)
    expect(types.filter((type) => /Secret|::SSM::|::KMS::|AccessKey|ApiKey|::IAM::User/.test(type))).toEqual(
      [],
    )
    expect(JSON.stringify(template)).not.toMatch(/NoEcho|resolve:(?:ssm|secretsmanager)/)
  })

  it('tells functions only what may be read by anybody', () => {
    const told = [...functionsOf(template).values()].flatMap(({ resource }) =>
      Object.keys(resource.Properties.Environment.Variables),
    )
    expect([...new Set(told)].sort()).toEqual(SETTINGS)
  })
})

it('is written in files without a key, a token or a password', () => {
  const root = join(import.meta.dirname, '../..')
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
  const secret =
    /-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\beyJ[\w-]{16,}\.[\w-]{16,}\.|\b(?:ghp|npm)_\w{30,}/
  const found = files.filter((file) => file && secret.test(readFileSync(join(root, file), 'utf8')))
  expect(files.length).toBeGreaterThan(400)
  expect(found).toEqual([])
})
