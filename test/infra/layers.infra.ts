import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const project = mkdtempSync(join(tmpdir(), 'exchequer-layers-'))

afterAll(() => rmSync(project, { recursive: true }))

/** What the project's linter finds wrong in a file of this path with this one line. */
function faultsIn(path: string, line: string): string[] {
  const file = join(project, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${line}\n`)
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), ['lint', '--reporter=json', path], {
    cwd: project,
    encoding: 'utf8',
  })
  rmSync(file)
  return JSON.parse(stdout).diagnostics.map(({ category }: { category: string }) => category)
}

const { vcs, ...config } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'))
writeFileSync(join(project, 'biome.json'), JSON.stringify(config))
for (const plugin of ['shared/pure.grit', 'infra/cli/audit/independent.grit'])
  cpSync(join(ROOT, plugin), join(project, plugin))

it.each([
  ['shared/domain/a.ts', "import '../events/contracts.ts'"],
  ['shared/domain/a.ts', "import 'node:fs'"],
  ['shared/domain/a.ts', "import 'ulid'"],
  ['shared/domain/a.ts', "export { randomUUID } from 'node:crypto'"],
  ['shared/domain/a.ts', 'export const now = Date.now()'],
  ['shared/domain/a.ts', 'export const now = new Date()'],
  ['shared/domain/a.ts', 'export const chance = Math.random()'],
  ['shared/domain/a.ts', 'export const stage = process.env.STAGE'],
  ['shared/domain/calendar.ts', 'export const now = Date.now()'],
  ['shared/domain/policy/a.ts', "import '../../store/table.ts'"],
  ['shared/domain/policy/a.ts', "import '@aws-sdk/client-dynamodb'"],
  ['shared/events/a.ts', "import '../store/table.ts'"],
  ['shared/settlement/a.ts', "import '../store/table.ts'"],
  ['shared/settlement/a.ts', 'export const now = Date.now()'],
  ['shared/ledger/a.ts', "import '../store/journal.ts'"],
  ['shared/accounts/a.ts', "import '../store/journal.ts'"],
  ['shared/market/a.ts', "import '../store/records.ts'"],
  ['shared/ingest/a.ts', "import '@aws-sdk/client-sqs'"],
  ['shared/api/contracts/a.ts', "import '../../store/table.ts'"],
  ['shared/api/a.ts', "import '../../functions/middleware/step.ts'"],
  ['shared/store/a.ts', "import '../../functions/middleware/step.ts'"],
  ['shared/store/a.ts', "import '@middy/core'"],
  ['functions/ingest/a.ts', "import '@aws-sdk/client-dynamodb'"],
  ['functions/ingest/a.ts', "import '../../infra/config.ts'"],
  ['infra/a.ts', "import '../functions/ingest/ingest.ts'"],
  ['infra/local/api/a.ts', "import '../../../shared/store/table.ts'"],
  ['infra/local/a.ts', "import '../config.ts'"],
  ['infra/cli/audit/a.ts', "import '../../../functions/ingest/ingest.ts'"],
  ['infra/cli/audit/a.ts', "import { shareOf as share } from '../../../shared/domain/share.ts'\nshare()"],
  ['infra/cli/audit/a.ts', "export { cascade } from '../../../shared/domain/cascade.ts'"],
  ['infra/cli/audit/resettle/a.ts', "import '../../../../shared/store/seals.ts'"],
])('%s may not hold: %s', (path, line) => {
  expect(faultsIn(path, line)).not.toEqual([])
})

it.each([
  ['shared/domain/a.ts', "import './money.ts'"],
  ['shared/domain/a.ts', "import './policy/schema.ts'"],
  ['shared/domain/a.ts', "export { hash } from 'node:crypto'"],
  ['shared/domain/calendar.ts', 'export const day = new Date(0)'],
  ['shared/domain/policy/a.ts', "import '../money.ts'"],
  ['shared/events/a.ts', "import '../domain/money.ts'"],
  ['shared/settlement/a.ts', "import '../domain/money.ts'"],
  ['shared/store/a.ts', "import '@aws-sdk/client-dynamodb'"],
  ['functions/ingest/a.ts', "import '../../shared/store/table.ts'"],
  ['infra/a.ts', "import '../shared/domain/errors.ts'"],
  ['infra/local/api/a.ts', "import '../lambda/functions.ts'"],
  ['infra/cli/audit/a.ts', "export { decode } from '../../../shared/store/codec.ts'"],
  [
    'infra/cli/audit/a.ts',
    "import type { Page } from '../../../shared/domain/page.ts'\nexport type A = Page",
  ],
])('%s may hold: %s', (path, line) => {
  expect(faultsIn(path, line)).toEqual([])
})
