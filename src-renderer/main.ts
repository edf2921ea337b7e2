import { createWhittle } from './start.ts'
import { preloadTransport } from './transports/preload.ts'
import { openSocket, socketTransport } from './transports/socket.ts'
import { takeToken } from './transports/token.ts'

const token = window.whittle ? null : takeToken(window)
const transport = window.whittle ? preloadTransport(window.whittle) : socketTransport(() => openSocket(token))

// A file dropped beside a drop zone must not replace the app.
for (const kind of ['dragover', 'drop'] as const) window.addEventListener(kind, (event) => event.preventDefault())

createWhittle(transport).mount('#app')
