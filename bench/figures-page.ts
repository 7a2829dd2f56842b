const [BEGIN, END] = ['<!-- figures: npm run bench -- --write -->', '<!-- end of figures -->'];

function sectionsIn(text: string): Map<string, string> {
  const sections = text.split(/^(?=### )/m).filter((section) => section.startsWith('### '));
  return new Map(sections.map((section) => [/^### (.*)/.exec(section)?.[1] ?? '', section.trimEnd()]));
}

/**
 * The page with new sections between its two marks, in the order of `names`. A benchmark that did not run keeps its
 * section; one that is not in `names` loses it.
 */
export function replaceSections(
  page: string,
  measured: ReadonlyMap<string, string>,
  names: readonly string[],
): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to === -1) throw new Error(`The page lacks the line ${from === -1 ? BEGIN : END}`);
  const sections = new Map([...sectionsIn(page.slice(from, to)), ...measured]);
  const kept = names.flatMap((name) => sections.get(name) ?? []);
  return `${page.slice(0, from)}${BEGIN}\n\n${kept.join('\n\n')}\n\n${page.slice(to)}`;
}
