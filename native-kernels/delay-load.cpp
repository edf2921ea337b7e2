// Windows only: Node-API's functions live in the program that loads the addon, be it node.exe or Electron. They are imported from
// "node.exe" late, and this hook answers with the running program whatever its name.
#include <windows.h>

#include <delayimp.h>
#include <string.h>

static FARPROC WINAPI load_host(unsigned event, PDelayLoadInfo info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleW(nullptr));
}

decltype(__pfnDliNotifyHook2) __pfnDliNotifyHook2 = load_host;
