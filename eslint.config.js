import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

/** An import points only to a folder earlier in this list. src/README.md says what each holds. */
const folders = [
  'lib',
  'image',
  'drawing',
  'timeline',
  'data',
  'kernels',
  'nn',
  'method',
  'doctor',
  'export',
  'session',
  'bench',
  'selftest',
  'study',
  'keeping',
  'worker',
  'offline',
  'store',
  'ui',
  'cli',
]

/** The leaves: folders that the page may use as well as the worker. */
const leaves = ['lib', 'image', 'drawing', 'timeline']

/** The doors through which the page reaches down, besides the leaves. */
const doors = ['worker/protocol', 'worker/client', 'offline/messages', 'method/config']

/** What a file in `folder` may import from src, as regular expressions on paths below src. */
function allowed(folder) {
  // What stands in for the worker in tests stands behind its door.
  if (folder === 'store')
    return [...leaves.map((leaf) => `${leaf}/`), 'store/', ...doors.map((door) => `${door}$`), 'worker/fake-worker.test-support$']
  if (folder === 'ui') return [...allowed('store'), 'ui/']
  return folders
    .slice(0, folders.indexOf(folder) + 1)
    .filter((other) => !(folder === 'method' && other === 'data'))
    .map((other) => `${other}/`)
}

const clock = 'The same seed must give the same run: use src/lib/random.ts, and leave the clock to the session.'

/** The rules of one folder. */
function rulesOf(folder, { node = folder === 'cli' } = {}) {
  const forbidden = [
    {
      regex: `^(\\.\\./)+(?!${allowed(folder).join('|')})(${folders.join('|')})(/|$)`,
      message: `src/${folder} may not import this; see src/README.md.`,
    },
    ...(node ? [] : [{ regex: '^node:', message: 'Only src/cli and tests know Node.' }]),
    ...(folder === 'store' || folder === 'ui' ? [{ regex: '^@tensorflow/', message: 'TensorFlow.js stays in the worker.' }] : []),
  ]
  const repeatable = [...leaves, 'data', 'nn', 'method'].includes(folder)
  return {
    'no-restricted-imports': ['error', { patterns: forbidden }],
    'no-restricted-syntax': [
      'error',
      // no-restricted-imports does not look at import().
      ...forbidden.map(({ regex, message }) => ({ selector: `ImportExpression[source.value=/${regex.replaceAll('/', '\\/')}/]`, message })),
      ...(repeatable ? [{ selector: ':matches(NewExpression, CallExpression)[callee.name="Date"]', message: clock }] : []),
    ],
    'no-restricted-properties': [
      'error',
      ...(repeatable
        ? [
            ['Math', 'random'],
            ['Date', 'now'],
            ['performance', 'now'],
          ].map(([object, property]) => ({ object, property, message: clock }))
        : []),
    ],
  }
}

export default tseslint.config(
  { ignores: ['dist', 'dist-node', 'out', 'test-results', 'playwright-report'] },
  tseslint.configs.recommended,
  { ...reactHooks.configs.flat.recommended, files: ['src/ui/**'] },
  ...folders.flatMap((folder) => [
    { files: [`src/${folder}/**`], rules: rulesOf(folder) },
    { files: [`src/${folder}/**/*.test.{ts,tsx}`, `src/${folder}/**/*.test-support.ts`], rules: rulesOf(folder, { node: true }) },
  ]),
  {
    files: ['e2e/**'],
    ignores: ['e2e/lab.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: '@playwright/test', importNames: ['test'], message: 'Take it from ./lab: it fails if anything leaves the page.' },
          ],
        },
      ],
    },
  },
  { files: ['src/kernels/webgpu/node-adapter.ts'], rules: rulesOf('kernels', { node: true }) },
)
