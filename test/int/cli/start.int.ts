import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const START = join(import.meta.dirname, '../../../infra/cli/start.ts')

function start(...args: string[]) {
  const child = spawn(process.execPath, [START, '--port', '0', ...args])
  const ran = { out: '', err: '', code: null as number | null }
  child.stdout.on('data', (text) => {
    ran.out += text
  })
  child.stderr.on('data', (text) => {
    ran.err += text
  })
  const ended = new Promise<typeof ran>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(Object.assign(ran, { code })))
  })
  /** Waits until the command has said something. */
  const says = async (text: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = text.exec(ran.out + ran.err)
      if (found) return found
      if (child.exitCode !== null) throw new Error(`ended without saying ${text}: ${ran.out}${ran.err}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return { child, ended, says }
}

describe('npm start', () => {
  it('sends the sample, settles it, proves it and serves until it is stopped', {
    timeout: 120_000,
  }, async () => {
    const { child, ended, says } = start('--eras', '1')
    const [, url] = await says(/Serving at (http:\/\/127\.0\.0\.1:\d+)/)
    const { eras } = (await (await fetch(`${url}/eras`)).json()) as { eras: { era: number; state: string }[] }
    expect(eras).toMatchObject([{ era: 0, state: 'DISTRIBUTED' }])
    child.kill('SIGINT')
    const { code, out, err } = await ended
    expect(code).toBe(0)
    expect(err).not.toMatch(/error/i)
    expect(out).toMatch(
      /Events {6}7,955 events sent = 7,950 counted \+ 4 copies dropped \+ 1 in quarantine {2}none lost/,
    )
    expect(out).toMatch(/conserved +to the last base unit/)
    expect(out).toContain('hashes worked out anew, unbroken')
    await expect(fetch(`${url}/eras`)).rejects.toThrow()
  })

  it('starts nothing with a policy that breaks a rule', async () => {
    const { ended } = start('--policy', 'no-such-policy')
    expect(await ended).toEqual({
      code: 1,
      out: '',
      err: 'error a policy is a preset\'s name or a file: there is no "no-such-policy"\n',
    })
  })
})
