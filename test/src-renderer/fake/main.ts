import { createWhittle } from '../../../src-renderer/start.ts'
import { fakeHistory } from './fake-runs.ts'
import { createFakeService } from './fake-service.ts'
import { storm } from './storm.ts'

// The whole page over an in-memory service, for looking at screens: ?empty starts without history, ?pace=500 slows runs down, ?storm=10 tells the
// coverage of 48 x 128 experts ten times a second (look at #/runs/r1/run).
const query = new URLSearchParams(location.search)
const service = createFakeService({ history: query.has('empty') ? [] : fakeHistory(), pace: Number(query.get('pace') ?? 120) })
const app = await createWhittle(service)
app.mount('#app')
if (query.has('storm')) storm(service, query.get('run') ?? 'r1', Number(query.get('storm')))
