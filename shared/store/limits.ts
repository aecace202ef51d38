/**
 * How long a request to AWS may take before it is sent again, ms: a machine behind it may never answer. For the
 * `requestHandler` of every client. Without its last line the SDK only warns.
 */
export const REQUEST_LIMITS = {
  connectionTimeout: 2_000,
  requestTimeout: 10_000,
  throwOnRequestTimeout: true,
} as const
