import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'

/**
 * Constants of the product that say how much is done at a time. A small network never reaches them, so a run may have
 * others: by file, the names of its constants. Not how many due quotes a reader of offers counts out: that shows.
 */
const LIMITS: Record<string, readonly string[]> = {
  'shared/settlement/credit.ts': ['IN_FLIGHT', 'RESERVE_MS'],
  'shared/settlement/seal.ts': ['LOOK_AHEAD', 'MAX_RANGE'],
  'shared/store/folds.ts': ['SEEN_AT_ONCE'],
  'shared/store/dynamo.ts': ['MAX_WRITES', 'MAX_GETS'],
  'shared/store/weights.ts': ['CHUNKS_AT_ONCE'],
  'shared/payouts/due.ts': ['PER_CALL'],
  'shared/ingest/commands.ts': ['IN_FLIGHT'],
  'shared/ingest/replay.ts': ['MAX_REPLAYED'],
}

/** Values by "file NAME": what is not named is the product's own. */
export type Limits = Readonly<Record<string, number>>

/** Small ones: whatever may stop and go on does. */
export const SMALL: Limits = {
  'shared/settlement/credit.ts IN_FLIGHT': 2,
  // As if its time were always up: it stops as soon as it has credited anything.
  'shared/settlement/credit.ts RESERVE_MS': 3_600_000,
  'shared/settlement/seal.ts LOOK_AHEAD': 2,
  'shared/settlement/seal.ts MAX_RANGE': 3,
  'shared/store/folds.ts SEEN_AT_ONCE': 1,
  'shared/store/dynamo.ts MAX_WRITES': 2,
  'shared/store/dynamo.ts MAX_GETS': 2,
  'shared/store/weights.ts CHUNKS_AT_ONCE': 1,
  'shared/payouts/due.ts PER_CALL': 1,
  'shared/ingest/commands.ts IN_FLIGHT': 2,
  'shared/ingest/replay.ts MAX_REPLAYED': 2,
}

/** Lets a bundle ask the instance that runs it for these constants. */
export const limited: Plugin = {
  name: 'limited',
  setup({ onLoad }) {
    for (const [file, names] of Object.entries(LIMITS)) {
      onLoad({ filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }, ({ path }) => ({
        contents: names.reduce((text, name) => withLimit(text, file, name), readFileSync(path, 'utf8')),
        loader: 'ts',
      }))
    }
  },
}

function withLimit(text: string, file: string, name: string): string {
  const declaration = new RegExp(`^((?:export )?const ${name} = )(.+)$`, 'm')
  if (!declaration.test(text)) throw new Error(`${file} has no constant ${name}`)
  return text.replace(declaration, `$1(process as any).limits[${JSON.stringify(`${file} ${name}`)}] ?? ($2)`)
}
