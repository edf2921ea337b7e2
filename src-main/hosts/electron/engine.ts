/** Entry of the engine inside Electron: what differs from a plain Node process is mended before anything else is loaded. */
import './fork-through-main.ts'
import '../../jobs/engine.ts'
