import { useId, type ReactNode } from 'react'

interface PanelProps {
  readonly title: string
  /** One sentence: what this is and why it can be believed. */
  readonly intro?: ReactNode
  readonly className?: string
  readonly children: ReactNode
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
