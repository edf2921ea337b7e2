import { describe, expect, it } from 'vitest'
import { howToUse, ollamaName } from '../../../src-renderer/result/how-to-use.ts'

describe('how to use the file', () => {
  const ways = (path: string, platform: string) => howToUse({ path, format: 'gguf', contextTokens: 4096, gpuLayers: 99, platform })

  it('quotes for the terminal of the machine, and says which that is on Windows', () => {
    const spaced = ways('C:\\my m\\b.gguf', 'win32')
    expect(spaced.map(({ note }) => note)).toEqual([
      'For PowerShell or the Command Prompt.',
      undefined,
      'For PowerShell or the Command Prompt.',
    ])
    expect(spaced[2]?.commands[0]?.text).toBe('lms import "C:\\my m\\b.gguf"')
    expect(spaced[1]?.commands[0]?.text).toMatch(/^FROM "C:\\my m\\b\.gguf"\n/)
    const [hostile] = ways('C:\\$(calc)\\b.gguf', 'win32')
    expect(hostile?.note).toMatch(/^For PowerShell, which/)
    expect(hostile?.commands[0]?.text).toBe("llama-cli -m 'C:\\$(calc)\\b.gguf' -c 4096 -ngl 99")
    expect(ways('C:\\100%\\b.gguf', 'win32')[0]?.note).toMatch(/^For PowerShell, which/)
    const [posix] = ways("/it's $HOME/b.gguf", 'linux')
    expect(posix).not.toHaveProperty('note', expect.anything())
    expect(posix?.commands[1]?.text).toBe("llama-server -m '/it'\\''s $HOME/b.gguf' -c 4096 -ngl 99")
  })

  it('shows no line for a path that no line can name, and says so', () => {
    for (const way of ways('/a\nb.gguf', 'linux')) {
      expect(way.commands).toEqual([])
      expect(way.note).toContain('Rename')
    }
  })

  it('makes a name Ollama accepts', () => {
    expect(ollamaName('/x/Qwen3-30B-A3B 4.29bpw.gguf')).toBe('qwen3-30b-a3b-4.29bpw')
    expect(ollamaName('/x/模型.gguf')).toBe('whittled')
  })

  it('names the file and the context in every command', () => {
    const [llama, ollama] = howToUse({ path: '/m/a.gguf', format: 'gguf', contextTokens: 4096, gpuLayers: 99, platform: 'linux' })
    expect(llama?.commands[0]?.text).toBe('llama-cli -m /m/a.gguf -c 4096 -ngl 99')
    expect(ollama?.commands[0]?.text).toBe('FROM /m/a.gguf\nPARAMETER num_ctx 4096')
  })

  it('loads each folder as its own loader wants it, and offers no folder to llama.cpp', () => {
    const load = (format: 'safetensors' | 'safetensors-gptq' | 'safetensors-dense') => {
      const ways = howToUse({ path: 'C:\\out\\my model', format, contextTokens: 4096, gpuLayers: 99, platform: 'win32' })
      expect(JSON.stringify(ways)).not.toMatch(/llama|ollama/)
      return ways[0]?.commands.find((each) => each.what === 'Load')?.text ?? ''
    }
    expect(load('safetensors')).toContain('path = "C:\\\\out\\\\my model"')
    expect(load('safetensors')).toContain('trust_remote_code=True')
    expect(load('safetensors-dense')).toContain('from_pretrained(path')
    expect(load('safetensors-dense')).not.toContain('trust_remote_code')
    expect(load('safetensors-gptq')).toContain('GPTQModel.load("C:\\\\out\\\\my model")')
  })
})
