import { issueToken } from './api.ts'
import { defineCommand, runCommand, UsageError, type Values } from './command.ts'
import { LOCAL_PORT } from './deployment.ts'

const options = {
  account: { value: 'ACCOUNT', describe: 'Account that the token speaks for.' },
  scope: {
    value: 'SCOPES',
    describe: 'Scopes it carries, with spaces between: "quarantine:read network:operate".',
  },
  'endpoint-url': {
    value: 'URL',
    describe: 'Endpoint of the local host.',
    default: `http://127.0.0.1:${LOCAL_PORT}`,
  },
} as const

export const token = defineCommand({
  name: 'token',
  summary: 'Asks the issuer of the local host for a token, and prints it. It is worth nothing anywhere else.',
  options,
  examples: ['--account operator --scope quarantine:read'],
  run,
})

async function run({ account, scope, 'endpoint-url': url }: Values<typeof options>): Promise<void> {
  if (account === undefined && scope === undefined)
    throw new UsageError('a token is for an account or a scope: --account ACCOUNT, --scope SCOPES')
  process.stdout.write(`${await issueToken(url, { account, scope })}\n`)
}

if (import.meta.main) await runCommand(token)
