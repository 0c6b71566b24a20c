export type Strength = { level: 0 | 1 | 2 | 3; advice: string }

const SHORTEST = 8
const KEYBOARD_RUNS = "abcdefghijklmnopqrstuvwxyz 01234567890 qwertyuiop asdfghjkl zxcvbnm"
const COMMON = ["password", "letmein", "welcome", "iloveyou", "football", "monkey", "dragon", "sunshine", "princess", "admin"]

/**
 * A hint while typing. The server decides; this only steers early, mostly towards length, which is what helps.
 * `known` are things about the person that an attacker tries first.
 */
export function judge(password: string, known: string[] = []): Strength {
  if (password.length < SHORTEST) {
    const missing = SHORTEST - password.length
    return { level: 0, advice: `${missing} more character${missing === 1 ? "" : "s"} at least.` }
  }
  const plain = password.toLowerCase()
  if (known.some((word) => word.length >= 4 && plain.includes(word.toLowerCase()))) {
    return { level: 1, advice: "Leave your name and address out: they are tried first." }
  }
  if (COMMON.some((word) => plain.includes(word)) || isRun(plain)) {
    return { level: 1, advice: "Patterns and common words are guessed quickly. Use a few unrelated ones." }
  }
  const different = new Set(plain).size
  if (different < 5) return { level: 1, advice: "Too much of the same. Mix in other characters." }
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length
  const weight = password.length + 2 * (kinds - 1)
  if (weight < 13) return { level: 2, advice: "Fair. Longer is stronger." }
  return { level: 3, advice: "Strong." }
}

/** Four or more neighbours on the keyboard or in the alphabet, making up half the password. */
function isRun(plain: string): boolean {
  for (let length = plain.length; length >= Math.max(4, plain.length / 2); length--) {
    for (let start = 0; start + length <= plain.length; start++) {
      if (KEYBOARD_RUNS.includes(plain.slice(start, start + length))) return true
    }
  }
  return false
}

export function enablePasswordControls(root: ParentNode = document): void {
  for (const input of root.querySelectorAll<HTMLInputElement>('input[type="password"]')) {
    enableShowing(input)
    if (input.autocomplete === "new-password") addMeter(input)
  }
}

function enableShowing(input: HTMLInputElement): void {
  const button = input.parentElement?.querySelector<HTMLButtonElement>(".show-password")
  if (!button) return
  button.hidden = false
  button.addEventListener("click", () => {
    const show = input.type === "password"
    input.type = show ? "text" : "password"
    button.setAttribute("aria-pressed", String(show))
    input.focus()
  })
  // Browsers offer to save a password field, not a text field.
  input.form?.addEventListener("submit", () => {
    input.type = "password"
  })
}

function addMeter(input: HTMLInputElement): void {
  const meter = document.createElement("p")
  meter.className = "strength"
  meter.setAttribute("role", "status")
  meter.hidden = true
  input.closest(".password")?.after(meter)
  input.addEventListener("input", () => {
    const about = [...(input.form?.querySelectorAll<HTMLInputElement>('[name="name"], [name="email"]') ?? [])]
    const known = about.flatMap((field) => field.value.split(/[\s@.]+/))
    const { level, advice } = judge(input.value, known)
    meter.hidden = input.value === ""
    meter.dataset.level = String(level)
    meter.textContent = advice
  })
}
