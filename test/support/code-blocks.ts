/** The fenced blocks of a language in a Markdown text, indented ones too. */
export function codeBlocks(markdown: string, language: string): string[] {
  const fence = new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm');
  return [...markdown.matchAll(fence)].map(([, block = '']) => block);
}
