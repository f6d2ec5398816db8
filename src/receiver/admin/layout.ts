import { type Html, type HtmlValue, html } from './html.ts';

export type Section = 'search' | 'dead-letters' | 'waiting' | 'rules';

const SECTIONS: readonly { readonly section: Section; readonly path: string; readonly name: string }[] = [
  { section: 'search', path: '/admin', name: 'Search' },
  { section: 'dead-letters', path: '/admin/dead-letters', name: 'Dead letters' },
  { section: 'waiting', path: '/admin/waiting', name: 'Waiting' },
  { section: 'rules', path: '/admin/rules', name: 'Rules' },
];

/** A whole page. `notice` reports what was just done. */
export function page(section: Section | null, title: string, content: HtmlValue, notice: string | null = null): Html {
  const links = SECTIONS.map(({ section: each, path, name }) =>
    each === section ? html`<a href="${path}" aria-current="page">${name}</a>` : html`<a href="${path}">${name}</a>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - hookpatch</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/admin/style.css">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header><strong>hookpatch</strong><nav aria-label="Sections">${links}</nav></header>
<main id="main">
<h1>${title}</h1>
${notice !== null && html`<p class="notice" role="status">${notice}</p>`}
${content}
</main>
</body>
</html>
`;
}

export function field(name: string, label: string, value: string | undefined, hint = ''): Html {
  return html`<label>${label}<input name="${name}" value="${value}" placeholder="${hint}" autocomplete="off"></label>`;
}

/** A list to choose from; its first choice means no choice. */
export function choice(name: string, label: string, values: readonly string[], chosen: string | undefined): Html {
  const options = values.map((value) =>
    value === chosen ? html`<option selected>${value}</option>` : html`<option>${value}</option>`,
  );
  return html`<label>${label}<select name="${name}"><option value="">any</option>${options}</select></label>`;
}

export function timeOf(epochMs: number): Html {
  const iso = new Date(epochMs).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

export function conversationLink(conversationId: string): Html {
  return html`<a class="id" href="/admin/conversations/${encodeURIComponent(conversationId)}">${conversationId}</a>`;
}
