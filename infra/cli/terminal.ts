import type { WriteStream } from 'node:tty'

type Stream = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>

export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

const CODES: Record<keyof Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

/** Colours where a person looks at a terminal, plain text everywhere else and where NO_COLOR asks for it. */
export function styleFor(stream: Pick<Stream, 'isTTY'>): Style {
  const coloured = stream.isTTY === true && !process.env.NO_COLOR
  const paint = ([on, off]: [number, number]) =>
    coloured ? (text: string) => `\u001b[${on}m${text}\u001b[${off}m` : (text: string) => text
  return Object.fromEntries(
    Object.entries(CODES).map(([name, codes]) => [name, paint(codes)]),
  ) as unknown as Style
}

/** One line of progress that is written over on a terminal; elsewhere a line when a step begins and when it ends. */
export interface Progress {
  /** Replaces what is shown for the step under way. */
  show(text: string): void
  /** Ends the step with a line that stays. */
  done(text: string): void
  /** Takes away the line under way, for whatever is printed next. */
  clear(): void
}

const REDRAW_MS = 80

export function progressOn(stream: Stream): Progress {
  const style = styleFor(stream)
  const live = stream.isTTY === true
  const startedAt = performance.now()
  let stepAt = startedAt
  let drawnAt = 0
  let shown = false
  const clear = (): void => {
    if (shown) stream.write('\r\u001b[2K')
    shown = false
  }
  return {
    clear,
    show(text) {
      const now = performance.now()
      if (!live || (shown && now - drawnAt < REDRAW_MS)) return
      clear()
      drawnAt = now
      shown = true
      stream.write(`${style.cyan('…')} ${text.slice(0, (stream.columns || 100) - 3)}`)
    },
    done(text) {
      clear()
      const now = performance.now()
      stream.write(`${style.green('✓')} ${text} ${style.dim(formatSeconds(now - stepAt))}\n`)
      stepAt = now
    },
  }
}

/** A length of time as people read it: "0.4 s". */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** A whole number with thousands set apart: "12,345". */
export function formatCount(count: number | bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** "1 event", "2 events". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}
