import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { headers, isolation, ownPolicy } from './scripts/headers.mjs'
import { itkPipelines } from './scripts/itk-pipelines.mjs'
import { licences } from './scripts/licenses.mjs'
import { offline } from './scripts/offline.mjs'

/** The policy in the page itself as well, for hosts that send no headers. */
const statedPolicy: Plugin = {
  name: 'stated-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: ownPolicy }, injectTo: 'head-prepend' },
    { tag: 'meta', attrs: { name: 'referrer', content: headers['Referrer-Policy'] }, injectTo: 'head-prepend' },
  ],
}

const { page: licencesOfPage, worker: licencesOfWorker } = licences()

export default defineConfig({
  // Addresses relative to the files they are in, so that the page may lie below any path.
  base: './',
  plugins: [react(), itkPipelines(), statedPolicy, licencesOfPage, offline()],
  worker: { format: 'es', plugins: () => [licencesOfWorker()] },
  build: {
    target: 'es2022',
    // The polyfill would be inline code, and inlined assets data: addresses; the policy allows neither.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // Recharts comes in its own lazy chunk, and the worker carries TensorFlow.js; scripts/bundle.mjs sets the limit that matters.
    chunkSizeWarningLimit: 5000,
  },
  // No policy in development: React's fast refresh and Vite's client put code inline.
  server: { host: '127.0.0.1', port: 5173, strictPort: true, headers: isolation },
  // Only for whoever starts it by hand: npm start serves by scripts/server.mjs.
  preview: { host: '127.0.0.1', port: 4173, strictPort: true, headers },
})
