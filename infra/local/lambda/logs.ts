import type { HostEvent } from '../host-event.ts'

/** Collects what functions print: keeps the last lines, shows errors always and the rest when verbose. */
export type LogSink = {
  readonly write: (functionName: string, stream: 'stdout' | 'stderr', line: string) => void
  /** The last lines, oldest first, as `function: line`. */
  readonly recent: () => readonly string[]
}

export type LogOptions = {
  readonly verbose: boolean
  readonly print: (line: string) => void
  readonly onEvent: (event: HostEvent) => void
}

const KEPT_LINES = 1_000
const ERROR_LEVELS: ReadonlySet<string> = new Set(['ERROR', 'CRITICAL', 'FATAL'])

export function createLogSink(options: LogOptions): LogSink {
  const kept: string[] = []
  return {
    write: (functionName, stream, line) => {
      const level = levelOf(stream, line)
      const shown = `${functionName}: ${line}`
      kept.push(shown)
      if (kept.length > 2 * KEPT_LINES) kept.splice(0, kept.length - KEPT_LINES)
      options.onEvent({ type: 'log', functionName, level, line })
      if (options.verbose || level === 'error') options.print(shown)
    },
    recent: () => kept.slice(-KEPT_LINES),
  }
}

/** A structured line says its own level; a plain one is an error when it went to stderr. */
function levelOf(stream: 'stdout' | 'stderr', line: string): 'info' | 'error' {
  if (line.startsWith('{')) {
    try {
      const level: unknown = JSON.parse(line).level
      if (typeof level === 'string') return ERROR_LEVELS.has(level.toUpperCase()) ? 'error' : 'info'
    } catch {
      // Not JSON after all.
    }
  }
  return stream === 'stderr' ? 'error' : 'info'
}

/** Cuts a stream of text into lines; the unfinished rest waits for the next chunk. */
export function lineSplitter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  }
}
