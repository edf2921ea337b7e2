import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { LANGUAGES } from '../../../src-main/contract/settings.ts'
import { createWhittle } from '../../../src-renderer/start.ts'
import { fakeHistory } from './fake-runs.ts'
import { createFakeService } from './fake-service.ts'
import { storm } from './storm.ts'

// The whole page over an in-memory service, for looking at screens: ?empty starts without history, ?pace=500 slows runs down, ?storm=10
// tells the coverage of 48 x 128 experts ten times a second (look at #/runs/r1/run), ?lang=de speaks German,
// ?text=200 writes twice as large, ?platform=win32 is on Windows,
// ?fail=run.export lets the first call of that name fail.
const query = new URLSearchParams(location.search)
const language = LANGUAGES.find((each) => each === query.get('lang')) ?? 'en'
const textSize = Number(query.get('text') ?? 100)
localStorage.setItem('whittle.settings', JSON.stringify({ language, textSize })) // as the page would have kept it
const service = createFakeService({
  history: query.has('empty') ? [] : fakeHistory(),
  pace: Number(query.get('pace') ?? 120),
  settings: { language, textSize },
  platform: query.get('platform') ?? undefined,
})
const failing = query.get('fail')
if (failing) service.failNext(failing, new ExpectedError('export-failed', { reason: 'copy-differs', path: '/usb/model.gguf' }))
const app = await createWhittle(service)
app.mount('#app')
if (query.has('storm')) storm(service, query.get('run') ?? 'r1', Number(query.get('storm')))
