import type { HostEvent } from '../../local/host-event.ts'

/** What the state machine is doing, from what the host tells of its functions. */
export interface Settling {
  onEvent(event: HostEvent): void
  /** "settling era 1: weigh (7 of 16 done)", as far as it is known. */
  describe(): string
  /** Why the last execution failed; undefined while none has. */
  failure(): string | undefined
}

const FAILED = ['FAILED', 'TIMED_OUT', 'ABORTED']

const STEP = /(Close|Fold|Weigh|Decide|Credit|Seal|Publish)/

export function watchSettling(): Settling {
  let era = 0
  let step: string | undefined
  let times = 0
  let failed: string | undefined
  return {
    onEvent(event) {
      if (event.type === 'execution') {
        const found = /^era-(\d+)-/.exec(event.name)?.[1]
        // Another state machine pays out.
        if (found === undefined) return
        era = Number(found)
        if (event.status === 'RUNNING') step = undefined
        if (FAILED.includes(event.status)) failed = `${event.name}: ${causeOf(event.cause)}`
      }
      if (event.type !== 'invocation') return
      const found = STEP.exec(event.functionName)?.[1]
      if (found === undefined) return
      times = found === step ? times + 1 : 1
      step = found
    },
    describe() {
      if (step === undefined) return `era ${era}: starting`
      // Once it is closed an era waits out the fence before anything is counted.
      if (step === 'Close') return `era ${era}: closed, waiting for what is still on its way`
      return `era ${era}: ${step.toLowerCase()}${times > 1 ? ` (${times} done)` : ''}`
    },
    failure: () => failed,
  }
}

/** The error's own message out of the cause that the state machine passes on. */
function causeOf(cause = 'it gives no cause'): string {
  const [, name = '', json = ''] = /^(?:(\w+): )?(\{.*\})$/s.exec(cause) ?? []
  try {
    const { errorMessage } = JSON.parse(json) as { errorMessage?: string }
    return errorMessage === undefined ? cause : [name, errorMessage].filter(Boolean).join(': ')
  } catch {
    return cause
  }
}
