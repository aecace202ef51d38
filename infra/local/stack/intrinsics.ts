import { type Fields, isRecord, StartupError } from './values.ts'

/** What Ref and Fn::GetAtt mean for the stack at hand. */
export type References = {
  readonly ref: (logicalId: string) => unknown
  readonly attribute: (logicalId: string, name: string) => unknown
}

/** Marks a property that Ref AWS::NoValue removes. */
const NO_VALUE = Symbol('AWS::NoValue')

/**
 * Replaces CloudFormation's intrinsic functions in a template value.
 * @throws StartupError on a function the CDK is not known to emit for what runs here.
 */
export function resolveValue(value: unknown, references: References): unknown {
  const resolved = resolveAny(value, references)
  return resolved === NO_VALUE ? undefined : resolved
}

function resolveAny(value: unknown, references: References): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveAny(item, references)).filter((item) => item !== NO_VALUE)
  }
  if (!isRecord(value)) {
    if (typeof value === 'string' && value.includes('{{resolve:')) {
      throw new StartupError(`Dynamic reference ${value} cannot be resolved on this machine`)
    }
    return value
  }
  const keys = Object.keys(value)
  const [only] = keys
  if (keys.length === 1 && only !== undefined && (only === 'Ref' || only.startsWith('Fn::'))) {
    return intrinsic(only, value[only], references)
  }
  const entries = Object.entries(value).map(([key, item]) => [key, resolveAny(item, references)] as const)
  return Object.fromEntries(entries.filter(([, item]) => item !== NO_VALUE))
}

function intrinsic(name: string, argument: unknown, references: References): unknown {
  switch (name) {
    case 'Ref':
      return argument === 'AWS::NoValue' ? NO_VALUE : references.ref(String(argument))
    case 'Fn::GetAtt': {
      const [logicalId, ...path] = Array.isArray(argument)
        ? argument.map(String)
        : String(argument).split('.')
      return references.attribute(logicalId ?? '', path.join('.'))
    }
    case 'Fn::Join': {
      const [separator, items] = pair(name, argument)
      return texts(name, resolveAny(items, references)).join(String(separator))
    }
    case 'Fn::Sub':
      return substitute(argument, references)
    case 'Fn::Select': {
      const [index, items] = pair(name, argument)
      const list = texts(name, resolveAny(items, references))
      const picked = list[Number(resolveAny(index, references))]
      if (picked === undefined) {
        throw new StartupError(`Fn::Select: no item ${String(index)} in ${JSON.stringify(list)}`)
      }
      return picked
    }
    case 'Fn::Split': {
      const [separator, text] = pair(name, argument)
      return String(resolveAny(text, references)).split(String(separator))
    }
    default:
      throw new StartupError(`The local host does not know the intrinsic function ${name}`)
  }
}

function substitute(argument: unknown, references: References): string {
  const [text, given] = Array.isArray(argument) ? argument : [argument, {}]
  const variables: Fields = isRecord(given) ? given : {}
  return String(text).replaceAll(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, expression: string) => {
    if (literal === '!') return whole.replace('!', '')
    const name = expression.trim()
    if (name in variables) return String(resolveAny(variables[name], references))
    const dot = name.indexOf('.')
    if (dot < 0) return String(references.ref(name))
    return String(references.attribute(name.slice(0, dot), name.slice(dot + 1)))
  })
}

function pair(name: string, argument: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(argument) || argument.length !== 2) {
    throw new StartupError(`${name} takes two arguments, got ${JSON.stringify(argument)}`)
  }
  return [argument[0], argument[1]]
}

function texts(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new StartupError(`${name} needs a list, got ${JSON.stringify(value)}`)
  return value.map(String)
}
