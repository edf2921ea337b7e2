import { buildFakePage } from './fake-page.ts'

/** Once before all browser tests: the page over the in-memory service. */
export default buildFakePage
