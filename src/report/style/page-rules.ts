/** How a page looks: its frame, and what several sections share. */
export const pageRules = `
*{box-sizing:border-box}
html{font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color:var(--text);background:var(--ground);-webkit-text-size-adjust:100%}
:root:has(#theme-light:checked){color-scheme:light}
:root:has(#theme-dark:checked){color-scheme:dark}
body{margin:0 auto;max-width:74rem;padding:1.5rem 1.5rem 4rem;font-variant-numeric:tabular-nums}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.8667rem}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:1px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
h1{font-size:1.65rem;line-height:1.25;margin:0;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0;font-weight:650}
p{margin:0}
.muted,.quiet{color:var(--muted)}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:1rem;top:-4rem;background:var(--card);padding:.4rem .8rem;border:1px solid var(--line)}
.skip:focus{top:.5rem}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.5rem 1rem;margin-bottom:1.75rem;color:var(--muted);font-size:.8667rem}
.choice{display:inline-flex;border:1px solid var(--line);border-radius:6px;padding:0;margin:0;background:var(--card);font-size:.8667rem}
.choice input{position:absolute;opacity:0;width:1px;height:1px}
.choice label{padding:.2rem .7rem;cursor:pointer;color:var(--muted);border-radius:5px;white-space:nowrap}
.choice label:has(:checked){background:var(--faint);color:var(--text);font-weight:600}
.choice label:has(:focus-visible){outline:2px solid var(--link);outline-offset:1px}
.state{display:flex;flex-wrap:wrap;gap:.25rem .75rem;margin-top:.35rem;align-items:baseline}
.badge{font-weight:600}
.badge::before{content:"";display:inline-block;width:.6em;height:.6em;border-radius:50%;background:currentColor;margin-right:.45em}
.badge.completed{color:var(--hit)}
.badge.error{color:var(--error)}
.badge.canceled{color:var(--muted)}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1px;margin:1.25rem 0 0;background:var(--line);border:1px solid var(--line);border-radius:8px;overflow:hidden}
.numbers div{background:var(--card);padding:.7rem .9rem .75rem}
.numbers dt{color:var(--muted);font-size:.8rem}
.numbers dd{margin:0;font-size:1.3rem;font-weight:600;line-height:1.3}
.numbers .note{display:block;font-size:.8rem;font-weight:400;color:var(--muted)}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1.1rem;margin:0;font-size:.8667rem}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
.about{margin-top:1.1rem}
.failure{overflow-wrap:anywhere;margin-top:1.25rem;border:1px solid var(--error);border-left-width:4px;border-radius:8px;background:var(--card);padding:.8rem 1rem}
.failure pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.failure .said{font-weight:600;color:var(--error)}
.failure .hint{margin-top:.25rem;font-size:.9333rem}
.failure pre+.said{margin-top:.35rem}
.failure .where{margin-top:.5rem;font-size:.8667rem}
nav{margin:1.75rem 0 0;border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:0 1.4rem;font-size:.9333rem}
nav a{padding:.35rem 0;text-decoration:none}
nav a:hover{text-decoration:underline}
section{margin-top:2rem;scroll-margin-top:1rem}
.head{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.5rem 1rem;margin-bottom:.7rem}
.head .quiet{font-size:.8667rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px}
.scroll{overflow:auto;max-height:44rem;padding:.5rem}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;margin:.6rem 0 0;padding:0;list-style:none;color:var(--muted);font-size:.8rem}
.legend li::before{content:"";display:inline-block;width:.7em;height:.7em;border-radius:2px;background:var(--idle);margin-right:.4em}
.legend .hit::before{background:var(--hit)}
.legend .ran::before{background:var(--ran)}
.legend .critical::before{background:var(--critical)}
.legend .error::before{background:var(--error)}
.legend .unknown::before{background:var(--unknown)}
.legend .base::before{background:var(--line)}
.legend .wait::before{height:2px;width:1.2em;vertical-align:.3em;border-radius:0}
footer{margin-top:3rem;color:var(--muted);font-size:.8rem;border-top:1px solid var(--line);padding-top:.7rem}
@media (max-width:40rem){
body{padding:1rem 1rem 3rem}
h1{font-size:1.35rem}
.numbers{grid-template-columns:repeat(2,1fr)}
.numbers div:last-child:nth-child(odd){grid-column:span 2}
.facts{grid-template-columns:5.2rem minmax(0,1fr);gap:.15rem .6rem}
}
@media print{
:root,:root:has(#theme-dark:checked){color-scheme:light}
html{font-size:10pt;background:none}
body{max-width:none;padding:0}
*{print-color-adjust:exact}
.top fieldset,.skip,nav,.head fieldset{display:none}
.scroll{overflow:visible;max-height:none}
.scroll .graph{max-width:100%;height:auto}
section{break-inside:auto}
h2{break-after:avoid}
}
`
