/**
 * Major versions of Electron that get security fixes, as electronjs.org/docs/latest/tutorial/electron-timelines told in November 2026: the
 * latest three. A new major comes every eight weeks or so; whoever raises Electron's version brings this list up to date from that page and
 * takes out what has ended. It is a list and no date, so that tests of an old commit keep telling what they told then.
 */
export const SUPPORTED_ELECTRON: readonly number[] = [43, 44, 45]
