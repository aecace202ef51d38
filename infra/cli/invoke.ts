import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { clientConfigOf, type DeploymentValues, explainUnreachable } from './deployment.ts'

/** Calls a function and waits for what it returns. Throws the function's own error, by its name. */
export async function invokeFunction<T>(
  values: DeploymentValues,
  functionName: string,
  payload: object,
): Promise<T> {
  const client = new LambdaClient(clientConfigOf(values))
  const { FunctionError, Payload } = await client
    .send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(payload)) }))
    .catch((cause: unknown) => Promise.reject(explainUnreachable(cause, values)))
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? new Uint8Array()).toString() || 'null')
  if (FunctionError === undefined) return answer as T
  const { errorType = 'FunctionFailed', errorMessage = 'it says no more' } = (answer ?? {}) as Record<
    string,
    string
  >
  throw new ExchequerError(errorType, errorMessage)
}
