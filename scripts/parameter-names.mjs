// A transform of the AssemblyScript compiler: writes the names of the parameters of each exported function into the module, as JSON in a
// separate section, so that src/kernels/wasm/simd.ts calls kernels by name and no list of parameters is kept twice.
import { Transform } from 'assemblyscript/transform'

export default class ParameterNames extends Transform {
  names = {}

  afterParse({ sources }) {
    for (const { statements } of sources.filter(({ sourceKind }) => sourceKind === entry))
      for (const { flags, name, signature } of statements)
        // Only functions have signatures.
        if (signature && flags & exported) this.names[name.text] = signature.parameters.map((parameter) => parameter.name.text)
  }

  afterCompile(module) {
    module.addCustomSection('parameters', new TextEncoder().encode(JSON.stringify(this.names)))
  }
}

/** SourceKind.UserEntry of the compiler: a file that it was given by name. */
const entry = 1
/** CommonFlags.Export of the compiler. */
const exported = 2
