import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface PanelProps {
  readonly title: string
  /** One sentence: what this is and why it can be believed. */
  readonly intro?: ComponentChildren
  readonly className?: string
  readonly children: ComponentChildren
}

/** A titled part of the page; its title names the region. */
export function Panel({ title, intro, className = '', children }: PanelProps) {
  const titleId = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      {intro === undefined ? undefined : <p className="intro">{intro}</p>}
      {children}
    </section>
  )
}
