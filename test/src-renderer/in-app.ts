import { createPinia, setActivePinia, type Pinia } from 'pinia'
import { createApp } from 'vue'
import { API_KEY, createApi } from '../../src-renderer/api/api.ts'
import type { Transport } from '../../src-renderer/transports/transport.ts'

/** A Pinia whose stores find this transport's API, as they do in the app. */
export function piniaOver(transport: Transport): Pinia {
  const pinia = createPinia()
  const app = createApp({ render: () => null })
  app.provide(API_KEY, createApi(transport))
  app.use(pinia)
  setActivePinia(pinia)
  return pinia
}
