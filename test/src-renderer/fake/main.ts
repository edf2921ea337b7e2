import { createWhittle } from '../../../src-renderer/start.ts'
import { fakeHistory } from './fake-runs.ts'
import { createFakeService } from './fake-service.ts'

// The whole page over an in-memory service, for looking at screens: ?empty starts without history, ?pace=500 slows runs down.
const query = new URLSearchParams(location.search)
const service = createFakeService({ history: query.has('empty') ? [] : fakeHistory(), pace: Number(query.get('pace') ?? 120) })
createWhittle(service).mount('#app')
