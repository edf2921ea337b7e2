import { describe, expect, it } from 'vitest'
import { howToUse, ollamaName } from '../../../src-renderer/result/how-to-use.ts'

describe('how to use the file', () => {
  it('says for which shell a line is where it is not for both of Windows\'s', () => {
    const line = (path: string) => howToUse({ path, format: 'gguf', contextTokens: 4096, gpuLayers: 99, platform: 'win32' })[0]?.commands[0]
    expect(line('C:\\my models\\a.gguf')).toEqual({ what: 'Chat', text: 'llama-cli -m "C:\\my models\\a.gguf" -c 4096 -ngl 99' })
    expect(line('C:\\$(calc)\\a.gguf')).toEqual({ what: 'Chat (PowerShell)', text: 'llama-cli -m \'C:\\$(calc)\\a.gguf\' -c 4096 -ngl 99' })
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
