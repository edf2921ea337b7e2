import { describe, expect, it } from 'vitest'
import { howToUse, ollamaName, shellQuote } from '../../../src-renderer/result/how-to-use.ts'

describe('how to use the file', () => {
  it.each([
    ['/a/b.gguf', false, '/a/b.gguf'], ['/my models/b.gguf', false, '\'/my models/b.gguf\''], ['/it\'s/b.gguf', false, '\'/it\'\\\'\'s/b.gguf\''],
    ['/a/$HOME.gguf', false, '\'/a/$HOME.gguf\''], ['C:\\m\\b.gguf', true, 'C:\\m\\b.gguf'], ['C:\\my m\\b.gguf', true, '"C:\\my m\\b.gguf"'],
  ])('quotes %s', (path, windows, quoted) => {
    expect(shellQuote(path, windows)).toBe(quoted)
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
