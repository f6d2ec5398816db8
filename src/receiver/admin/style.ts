/** One style sheet for light and dark, from 390 pixels up; no script, no font, no image. */
export const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent); --soft: color-mix(in srgb, currentColor 65%, transparent);
  --bad: light-dark(#b3261e, #ff8a80); --good: light-dark(#1b6e3a, #7fd99a); --wait: light-dark(#7a5200, #ffcf70); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1rem 3rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; padding: .75rem 0; border-bottom: 1px solid var(--line); }
header strong { font-size: 1.15rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
nav a[aria-current] { font-weight: 700; text-decoration: none; color: inherit; }
h1 { font-size: 1.4rem; margin: 1.25rem 0 .5rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: end; margin: .75rem 0; }
form > ul.rows { flex: 1 1 100%; }
fieldset { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: end; border: 1px solid var(--line); border-radius: .4rem; }
label { display: grid; font-size: .875rem; } label.grow { flex: 1 1 16rem; }
input, select, button { font: inherit; padding: .35rem .5rem; min-height: 2.4rem; max-width: 100%; }
input[type=checkbox] { min-height: 1.2rem; width: 1.2rem; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
ul.rows { list-style: none; padding: 0; margin: .5rem 0; }
ul.rows > li { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .75rem; margin: .5rem 0; }
ul.plain { list-style: none; padding: 0; margin: .25rem 0; }
code, .id { font-family: ui-monospace, monospace; font-size: .9em; }
.soft { color: var(--soft); } .bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); font-weight: 600; } .wait { color: var(--wait); font-weight: 600; }
.do { border-left: 3px solid currentColor; padding-left: .6rem; margin: .35rem 0; }
.notice { border: 2px solid var(--line); border-radius: .4rem; padding: .6rem .75rem; margin: .75rem 0; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
`;
