import { ServiceError } from '../service-error.ts'
import { isRecord, listOf, recordOf } from '../stack/values.ts'

/** One thing a call does, as IAM names it. */
export type Grant = { readonly action: string; readonly table: string; readonly index?: string }

const TABLE_NAME = Buffer.from('"TableName":"')
const INDEX_NAME = Buffer.from('"IndexName":"')

/**
 * The grants a DynamoDB call needs: a transaction those of its parts, a query on an index that index.
 * @throws ServiceError for an operation without a table, such as PartiQL, which functions may not call here.
 */
export function grantsOf(operation: string, body: Buffer): readonly Grant[] {
  switch (operation) {
    case 'TransactWriteItems':
      return distinct(
        listOf(parse(body).TransactItems).flatMap((item) =>
          Object.entries(recordOf(item)).map(([kind, part]) => ({
            action: kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`,
            table: String(recordOf(part).TableName),
          })),
        ),
      )
    case 'TransactGetItems':
      return distinct(
        listOf(parse(body).TransactItems).map((item) => ({
          action: 'GetItem',
          table: String(recordOf(recordOf(item).Get).TableName),
        })),
      )
    case 'BatchWriteItem':
    case 'BatchGetItem':
      return Object.keys(recordOf(parse(body).RequestItems)).map((table) => ({ action: operation, table }))
    case 'ListTables':
      return [{ action: operation, table: '*' }]
    case 'Query':
    case 'Scan': {
      const index = body.includes('"IndexName"')
        ? (textAfter(body, INDEX_NAME) ?? parse(body).IndexName)
        : undefined
      const table = tableOf(operation, body)
      return [{ action: operation, table, ...(typeof index === 'string' ? { index } : {}) }]
    }
    default:
      return [{ action: operation, table: tableOf(operation, body) }]
  }
}

function tableOf(operation: string, body: Buffer): string {
  const table = textAfter(body, TABLE_NAME) ?? parse(body).TableName
  if (typeof table === 'string') return table
  throw new ServiceError(
    'ValidationException',
    `${operation} without TableName cannot be checked, so it is refused`,
  )
}

/**
 * The text behind a key, found without parsing the body. Safe, because in DynamoDB's JSON a key followed
 * by a text is never an attribute (those are records), and a quote inside a text is escaped.
 */
function textAfter(body: Buffer, key: Buffer): string | undefined {
  const start = body.indexOf(key)
  if (start < 0) return undefined
  const from = start + key.length
  return body.toString('utf8', from, body.indexOf('"', from))
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    if (isRecord(parsed)) return parsed
  } catch {
    // Answered below.
  }
  throw new ServiceError('SerializationException', 'The body is not a JSON object')
}

function distinct(grants: readonly Grant[]): readonly Grant[] {
  const seen = new Map<string, Grant>()
  for (const grant of grants) seen.set(`${grant.action} ${grant.table}`, grant)
  return [...seen.values()]
}
