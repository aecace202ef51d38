import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { Document, Operation } from './document.ts'

/** What an answer must be, whatever was asked. */

/** Words that an answer has only if it tells of what is inside: none of them is ever sent. */
const INSIDE = [
  /\bat (?:\w+\.)*<?\w+>? ?\(?(?:file:|node:|\/)|node_modules|\.m?[jt]s:\d+|\/(?:work|var|home|opt|tmp)\//,
  /dynamo|ConditionalCheck|TransactionCancel|ValidationException|ResourceNotFound|Throttling|ProvisionedThroughput|aws-sdk|amazonaws/i,
  /arn:aws|AccessDenied|exchequer-01[0-9A-Z]{24}|TABLE_NAME|\$metadata/,
  /\b(?:Type|Range|Reference|Syntax|Zod|Exchequer|Problem|InvalidPolicy)Error\b|call stack|Cannot (?:read|convert|mix)|is not (?:a function|iterable)|BigInt|Unexpected (?:token|end)|JSON at position/,
]

/** The longest text in which a rule and a value are said. */
const MAX_DETAIL_LENGTH = 2_048

/** What is wrong with an answer, or undefined. */
export function faultOf(
  { statusCode, headers = {}, body = '' }: APIGatewayProxyStructuredResultV2,
  { responses }: Operation,
  document: Document,
): string | undefined {
  if (statusCode === undefined || statusCode >= 500) return `the status is ${statusCode}`
  const declared = responses[statusCode]
  if (!declared) return `the status ${statusCode} is not in the document`
  for (const [name, value] of Object.entries(headers))
    if (!/^[\t\x20-\x7e]*$/.test(String(value))) return `the header ${name} has ${JSON.stringify(value)}`
  if (statusCode === 304) return body === '' ? undefined : 'an answer without news has a body'
  const type = String(headers['content-type'])
  const content = declared.content?.[type]
  if (!content) return `the type ${type} is not in the document`
  if (!body.isWellFormed()) return 'the body is no well-formed text'
  const inside = INSIDE.map((pattern) => pattern.exec(body)).find((match) => match !== null)
  if (inside) return `it tells of what is inside: ${inside[0]}`
  const value: unknown = JSON.parse(body)
  const fault = document.fault(content.schema, value)
  if (fault !== undefined) return `it is not as the document says: ${fault}`
  if (statusCode === 200) return undefined
  const problem = value as { type: string; status: number; detail: string }
  const types = Object.values(content.examples).map((example) => example.value.type)
  if (!types.includes(problem.type)) return `the problem ${problem.type} is not one of the operation's`
  if (problem.status !== statusCode) return `the problem says the status ${problem.status}`
  if (problem.detail.length > MAX_DETAIL_LENGTH) return `its detail has ${problem.detail.length} characters`
  return undefined
}
