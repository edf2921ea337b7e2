import { createWhittle } from './start.ts'
import { preloadTransport } from './transports/preload.ts'
import { openSocket, socketTransport } from './transports/socket.ts'
import { takeToken } from './transports/token.ts'

const token = window.whittle ? null : takeToken(window)
const transport = window.whittle ? preloadTransport(window.whittle) : socketTransport(() => openSocket(token))

const app = await createWhittle(transport)
app.mount('#app')
