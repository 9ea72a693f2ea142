// Answers a request of verification.js.
import {answer} from './contexts.js';
import {verification} from './verification.js';

await answer(verification);
