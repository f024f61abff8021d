import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { itkPipelines } from './scripts/itk-pipelines.mjs'
import { offline } from './scripts/offline.mjs'

/** With both, the page is cross-origin isolated, which WASM threads need. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Nothing but our own files may run, and nothing may be sent anywhere. Applies to the worker's script as well. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export default defineConfig({
  // Addresses relative to the files they are in, so that the page may lie below any path.
  base: './',
  plugins: [react(), itkPipelines(), offline()],
  worker: { format: 'es' },
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
  preview: {
    host: '127.0.0.1',
    port: 4173,
    strictPort: true,
    headers: {
      ...isolation,
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), bluetooth=(), payment=(), display-capture=()',
    },
  },
})
