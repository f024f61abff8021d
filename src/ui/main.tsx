import { createRoot } from 'react-dom/client'
import { measurementIn } from '../store/address'
import { begin } from '../store/commands'
import { keepOffline } from '../store/offline'
import { watchRequests } from '../store/requests'
import { App } from './app'
import { Boundary, OnDemand } from './boundary'
import { chartPart } from './chart-figure'
import { lazyPart } from './lazy-part'
import './styles/base.css'
import './styles/layout.css'
import './styles/controls.css'
import './styles/data.css'
import './styles/pictures.css'
import './styles/curves.css'

const measurementPage = lazyPart(
  'This page',
  () => import('./measurement-page'),
  ({ MeasurementPage }) => MeasurementPage,
)

// Before anything is asked for.
watchRequests()

const root = createRoot(document.getElementById('root')!)

const measurement = measurementIn(location.search)
if (measurement) {
  root.render(<OnDemand part={measurementPage}>{(MeasurementPage) => <MeasurementPage what={measurement} />}</OnDemand>)
} else {
  begin()
  root.render(
    // The store and the worker outlive a failure of the page, so trying again loses nothing.
    <Boundary what="The page">
      <App />
    </Boundary>,
  )

  // Loaded ahead, so that the first step of a run does not wait for the chart library.
  setTimeout(() => chartPart.loadAhead(), 1000)
}

void keepOffline()
