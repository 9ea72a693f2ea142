// Reads {task, request} and prints what became of it.
import { readFileSync } from "node:fs";
import { perform } from "./tasks.js";

process.stdout.write(JSON.stringify(await perform(JSON.parse(readFileSync(0, "utf8")))));
