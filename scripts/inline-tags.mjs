// A transform of the AssemblyScript compiler: inlines the functions whose comment has the tag @inline. Its own language has a decorator for
// that, which no formatter or linter of TypeScript takes before a function.
import { Node } from 'assemblyscript'
import { Transform } from 'assemblyscript/transform'

export default class InlineTags extends Transform {
  afterParse({ sources }) {
    for (const { statements, text } of sources)
      // Only functions have signatures.
      for (const statement of statements.filter(({ signature }) => signature)) {
        const before = text.slice(0, statement.range.start).trimEnd()
        if (!before.endsWith('*/') || !before.slice(before.lastIndexOf('/**')).includes('@inline')) continue
        const name = Node.createIdentifierExpression('inline', statement.range)
        statement.decorators = [...(statement.decorators ?? []), Node.createDecorator(name, null, statement.range)]
      }
  }
}
