import { expect, it } from 'vitest'
import { memoryLeak, memoryOf } from './memory.ts'

const MB = 2 ** 20
const run = (...thirds: number[]) => thirds.flatMap((mb) => Array<number>(20).fill(mb * MB))

it('memory may rise at the beginning of a run, and by 15% in its last third', () => {
  expect(memoryLeak(run(100, 400, 400))).toBeUndefined()
  expect(memoryLeak(run(100, 400, 460))).toBeUndefined()
  expect(memoryLeak(run(500, 400, 300))).toBeUndefined()
})

it('memory that rises further is a leak, said in words', () => {
  expect(memoryLeak(run(300, 400, 461))).toBe(
    "the host's memory grows: 400 MB in the middle third of the run, 461 MB in the last",
  )
  expect(memoryLeak(Array.from({ length: 60 }, (_, i) => (200 + 10 * i) * MB))).toMatch('grows')
})

it('a few peaks are none', () => {
  const samples = run(300, 400, 400)
  for (const peak of [45, 50, 55]) samples[peak] = 900 * MB
  expect(memoryLeak(samples)).toBeUndefined()
})

it('the memory of a process is read in bytes', () => {
  expect(memoryOf(process.pid)).toBeGreaterThan(10 * MB)
})
