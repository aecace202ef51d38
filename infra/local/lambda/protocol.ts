/** Messages between the host and a worker thread. Payloads travel as JSON text, as on Lambda. */

export type WorkerStart = {
  /** File to import. */
  readonly modulePath: string
  readonly exportName: string
  readonly functionName: string
  readonly functionArn: string
  readonly memoryMb: number
  readonly logGroupName: string
}

export type Job = {
  readonly requestId: string
  readonly event: string
  /** Moment of the timeout, ms since the epoch. */
  readonly deadlineMs: number
}

/** An error as Lambda answers it. */
export type FunctionError = {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}

export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'initFailed'; readonly error: FunctionError }
  | { readonly kind: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'error'; readonly requestId: string; readonly error: FunctionError }
