import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Resource } from '../stack/stack.ts'
import { listOf, optionalText, recordOf, StartupError, textOf, textsOf } from '../stack/values.ts'
import type { Issuer } from './issuer.ts'

/** What a route's authorizer says: the caller's claims, or the status to refuse with. */
export type Verdict =
  | { readonly allowed: true; readonly claims: JWTPayload; readonly scopes: readonly string[] | null }
  | { readonly allowed: false; readonly status: 401 | 403 }

export type Authorizer = {
  readonly audiences: readonly string[]
  readonly check: (header: string | undefined, routeScopes: readonly string[]) => Promise<Verdict>
}

/** API Gateway's JWT authorizer takes RSA signatures only. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512']
const UNAUTHORIZED: Verdict = { allowed: false, status: 401 }

/** @throws StartupError on an authorizer that is not JWT from the Authorization header. */
export function readAuthorizer({ logicalId, properties }: Resource, issuer: Issuer): Authorizer {
  if (properties.AuthorizerType !== 'JWT') {
    throw new StartupError(`${logicalId}: only JWT authorizers run here, not ${properties.AuthorizerType}`)
  }
  const [source] = listOf(properties.IdentitySource)
  if (source !== '$request.header.Authorization') {
    throw new StartupError(`${logicalId}: tokens are taken from the Authorization header only, not ${source}`)
  }
  const configuration = recordOf(properties.JwtConfiguration)
  const issuerUrl = textOf(configuration, 'Issuer', logicalId)
  const audiences = textsOf(configuration.Audience)
  const key = issuerUrl === issuer.url ? async () => issuer.publicKey : remoteKeys(issuerUrl)
  return {
    audiences,
    check: async (header, routeScopes) => {
      const token = header?.replace(/^Bearer /i, '')
      if (token === undefined || token === '') return UNAUTHORIZED
      let claims: JWTPayload
      try {
        const verified = await jwtVerify(token, key, {
          algorithms: ALGORITHMS,
          issuer: issuerUrl,
          requiredClaims: ['exp'],
        })
        claims = verified.payload
      } catch {
        return UNAUTHORIZED
      }
      const audience = claims.aud === undefined ? textsOf(claims.client_id) : textsOf(claims.aud)
      if (!audience.some((item) => audiences.includes(item))) return UNAUTHORIZED
      if (routeScopes.length === 0) return { allowed: true, claims, scopes: null }
      const scopes = scopesOf(claims).filter((scope) => routeScopes.includes(scope))
      return scopes.length === 0 ? { allowed: false, status: 403 } : { allowed: true, claims, scopes }
    },
  }
}

function scopesOf(claims: JWTPayload): readonly string[] {
  const scope = optionalText(claims, 'scope') ?? claims.scp
  return typeof scope === 'string' ? scope.split(' ') : textsOf(scope)
}

/** Keys of another issuer, found the way API Gateway finds them. */
function remoteKeys(issuerUrl: string): JWTVerifyGetKey {
  let keys: Promise<JWTVerifyGetKey> | undefined
  const load = async () => {
    const response = await fetch(`${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`)
    const { jwks_uri } = recordOf(await response.json())
    return createRemoteJWKSet(new URL(String(jwks_uri)))
  }
  return async (header, token) => {
    keys ??= load()
    try {
      return await (await keys)(header, token)
    } catch (error) {
      keys = undefined
      throw error
    }
  }
}
