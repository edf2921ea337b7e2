// Runs before the page is first painted, so that it is never seen in the wrong theme, size or language. The app itself comes later
// and reads the same copy of the settings (stores/settings.ts).
try {
  const { theme, textSize, language } = JSON.parse(localStorage.getItem('whittle.settings') ?? '{}')
  const root = document.documentElement
  if (theme === 'light' || theme === 'dark') {
    root.dataset.theme = theme
    root.style.colorScheme = theme
  }
  if (typeof textSize === 'number' && textSize !== 100) root.style.fontSize = `${textSize}%`
  if (typeof language === 'string') root.lang = language
} catch (error) {
  console.warn('The kept copy of the settings is not readable', error)
}
