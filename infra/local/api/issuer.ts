import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { isRecord, StartupError } from '../stack/values.ts'

export type TokenClaims = Readonly<Record<string, unknown>>

/**
 * Signs tokens for this machine. It gives a token to whoever asks on loopback: a stand-in for a real
 * issuer during development, never one.
 */
export type Issuer = {
  readonly url: string
  readonly publicKey: CryptoKey
  readonly keyId: string
  readonly keySet: { readonly keys: readonly JWK[] }
  readonly discovery: Readonly<Record<string, unknown>>
  /** A signed token with these claims, for the audience of the template's authorizer. Lasts `expiresInS`. */
  readonly sign: (claims: TokenClaims, expiresInS?: number) => Promise<string>
}

/** What API Gateway accepts are RSA signatures, so the local issuer makes those. */
const ALGORITHM = 'RS256'
export const DEFAULT_TOKEN_S = 3600

/** @throws StartupError when the kept key cannot be read. */
export async function createIssuer(url: string, audience: () => string, keyFile?: string): Promise<Issuer> {
  const privateJwk = await loadKey(keyFile)
  const { kty, n, e, kid } = privateJwk
  if (kty === undefined || n === undefined || e === undefined || kid === undefined) {
    throw new StartupError(`The issuer's key in ${keyFile} is not an RSA key: remove the file`)
  }
  const publicJwk = { kty, n, e, kid, alg: ALGORITHM, use: 'sig' }
  const [privateKey, publicKey] = await Promise.all([rsaKey(privateJwk), rsaKey(publicJwk)])
  return {
    url,
    publicKey,
    keyId: kid,
    keySet: { keys: [publicJwk] },
    discovery: {
      issuer: url,
      jwks_uri: `${url}/.well-known/jwks.json`,
      token_endpoint: `${url}/token`,
      id_token_signing_alg_values_supported: [ALGORITHM],
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
    },
    sign: (claims, expiresInS = DEFAULT_TOKEN_S) =>
      new SignJWT({ aud: audience(), iss: url, ...claims })
        .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
        .setIssuedAt()
        .setExpirationTime(`${expiresInS}s`)
        .sign(privateKey),
  }
}

async function rsaKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM)
  if (key instanceof Uint8Array) throw new StartupError("The issuer's key is not an RSA key")
  return key
}

async function loadKey(keyFile: string | undefined): Promise<JWK> {
  if (keyFile !== undefined && existsSync(keyFile)) {
    const kept: unknown = JSON.parse(readFileSync(keyFile, 'utf8'))
    if (isRecord(kept)) return kept
  }
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'local', alg: ALGORITHM }
  if (keyFile !== undefined) {
    mkdirSync(dirname(keyFile), { recursive: true })
    writeFileSync(keyFile, JSON.stringify(jwk), { mode: 0o600 })
  }
  return jwk
}
