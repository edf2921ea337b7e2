/** A part the machine lacks: what that costs and what to do about it. */
export interface MissingWords {
  readonly title: string
  readonly cost: string
  readonly remedy: string
}

type MissingId = 'electron' | 'cuda' | 'native-kernels' | 'llama-gpu' | 'llama'

const MISSING: Readonly<Record<MissingId, MissingWords>> = {
  electron: {
    title: 'Running in your browser instead of a window of its own',
    cost: 'Everything works; folders are typed or pasted instead of picked.',
    remedy: 'Run npm start again when the network allows the Electron download.',
  },
  cuda: {
    title: 'The NVIDIA graphics card is not used',
    cost: 'Calibration and the quality check run on the processor, which is slower. The result is the same.',
    remedy: 'Install the NVIDIA driver and the CUDA 12 runtime, then restart Whittle.',
  },
  'native-kernels': {
    title: 'The fast encoder is not built',
    cost: 'Encoding uses the slower built-in version. The result is the same, byte for byte.',
    remedy: 'Install a C++ compiler and CMake, then run npm start again.',
  },
  'llama-gpu': {
    title: 'llama.cpp checks the file without the graphics card',
    cost: 'The last check takes longer on large models.',
    remedy: 'Run npm install with the package for your card, for example @node-llama-cpp/linux-x64-vulkan.',
  },
  llama: {
    title: 'llama.cpp is not available on this machine',
    cost: 'Finished files are measured by Whittle, but not verified by an outside engine.',
    remedy: 'Run npm install again with a working network; the file itself is not affected.',
  },
}

/** The words for one missing part. */
export function missingWords(id: MissingId): MissingWords {
  return MISSING[id]
}
