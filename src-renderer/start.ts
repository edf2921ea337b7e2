import { createPinia } from 'pinia'
import { createApp, watchEffect, type App as VueApp } from 'vue'
import { API_KEY, createApi } from './api/api.ts'
import App from './App.vue'
import { t } from './locales/i18n.ts'
import { createAppRouter } from './router.ts'
import { useLiveRuns } from './stores/live.ts'
import { useMachine } from './stores/machine.ts'
import { useRuns } from './stores/runs.ts'
import { useSettings } from './stores/settings.ts'
import type { Transport } from './transports/transport.ts'
import { watchStyleSheets } from './ui/text-size.ts'
import './ui/styles/tokens.css'
import './ui/styles/base.css'
import './ui/styles/tooltip.css'
import './ui/styles/dialog.css'
import './ui/styles/input.css'
import './ui/styles/rail.css'

/**
 * The app over a transport: stores listening to events, and everything read again after a lost connection. Resolves when its language is
 * there.
 */
export async function createWhittle(transport: Transport): Promise<VueApp> {
  const api = createApi(transport)
  const app = createApp(App)
  app.provide(API_KEY, api)
  app.use(createPinia())
  const settings = useSettings()
  await settings.adoptLanguage()
  const router = createAppRouter()
  app.use(router)
  watchEffect(() => {
    const { name, meta } = router.currentRoute.value
    document.title = name === 'home' || !meta.title ? t('shell.title') : t('shell.pageTitle', { page: t(meta.title) })
  })

  watchStyleSheets()
  const [machine, runs, live] = [useMachine(), useRuns(), useLiveRuns()]
  api.onEvent((event) => {
    runs.apply(event)
    live.apply(event)
  })
  api.onConnection((connected) => {
    machine.connected = connected
    if (!connected) return
    void settings.load()
    void machine.load()
    void runs.refresh()
    void live.reloadAll()
  })
  return app
}
