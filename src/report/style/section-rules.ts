/** How the sections of a report look. */
export const stepRules = `
.axis{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr) 6rem;gap:1rem;padding:.45rem 1rem .3rem;font-size:.7333rem;color:var(--muted);border-bottom:1px solid var(--line)}
.axis>span:first-child{padding-left:1rem}
.axis .ticks{display:flex;justify-content:space-between}
.axis .last{text-align:right}
.steps{list-style:none;margin:0;padding:0}
.step+.step{border-top:1px solid var(--faint)}
.step summary{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr) 6rem;gap:1rem;align-items:center;padding:.4rem 1rem;cursor:pointer;list-style:none}
.step summary::-webkit-details-marker{display:none}
.step .what{position:relative;padding-left:1rem}
.step .what::before{content:"";position:absolute;left:.1rem;top:.5em;width:.35em;height:.35em;border:solid var(--muted);border-width:0 1.5px 1.5px 0;transform:rotate(-45deg)}
.step details[open] .what::before{transform:rotate(45deg)}
.step summary:hover{background:var(--well)}
.step summary:focus-visible{outline-offset:-2px}
.step .what{min-width:0;font-size:.8667rem;line-height:1.4}
.step .line{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.step .place{color:var(--muted);margin-right:.5em;font-size:.8rem}
.step .why{color:var(--muted);font-size:.8rem}
.step .took{text-align:right;font-size:.8667rem;white-space:nowrap}
.step.cached .took,.step.not-run .took,.step.canceled .took{color:var(--muted)}
.step.error .took,.step.error .why{color:var(--error)}
.step.not-run .what,.step.canceled .what{color:var(--muted)}
.step.heavy .took{font-weight:600}
.step.heavy.critical .took{color:var(--critical)}
.step.error .took{color:var(--error);font-weight:600}
.step[hidden]{display:none}
.bar{display:block;width:100%;height:14px;background:linear-gradient(to right,var(--faint) 1px,transparent 1px) 0 0/25% 100%;border-right:1px solid var(--faint)}
.bar .did{fill:var(--ran)}
.cached .bar .did{fill:var(--hit)}
.ran.critical .bar .did{fill:var(--critical)}
.error .bar .did{fill:var(--error)}
.canceled .bar .did{fill:var(--idle)}
.bar .wait{fill:var(--idle)}
.step details[open] summary{background:var(--well)}
.inside{padding:.7rem 1rem 1rem;border-top:1px solid var(--faint)}
.inside:target{box-shadow:inset 3px 0 0 var(--link)}
.inside .log{margin-top:.7rem}
.log{background:var(--well);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;max-height:32rem;overflow:auto}
.log.end{display:flex;flex-direction:column-reverse}
.log pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45;font-size:.8rem;tab-size:8}
.log em{color:var(--muted)}
.inside .quiet{margin-top:.7rem;font-size:.8667rem}
.cut{margin:.6rem 0;color:var(--muted);font-size:.8667rem}
.cut+.log{margin-top:0}
#steps:has(#show-ran:checked) .step:not(.ran,.error,.canceled),#steps:has(#show-critical:checked) .step:not(.critical){display:none}
.paths{margin:.15rem 0 0;padding:0;list-style:none}
@media (max-width:40rem){
.axis{grid-template-columns:minmax(0,1fr)}
.axis>span{display:none}
.axis,.step summary,.inside{padding-left:.75rem;padding-right:.75rem}
.step summary{grid-template-columns:minmax(0,1fr) auto;gap:.3rem .75rem}
.step .bar{grid-column:1/-1;grid-row:2;height:10px}
.step .line{white-space:normal;overflow-wrap:anywhere;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical}
}
@media print{
.step{display:block!important;break-inside:avoid}
.step:has([open]){break-inside:auto}
.log{max-height:none;overflow:visible}
}
`

export const sizeRules = `
.treemap{display:block;width:100%;height:auto}
.treemap rect{fill:var(--card)}
.treemap .fill{fill:color-mix(in oklab,var(--ran) 22%,var(--card));stroke:var(--card);stroke-width:2}
.treemap .base .fill{fill:color-mix(in oklab,var(--idle) 20%,var(--card))}
.treemap text{fill:var(--text);font-size:12px;font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
.treemap .size{font-weight:600}
.treemap.narrow{display:none}
.sizes{width:100%;border-collapse:collapse;font-size:.8667rem;margin-top:.8rem}
.sizes th{font-weight:400;color:var(--muted);text-align:left;font-size:.8rem;padding:.2rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
.sizes td{padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--faint);vertical-align:top}
.sizes .number{text-align:right;white-space:nowrap;width:1%}
.sizes td:last-child{overflow-wrap:anywhere}
.sizes a{text-decoration:none}
.sizes a:hover{text-decoration:underline}
.image summary{padding:.5rem 0;cursor:pointer;color:var(--muted);font-size:.8667rem}
.image details .sizes{margin-top:0}
.image+.image{margin-top:1.5rem}
.image h3{font-size:.9333rem;margin:0 0 .5rem;font-weight:600;overflow-wrap:anywhere}
@media (max-width:40rem){
.treemap.wide{display:none}
.treemap.narrow{display:block}
}
`

export const dockerfileRules = `
.source{margin:0;padding:.4rem 0;list-style:none;font-size:.8rem;line-height:1.55}
.source li{display:grid;grid-template-columns:3.2rem minmax(0,1fr) max-content;gap:0 .9rem;padding:0 1rem 0 0;border-left:3px solid transparent}
.source .n{color:var(--muted);text-align:right;user-select:none;font-size:.75rem;line-height:1.65rem}
.source code{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.8rem;line-height:1.5rem;min-height:1.5rem}
.source .cost{font-size:.8rem;line-height:1.5rem;color:var(--muted);text-align:right}
.source .cost a{text-decoration:none;color:inherit}
.source .heavy .cost{font-weight:600}
.source .heavy.critical .cost{color:var(--critical)}
.source .cost a:hover{text-decoration:underline}
.source .cached{border-left-color:var(--hit)}
.source .ran{border-left-color:var(--ran)}
.source .ran.critical{border-left-color:var(--critical)}
.source .ran.heavy{background:color-mix(in oklab,var(--ran) 8%,var(--card))}
.source .critical.heavy{background:color-mix(in oklab,var(--critical) 8%,var(--card))}
.source .source-of{border-left-color:var(--line)}
.source .error{border-left-color:var(--error);background:color-mix(in oklab,var(--error) 8%,var(--card))}
.source .canceled,.source .not-run{border-left-color:var(--idle)}
.source li:target{background:var(--well)}
@media (max-width:40rem){
.source li{grid-template-columns:1.9rem minmax(0,1fr);gap:0 .6rem;padding-right:.6rem}
.source .cost{grid-column:2;text-align:left}
.source .cost:empty{display:none}
}
`

/** The list of a plan. */
export const planRules = `
.plan{list-style:none;margin:0;padding:.3rem 0;font-size:.8667rem}
.plan li{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1.5rem;padding:.3rem 1rem;border-left:3px solid var(--line);overflow-wrap:anywhere}
.plan .name{flex:1 1 18rem;min-width:0}
.plan .note{color:var(--muted);font-size:.8rem;max-width:100%}
.plan .hit{border-left-color:var(--hit)}
.plan .miss{border-left-color:var(--ran)}
.plan .unknown{border-left-color:var(--unknown)}
.plan .error{border-left-color:var(--error)}
.plan li:target{background:var(--well)}
`
