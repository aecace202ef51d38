import { setTimeout as sleep } from 'node:timers/promises'
import { ExchequerError } from '../../shared/domain/errors.ts'
import type { Api } from './api.ts'

const POLL_MS = 250

/** Waits until an era is sealed. Throws `NotSealed` when no further era was sealed for `timeoutMs`. */
export async function waitUntilSealed(
  api: Api,
  era: number,
  timeoutMs: number,
  onWaiting: (sealedThrough: number) => void,
): Promise<void> {
  let last: number | undefined
  let movedAt = performance.now()
  for (;;) {
    const sealedThrough = await readSealedThrough(api)
    if (sealedThrough >= era) return
    if (sealedThrough !== last) movedAt = performance.now()
    last = sealedThrough
    if (performance.now() - movedAt > timeoutMs) {
      throw new ExchequerError(
        'NotSealed',
        `era ${sealedThrough + 1} was not sealed within ${timeoutMs / 1000} s: look at the execution era-${sealedThrough + 1}-1`,
      )
    }
    onWaiting(sealedThrough)
    await sleep(POLL_MS)
  }
}

/** Greatest sealed era; -1 before the first. */
export async function readSealedThrough(api: Api): Promise<number> {
  const { eras } = await api.get<{ eras: { through: number }[] }>('/eras?limit=1')
  return eras[0]?.through ?? -1
}
