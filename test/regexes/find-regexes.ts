import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ts } from '@ts-morph/common';

export interface FoundRegex {
  /** `file:line`. */
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression of a source file: literals, and the constant texts that are given to `RegExp`. */
export function findRegexes(file: string, root: string): readonly FoundRegex[] {
  const tree = ts.createSourceFile(
    file,
    readFileSync(path.join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const found: FoundRegex[] = [];
  const visit = (node: ts.Node): void => {
    const regex = regexOf(node);
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    if (regex) found.push({ place: `${file}:${line + 1}`, ...regex });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function regexOf(node: ts.Node): Pick<FoundRegex, 'source' | 'flags'> | null {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/');
    return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
  }
  if (!ts.isNewExpression(node) || node.expression.getText() !== 'RegExp') return null;
  const [source, flags] = node.arguments ?? [];
  if (!source || !ts.isStringLiteralLike(source)) return null;
  return { source: source.text, flags: flags && ts.isStringLiteralLike(flags) ? flags.text : '' };
}
