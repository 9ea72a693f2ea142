// Times @digitalbazaar/vc verifying a presentation and its credential:
// {contexts, presentation, nonce, domain, rounds} -> {mean}, in microseconds,
// after a tenth of the rounds to warm up.
import {answer} from './contexts.js';
import {verification} from './verification.js';

await answer(async ({rounds, ...request}) => {
  const round = async () => {
    const {verified, error} = await verification(request);
    if(!verified) {
      throw new Error(error);
    }
  };
  for(let i = 0; i < rounds / 10; i++) {
    await round();
  }
  const began = process.hrtime.bigint();
  for(let i = 0; i < rounds; i++) {
    await round();
  }
  return {mean: Number(process.hrtime.bigint() - began) / 1000 / rounds};
});
