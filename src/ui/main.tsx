import { createRoot } from 'react-dom/client'
import { begin } from '../store/commands'
import { App } from './app'
import './styles/base.css'
import './styles/layout.css'
import './styles/controls.css'
import './styles/data.css'
import './styles/pictures.css'
import './styles/curves.css'

const root = createRoot(document.getElementById('root')!)

if (new URLSearchParams(location.search).has('bench')) {
  void import('./bench-page').then(({ BenchPage }) => root.render(<BenchPage />))
} else {
  begin()
  root.render(<App />)

  // Read ahead, so that the first step of a run does not wait for the chart library.
  setTimeout(() => void import('./chart'), 1000)
}
