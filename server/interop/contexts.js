// A document loader over the contexts that npm packages publish, those of a
// request, and nothing else: no test may reach the network.
import * as credentials from '@digitalbazaar/credentials-context';
import * as dataIntegrity from '@digitalbazaar/data-integrity-context';
import ed2018 from 'ed25519-signature-2018-context';
import ed2020 from 'ed25519-signature-2020-context';

export function loader(extra) {
  const known = new Map([
    ...credentials.contexts, ...dataIntegrity.default.contexts, ...ed2018.contexts, ...ed2020.contexts, ...Object.entries(extra ?? {})
  ]);
  return async url => {
    if(!known.has(url)) {
      throw new Error(`not loaded: ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document: known.get(url)};
  };
}

// answer reads a request from standard input and writes what f makes of it.
export async function answer(f) {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
  }
  process.stdout.write(JSON.stringify(await f(JSON.parse(text))));
}
