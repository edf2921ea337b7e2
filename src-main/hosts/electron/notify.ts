import { app, Notification } from 'electron'

/** Notifications that may still be clicked: one that nothing holds is collected as garbage, and its click with it. */
const shown = new Set<Notification>()

/** Shows a notification where the system can. @param onClick what a click on it does */
export function notify(body: string, onClick: () => void): void {
  if (!Notification.isSupported()) return
  const notification = new Notification({ title: app.getName(), body })
  const release = (): void => {
    shown.delete(notification)
  }
  notification.on('click', () => {
    release()
    onClick()
  })
  notification.on('close', release)
  notification.on('failed', release)
  shown.add(notification)
  notification.show()
}
