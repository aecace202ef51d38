import { type Fields, isRecord, listOf, recordOf, StartupError } from '../stack/values.ts'

/** Whether an event (the whole envelope) matches. */
export type Matcher = (event: unknown) => boolean

type ValueTest = (value: unknown) => boolean

/**
 * Compiles an EventBridge pattern.
 * @throws StartupError on an operator that is not known here.
 */
export function compilePattern(pattern: unknown, where: string): Matcher {
  if (!isRecord(pattern)) throw new StartupError(`${where}: an event pattern must be an object`)
  const tests = Object.entries(pattern).map(([key, rule]): Matcher => {
    if (key === '$or') {
      const branches = listOf(rule).map((branch) => compilePattern(branch, where))
      return (event) => branches.some((branch) => branch(event))
    }
    if (isRecord(rule)) {
      const inner = compilePattern(rule, where)
      return (event) => {
        const value = recordOf(event)[key]
        return Array.isArray(value) ? value.some(inner) : inner(value)
      }
    }
    if (!Array.isArray(rule)) throw new StartupError(`${where}: ${key} must be an object or a list of values`)
    const options = rule.map((option) => compileOption(option, where))
    return (event) => options.some((option) => option(recordOf(event)[key]))
  })
  return (event) => tests.every((test) => test(event))
}

/** One entry of a list of values. A list in the event matches when one of its values does. */
function compileOption(option: unknown, where: string): ValueTest {
  if (isRecord(option) && 'exists' in option) {
    const wanted = option.exists === true
    return (value) => isLeaf(value) === wanted
  }
  const test = isRecord(option) ? compileOperator(option, where) : (value: unknown) => value === option
  return (value) => (Array.isArray(value) ? value.some(test) : test(value))
}

function isLeaf(value: unknown): boolean {
  return value !== undefined && !isRecord(value)
}

function compileOperator(operator: Fields, where: string): ValueTest {
  const entries = Object.entries(operator)
  const [entry] = entries
  if (entry === undefined || entries.length > 1) {
    throw new StartupError(`${where}: ${JSON.stringify(operator)} must hold one operator`)
  }
  const [name, argument] = entry
  switch (name) {
    case 'prefix':
    case 'suffix':
    case 'wildcard':
    case 'equals-ignore-case':
      return textTest(name, argument, where)
    case 'anything-but':
      return anythingBut(argument, where)
    case 'numeric':
      return numericTest(argument, where)
    default:
      throw new StartupError(`${where}: the event pattern operator ${name} is not known to the local host`)
  }
}

function textTest(name: string, argument: unknown, where: string): ValueTest {
  if (isRecord(argument)) {
    const folded = argument['equals-ignore-case']
    if (typeof folded !== 'string') {
      throw new StartupError(`${where}: ${name} ${JSON.stringify(argument)} is not known`)
    }
    const test = textTest(name, folded.toLowerCase(), where)
    return (value) => typeof value === 'string' && test(value.toLowerCase())
  }
  const text = String(argument)
  switch (name) {
    case 'prefix':
      return (value) => typeof value === 'string' && value.startsWith(text)
    case 'suffix':
      return (value) => typeof value === 'string' && value.endsWith(text)
    case 'equals-ignore-case': {
      const folded = text.toLowerCase()
      return (value) => typeof value === 'string' && value.toLowerCase() === folded
    }
    default: {
      const parts = text.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      const expression = new RegExp(`^${parts.join('.*')}$`, 's')
      return (value) => typeof value === 'string' && expression.test(value)
    }
  }
}

/** Values or one text operator whose match excludes. An absent field does not match, as on AWS. */
function anythingBut(argument: unknown, where: string): ValueTest {
  if (isRecord(argument)) {
    const [entry] = Object.entries(argument)
    if (entry === undefined) throw new StartupError(`${where}: anything-but needs an argument`)
    const [name, values] = entry
    if (name === 'numeric') throw new StartupError(`${where}: anything-but ${name} is not known`)
    const tests = listOf(values).map((value) => compileOperator({ [name]: value }, where))
    return (value) => isLeaf(value) && !tests.some((test) => test(value))
  }
  const excluded = listOf(argument)
  return (value) => isLeaf(value) && !excluded.includes(value)
}

function numericTest(argument: unknown, where: string): ValueTest {
  const parts = listOf(argument)
  const tests: ((value: number) => boolean)[] = []
  for (let at = 0; at < parts.length; at += 2) {
    const bound = Number(parts[at + 1])
    if (!Number.isFinite(bound))
      throw new StartupError(`${where}: numeric ${JSON.stringify(argument)} is not valid`)
    tests.push(comparison(String(parts[at]), bound, where))
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value))
}

function comparison(operator: string, bound: number, where: string): (value: number) => boolean {
  switch (operator) {
    case '=':
      return (value) => value === bound
    case '>':
      return (value) => value > bound
    case '>=':
      return (value) => value >= bound
    case '<':
      return (value) => value < bound
    case '<=':
      return (value) => value <= bound
    default:
      throw new StartupError(`${where}: numeric operator ${operator} is not known`)
  }
}
