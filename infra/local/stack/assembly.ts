import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Fields, isRecord, optionalText, recordOf, StartupError } from './values.ts'

/** One stack's template and where its bundles lie, as the CDK wrote them. */
export type Assembly = {
  readonly stackName: string
  readonly template: Fields
  /** Folder or file of the asset that CloudFormation would fetch under this S3 key. */
  readonly assetPath: (s3Key: string) => string
}

/**
 * Reads a cloud assembly directory (cdk.out).
 * @throws StartupError when it does not hold exactly one stack's template.
 */
export function readAssembly(outdir: string): Assembly {
  const root = resolve(outdir)
  const templates = existsSync(root)
    ? readdirSync(root).filter((name) => name.endsWith('.template.json'))
    : []
  const [file] = templates
  if (file === undefined || templates.length > 1) {
    throw new StartupError(
      `${root} must hold one *.template.json, found ${templates.length}: synthesize one stack first`,
    )
  }
  const stackName = file.slice(0, -'.template.json'.length)
  return {
    stackName,
    template: readJson(join(root, file)),
    assetPath: assetIndex(root, join(root, `${stackName}.assets.json`)),
  }
}

function assetIndex(root: string, manifest: string): (s3Key: string) => string {
  const paths = new Map<string, string>()
  if (existsSync(manifest)) {
    for (const file of Object.values(recordOf(readJson(manifest).files))) {
      const asset = recordOf(file)
      const path = optionalText(recordOf(asset.source), 'path')
      if (path === undefined) continue
      for (const destination of Object.values(recordOf(asset.destinations))) {
        const key = optionalText(recordOf(destination), 'objectKey')
        if (key !== undefined) paths.set(key, resolve(root, path))
      }
    }
  }
  return (s3Key) => {
    const path = paths.get(s3Key)
    if (path === undefined || !existsSync(path)) {
      throw new StartupError(
        `No asset for S3 key ${s3Key} in ${manifest}: was the stack synthesized with bundling?`,
      )
    }
    return path
  }
}

function readJson(path: string): Fields {
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!isRecord(parsed)) throw new StartupError(`${path} is not a JSON object`)
  return parsed
}
