// Tells opencode's model what is new in an orgpost inbox. Written by `orgpost hooks install`, taken
// away by `orgpost hooks uninstall`; what you change here keeps both from touching the file.
//
// The gate is asked once for a session, and again only when a file that could make news has
// changed; a call to the model waits for it at most a second.
import { spawn } from "node:child_process"
import { readdir, stat } from "node:fs/promises"

const COMMAND = []
const SPACE = ""
const ACTOR = ""
const LONGEST_MS = 1000

// Where mail of this actor may appear; without a name, of anybody.
async function watched() {
  const mail = `${SPACE}/org/messaging`
  const files = [`${mail}/contacts.yaml`, `${SPACE}/settings.local.yaml`]
  for (const folder of [`${mail}/inbox`, `${mail}/agents`, `${SPACE}/.orgpost/journal`]) {
    const names = await readdir(folder).catch(() => [])
    const ours = names.filter((name) => !ACTOR || name.replace(/^.*\+/, "").startsWith(`${ACTOR}.org`))
    files.push(...ours.map((name) => `${folder}/${name}`))
  }
  return files
}

// What tells one state of these files from the next; empty where nothing can.
async function state() {
  if (!SPACE) return ""
  const facts = await Promise.all(
    (await watched()).map(async (file) => {
      const found = await stat(file, { bigint: true }).catch(() => null)
      return found ? `${file} ${found.mtimeNs} ${found.size} ${found.ino}` : file
    }),
  )
  return facts.join("\n")
}

// The gate's answer; null where it has none in time.
function ask(said) {
  return new Promise((resolve) => {
    const gate = spawn(COMMAND[0], COMMAND.slice(1), { stdio: ["pipe", "pipe", "ignore"] })
    const late = setTimeout(() => (gate.kill("SIGKILL"), resolve(null)), LONGEST_MS)
    const pieces = []
    gate.stdout.on("data", (piece) => pieces.push(piece))
    gate.stdin.on("error", () => {})
    gate.on("error", () => (clearTimeout(late), resolve(null)))
    gate.on("close", () => (clearTimeout(late), resolve(Buffer.concat(pieces).toString().trimEnd())))
    gate.stdin.end(JSON.stringify(said))
  })
}

export const Orgpost = async ({ directory }) => {
  const known = new Map()
  return {
    "experimental.chat.system.transform": async (input, output) => {
      const session = input?.sessionID ?? ""
      const before = await state()
      let told = known.get(session)
      if (!told || !before || told.state !== before) {
        const text = await ask({ cwd: directory, ...(session ? { sessionID: session } : {}) })
        told = text === null ? told : { state: before, text }
        if (told) known.set(session, told)
      }
      if (!told?.text) return
      const last = output.system.length - 1
      if (last < 0) output.system.push(told.text)
      else output.system[last] = `${output.system[last]}\n\n${told.text}`
    },
  }
}
