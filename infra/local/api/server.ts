import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { StartupError } from '../stack/values.ts'

/** The host's one port. Until `serve` is called it answers 503. */
export type HostServer = {
  readonly port: number
  readonly serve: (handler: RequestHandler) => void
  readonly close: () => Promise<void>
}

export type RequestHandler = (
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
) => Promise<void>

/** The port is taken by another process. */
export class PortTakenError extends StartupError {
  readonly port: number

  constructor(port: number) {
    super(
      `Port ${port} is taken, perhaps by another local host. Stop that one, or choose another port: ` +
        'PORT=4611 in the environment, or 0 for any free one',
    )
    this.port = port
  }
}

/** Longer than any call: BatchWriteItem takes 16 MB, and a little for names around it. */
const MAX_REQUEST_BYTES = 20 * 1024 * 1024
/** SDK clients keep idle connections; the server must not be the one that closes them first. */
const KEEP_ALIVE_MS = 300_000
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

/**
 * Listens on loopback.
 * @throws PortTakenError
 */
export async function listen(port: number, onProblem: (message: string) => void): Promise<HostServer> {
  let handler: RequestHandler | undefined
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    receive(request, response)
      .then((body) => {
        if (body === undefined) return
        if (handler !== undefined) return handler(request, body, response)
        answer(response, 503, 'The local host is starting')
      })
      .catch((error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
        onProblem(`${request.method} ${request.url}: ${text}`)
        answer(response, 500, error instanceof Error ? error.message : String(error))
      })
  })
  await bind(server, port)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    serve: (given) => {
      handler = given
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(port) : error)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}

/** The body, or undefined when the request was answered here: too large, or for a name that is not this machine's. */
function receive(request: IncomingMessage, response: ServerResponse): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    // A page in the developer's browser could reach this port under a name of its own.
    if (!LOOPBACK.test(request.headers.host ?? '')) {
      answer(response, 421, `This host serves 127.0.0.1 and localhost, not ${request.headers.host}`)
      request.resume()
      resolve(undefined)
      return
    }
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength
      if (bytes <= MAX_REQUEST_BYTES) chunks.push(chunk)
    })
    request.on('end', () => {
      if (bytes > MAX_REQUEST_BYTES) {
        answer(response, 413, 'Request Entity Too Large')
        resolve(undefined)
        return
      }
      const [first] = chunks
      resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks))
    })
    request.on('error', reject)
    response.on('error', reject)
  })
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ __type: 'InternalServerError', message: text }))
}
