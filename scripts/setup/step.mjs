// @ts-check
// What a step of set-up is, and what it works with.

/**
 * @typedef {object} Context
 * @property {string} root the project
 * @property {string} home where the site's own files go
 * @property {string} cache where big things that outlive node_modules go
 * @property {string} log
 * @property {NodeJS.ProcessEnv} env
 * @property {boolean} terminal someone can be asked for a sudo password
 * @property {boolean} system false: nothing outside the folder may be touched
 * @property {boolean} tests also what `npm test` needs
 * @property {(text: string) => void} detail shows what is being done just now
 * @property {(text: string) => void} note says something that stays on the screen
 * @property {(held: boolean) => void} hold leaves the terminal to a program that asks
 * @property {() => string} node the suitable Node
 */

/**
 * @typedef {object} Step
 * @property {string} id
 * @property {{ en: string, zh: string }} name
 * @property {(context: Context) => string[]} touches packages and paths, for the question before anything is done
 * @property {(context: Context) => boolean} done quick; true only after an earlier run ended well
 * @property {(context: Context) => Promise<void>} run resumes where an interrupted run left off, where it can
 */

export {};
