/** Names of the channels between the window and the main process. */
export const CALL_CHANNEL = 'whittle:call'
export const EVENT_CHANNEL = 'whittle:event'
export const COMMAND_CHANNEL = 'whittle:command'
