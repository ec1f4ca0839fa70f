// What a reader of a markdown page meets, by a renderer of GitHub-flavoured markdown that is not ours: everything that is more
// than text, and the text that is not code.
//
// usage: node rendered.mjs MARKED PAGE
import fs from 'node:fs';

const [, , library, page] = process.argv;
const { marked } = await import(library);
const found = { links: [], images: [], html: [], headings: [], tables: 0, fences: [], text: [] };

marked.walkTokens(marked.lexer(fs.readFileSync(page, 'utf8'), { gfm: true }), (token) => {
  if (token.type === 'link') found.links.push(token.href);
  if (token.type === 'image') found.images.push(token.href);
  if (token.type === 'html') found.html.push(token.text.trim());
  if (token.type === 'heading') found.headings.push(token.text);
  if (token.type === 'table') found.tables += 1;
  if (token.type === 'code') found.fences.push(token.lang ?? '');
  if (token.type === 'text' && !token.tokens) found.text.push(token.text);
});
console.log(JSON.stringify(found));
