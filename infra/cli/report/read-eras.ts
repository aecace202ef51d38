import type { Api } from '../api.ts'
import type { Era } from './seal-chain.ts'

/** Reads that are under way at once. */
const AT_ONCE = 4

/** Reads the sealed eras of a run, oldest first; a run of eras that one seal covers is read once, by its first. */
export async function readEras(api: Api, from: number, through: number): Promise<Era[]> {
  const eras: Era[] = []
  for (let next = from; next <= through; ) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, through - next + 1) }, (_, index) => next + index)
    for (const era of await Promise.all(numbers.map((n) => api.get<Era>(`/eras/${n}`)))) {
      if (era.era < next) continue
      eras.push(era)
      next = era.seal.through + 1
    }
  }
  return eras
}
