/** How pictures of graphs look, in a page and as files. */
export const graphRules = `
.graph{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px;display:block;margin:0 auto}
.graph text{fill:var(--text)}
.graph .small{font-size:11px;fill:var(--muted)}
.graph .ground{fill:var(--ground)}
.graph .box{fill:var(--card);stroke:var(--line)}
.graph .edge{fill:var(--idle)}
.graph .source .edge{fill:var(--line)}
.graph .source .box{fill:var(--well)}
.graph .hit .edge{fill:var(--hit)}
.graph .miss .edge{fill:var(--ran)}
.graph .miss.critical .edge{fill:var(--critical)}
.graph .unknown .edge{fill:var(--unknown)}
.graph .error .edge{fill:var(--error)}
.graph .error .box{stroke:var(--error)}
.graph .error .note{fill:var(--error)}
.graph .idle text{fill:var(--muted)}
.graph .arrow{fill:none;stroke:var(--idle);stroke-width:1.2;opacity:.75}
.graph .arrow.critical{stroke:var(--critical);stroke-width:2;opacity:1}
.graph a:focus-visible{outline:none}
.graph a:focus-visible .box,.graph a:hover .box{stroke:var(--link);stroke-width:2}
`
