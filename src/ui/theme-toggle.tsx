import { useEffect, useState } from 'react'

type Theme = 'light' | 'dark'

const key = 'theme'

/** The theme chosen on an earlier visit, if the browser kept it; null follows the system. */
function remembered(): Theme | null {
  try {
    const theme = localStorage.getItem(key)
    return theme === 'light' || theme === 'dark' ? theme : null
  } catch {
    return null
  }
}

const systemTheme = (): Theme => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')

export function ThemeToggle() {
  const [theme, setTheme] = useState(() => remembered() ?? systemTheme())
  const [chosen, setChosen] = useState(() => remembered() !== null)

  useEffect(() => {
    if (chosen) document.documentElement.dataset.theme = theme
  }, [theme, chosen])

  useEffect(() => {
    if (chosen) return
    const query = matchMedia('(prefers-color-scheme: dark)')
    const follow = () => setTheme(systemTheme())
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [chosen])

  const other = theme === 'dark' ? 'light' : 'dark'
  const choose = () => {
    setTheme(other)
    setChosen(true)
    try {
      localStorage.setItem(key, other)
    } catch {
      // Without storage the choice lasts until the page is closed.
    }
  }
  return (
    <button type="button" className="icon-button" onClick={choose} aria-label={`Use the ${other} theme`} title={`Use the ${other} theme`}>
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  )
}
