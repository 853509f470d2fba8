/**
 * Configuration files, divided into words as their programs divide them. Neither program prints what it has understood:
 * `nginx -T` prints the text, and `haproxy -c` prints nothing. __tests__/config/hostile-values.conformance.test.ts compares
 * both functions with the programs.
 */

export interface Directive {
  /** Its name and its arguments, without quotes and backslashes. */
  readonly words: readonly string[];
  readonly block?: readonly Directive[];
}

/**
 * The directives of an nginx.conf: ngx_conf_read_token of Nginx, character by character.
 * @throws where Nginx would refuse the text
 */
export function nginxDirectives(text: string): Directive[] {
  const opened: { readonly words: readonly string[]; readonly block: Directive[] }[] = [{ words: [], block: [] }];
  const block = () => opened[opened.length - 1]?.block ?? [];
  let words: string[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/[ \t\r\n]/.test(char)) at += 1;
    else if (char === '#') at = (text.indexOf('\n', at) + 1 || text.length + 1) - 1;
    else if (/[;{}]/.test(char)) {
      // A block ends after a whole directive, all else ends one that has begun
      if ((char === '}') === words.length > 0) throw new Error(`unexpected ${char}`);
      if (char === ';') block().push({ words });
      if (char === '{') opened.push({ words, block: [] });
      if (char === '}') {
        const done = opened.pop();
        if (!done || opened.length === 0) throw new Error('unexpected }');
        block().push(done);
      }
      words = [];
      at += 1;
    } else {
      const { word, end } = nginxWord(text, at);
      words.push(word);
      at = end;
    }
  }
  if (words.length > 0 || opened.length > 1) throw new Error('unexpected end of file');
  return block();
}

/** The word that begins there. */
function nginxWord(text: string, start: number): { word: string; end: number } {
  const quote = /["']/.test(text.charAt(start)) ? text.charAt(start) : undefined;
  let variable = false;
  for (let at = quote ? start + 1 : start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '{' && variable) continue;
    variable = char === '$';
    if (char === '\\') at += 1;
    else if (quote ? char === quote : /[ \t\r\n;{]/.test(char)) {
      const end = quote ? at + 1 : at;
      if (quote && !/[ \t\r\n;{)]/.test(text.charAt(end))) throw new Error(`unexpected ${text.charAt(end)}`);
      return { word: unescaped(text.slice(quote ? start + 1 : start, at)), end };
    }
  }
  throw new Error('unexpected end of file');
}

const NGINX_ESCAPES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };
const unescaped = (word: string) => word.replace(/\\(.)/gs, (whole, char: string) => NGINX_ESCAPES[char] ?? whole);

/**
 * The lines of a haproxy.cfg that say something, each as its words: parse_line of HAProxy. A section begins with a line like any other.
 * @param environment which variables in double quotes stand for
 * @throws where HAProxy would refuse the text
 */
export function haproxyLines(text: string, environment: Readonly<Record<string, string>> = {}): string[][] {
  return text
    .split('\n')
    .map((line) => haproxyWords(line, environment))
    .filter((words) => words.length > 0);
}

const SPACE = /^[ \t\r\n\v\f]+/;
const HAPROXY_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function haproxyWords(line: string, environment: Readonly<Record<string, string>>): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  let rest = line.replace(SPACE, '');
  const take = (length: number) => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
  while (rest !== '') {
    const char = take(1);
    // A carriage return ends a line as well; after a space it is one
    if (char === '\r' || char === '\0' || (quote === undefined && char === '#')) break;
    if (quote === undefined && SPACE.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      rest = rest.replace(SPACE, '');
    } else if ((char === '"' || char === "'") && (quote ?? char) === char) {
      quote = quote === undefined ? char : undefined;
      word ??= '';
    } else if (char === '\\' && quote !== "'") {
      const [escape = '', hex] = /^(?:x([0-9a-fA-F]{2})?|[ \\#"'nrt]|\$)/.exec(rest) ?? [];
      if (escape === 'x') throw new Error('truncated or invalid hexadecimal sequence');
      // What needs no backslash keeps it, and so does a variable outside of quotes
      const kept = escape === '' || (escape === '$' && quote === undefined);
      if (!kept) take(escape.length);
      word = `${word ?? ''}${kept ? '\\' : hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (HAPROXY_ESCAPES[escape] ?? escape)}`;
    } else if (char === '$' && quote === '"') {
      const [name = ''] = /^([A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})/.exec(rest) ?? [];
      if (name === '') throw new Error('not a variable that this knows how to read');
      take(name.length);
      word = `${word ?? ''}${environment[name.replace(/[{}]/g, '')] ?? ''}`;
    } else word = `${word ?? ''}${char}`;
  }
  if (quote !== undefined) throw new Error('unmatched quote');
  return word === undefined ? words : [...words, word];
}
