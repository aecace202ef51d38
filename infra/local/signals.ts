/**
 * Closes a host on Ctrl-C or SIGTERM, once; a second signal ends the process at once. Resolves when the host is closed.
 */
export function closeOnSignals(host: { readonly close: () => Promise<void> }): Promise<NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    let closing = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (closing) process.exit(130)
      closing = true
      host.close().then(() => {
        process.removeListener('SIGINT', onSignal)
        process.removeListener('SIGTERM', onSignal)
        resolve(signal)
      }, reject)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
