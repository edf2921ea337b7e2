/**
 * Variables an engine works with: where programs, libraries, temporary files and the graphics card's parts lie, and the language of
 * messages.
 */
const NEEDED = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'TMP',
  'TEMP',
  'LANG',
  'TZ',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'PROGRAMFILES',
  'COMSPEC',
  'PATHEXT',
  'NUMBER_OF_PROCESSORS',
  'PROCESSOR_ARCHITECTURE',
  'OMP_NUM_THREADS',
  'VK_ICD_FILENAMES',
  'VK_DRIVER_FILES',
])
const NEEDED_FAMILIES = /^(LC_|CUDA_|NVIDIA_|XDG_|GGML_)/

/** What an engine is told of the environment: nothing it does not need, so that secrets of other programs stay out of it. */
export function engineEnvironment(own: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(own).filter((entry): entry is [string, string] => {
      const name = entry[0].toUpperCase()
      return entry[1] !== undefined && (NEEDED.has(name) || NEEDED_FAMILIES.test(name))
    }),
  )
}
