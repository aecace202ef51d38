import { ServiceError } from '../service-error.ts'
import type { Stack } from '../stack/stack.ts'

/**
 * DescribeStacks of the query protocol: how a command line finds the names behind the stack's outputs.
 * @throws ServiceError for another action, or another stack's name.
 */
export function describeStacks(form: string, stack: Stack): string {
  const query = new URLSearchParams(form)
  const action = query.get('Action')
  if (action !== 'DescribeStacks') {
    throw new ServiceError(
      'UnknownOperationException',
      `The local host does not answer CloudFormation ${action}`,
    )
  }
  const asked = query.get('StackName')
  if (asked !== null && asked !== stack.name) {
    throw new ServiceError('ValidationError', `Stack with id ${asked} does not exist`)
  }
  const { partition, region, account } = stack.place
  const outputs = members(stack.outputs(), 'OutputKey', 'OutputValue')
  const parameters = members(stack.parameters, 'ParameterKey', 'ParameterValue')
  return (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>' +
    `<StackName>${xml(stack.name)}</StackName>` +
    `<StackId>arn:${partition}:cloudformation:${region}:${account}:stack/${xml(stack.name)}/local</StackId>` +
    '<StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>' +
    `<Outputs>${outputs}</Outputs><Parameters>${parameters}</Parameters>` +
    '</member></Stacks></DescribeStacksResult></DescribeStacksResponse>'
  )
}

export function queryError(code: string, text: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${xml(code)}</Code><Message>${xml(text)}</Message></Error></ErrorResponse>`
}

function members(values: Readonly<Record<string, string>>, key: string, value: string): string {
  const entries = Object.entries(values)
  return entries
    .map(([k, v]) => `<member><${key}>${xml(k)}</${key}><${value}>${xml(v)}</${value}></member>`)
    .join('')
}

function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
