import type { IncomingHttpHeaders } from 'node:http'
import { type Fields, numberOf, textsOf } from '../stack/values.ts'

/** Cross-origin headers of an HTTP API, as its CorsConfiguration says. */
export type Cors = {
  /** Headers for an answer to this origin; none when it is not allowed. */
  readonly headers: (origin: string | undefined) => Record<string, string>
  /** Headers of the answer to a preflight, or undefined when the request is none. */
  readonly preflight: (method: string, headers: IncomingHttpHeaders) => Record<string, string> | undefined
}

export function readCors(configuration: Fields): Cors {
  const origins = textsOf(configuration.AllowOrigins)
  const withCredentials = configuration.AllowCredentials === true
  const headers = (origin: string | undefined): Record<string, string> => {
    if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return {}
    const exposed = textsOf(configuration.ExposeHeaders)
    return {
      'access-control-allow-origin': origins.includes('*') && !withCredentials ? '*' : origin,
      ...(withCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
      ...(exposed.length === 0 ? {} : { 'access-control-expose-headers': exposed.join(',') }),
    }
  }
  return {
    headers,
    preflight: (method, request) => {
      if (method !== 'OPTIONS' || request.origin === undefined) return undefined
      if (request['access-control-request-method'] === undefined) return undefined
      return {
        ...headers(request.origin),
        'access-control-allow-methods': textsOf(configuration.AllowMethods).join(','),
        'access-control-allow-headers': textsOf(configuration.AllowHeaders).join(','),
        'access-control-max-age': String(numberOf(configuration, 'MaxAge', 0)),
      }
    },
  }
}
