import { hash } from 'node:crypto'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Caching } from '../../../shared/api/operation.ts'

/**
 * What never changes may be kept for a year. Not on the local host, where the next start may be another network
 * behind the same address: there it is asked for again, and answered by its tag.
 */
const CACHE_CONTROL: Record<Caching, string> = {
  never: 'no-store',
  briefly: 'max-age=5',
  forever: process.env.STAGE === 'local' ? 'no-cache' : 'max-age=31536000, immutable',
}

/** Writes an answer as JSON; one that may be kept has a tag, and who shows the same tag is told that nothing changed. */
export function answer(
  event: APIGatewayProxyEventV2,
  body: unknown,
  caching: Caching,
): APIGatewayProxyStructuredResultV2 {
  const text = JSON.stringify(body)
  // Where books are not public, a cache that serves many must not keep what one was allowed to read.
  const audience = event.headers.authorization === undefined ? 'public' : 'private'
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'cache-control': caching === 'never' ? CACHE_CONTROL.never : `${audience}, ${CACHE_CONTROL[caching]}`,
    'x-content-type-options': 'nosniff',
  }
  if (caching === 'never') return { statusCode: 200, headers, body: text }
  headers.etag = `"${hash('sha256', text, 'hex').slice(0, 32)}"`
  const isKnown = event.headers['if-none-match']
    ?.split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === headers.etag)
  return isKnown ? { statusCode: 304, headers } : { statusCode: 200, headers, body: text }
}
