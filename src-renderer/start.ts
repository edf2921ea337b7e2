import { createPinia } from 'pinia'
import { createApp, type App as VueApp } from 'vue'
import { API_KEY, createApi } from './api/api.ts'
import App from './App.vue'
import { createAppRouter } from './router.ts'
import { useLiveRuns } from './stores/live.ts'
import { useMachine } from './stores/machine.ts'
import { useRuns } from './stores/runs.ts'
import type { Transport } from './transports/transport.ts'
import './ui/styles/tokens.css'
import './ui/styles/base.css'
import './ui/styles/tooltip.css'
import './ui/styles/dialog.css'
import './ui/styles/input.css'

/** The app over a transport: stores listening to events, and everything read again after a lost connection. */
export function createWhittle(transport: Transport): VueApp {
  const api = createApi(transport)
  const app = createApp(App)
  app.provide(API_KEY, api)
  app.use(createPinia())
  const router = createAppRouter()
  router.afterEach((to) => {
    document.title = to.meta.title === 'Home' ? 'Whittle' : `${String(to.meta.title)} · Whittle`
  })
  app.use(router)

  const [machine, runs, live] = [useMachine(), useRuns(), useLiveRuns()]
  api.onEvent((event) => {
    runs.apply(event)
    live.apply(event)
  })
  api.onConnection((connected) => {
    machine.connected = connected
    if (!connected) return
    void machine.load()
    void runs.refresh()
    void live.reloadAll()
  })
  return app
}
