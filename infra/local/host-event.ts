/** What the host tells its owner while it runs. */
export type HostEvent =
  | {
      readonly type: 'log'
      readonly functionName: string
      readonly level: 'info' | 'error'
      readonly line: string
    }
  | {
      readonly type: 'invocation'
      readonly functionName: string
      readonly durationMs: number
      /** Absent when the function succeeded. */
      readonly errorType?: string
    }
  | { readonly type: 'denied'; readonly functionName: string; readonly message: string }
  | {
      readonly type: 'deadLetter'
      readonly queue: string
      readonly messageId: string
      readonly reason: string
    }
  | { readonly type: 'execution'; readonly name: string; readonly status: string; readonly cause?: string }
  /** Something the host itself could not do; it goes on. */
  | { readonly type: 'problem'; readonly message: string }

export type OnEvent = (event: HostEvent) => void
