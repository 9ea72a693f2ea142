// Answers a request of didjwt.js.
import {answer} from './contexts.js';
import {verifyES256K} from './didjwt.js';

await answer(verifyES256K);
