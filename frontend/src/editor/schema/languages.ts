/** The languages offered for a code block: those of `grammars.ts`, known here without loading them. */
export const LANGUAGES: readonly (readonly [id: string, name: string])[] = [
  ["bash", "Bash"],
  ["c", "C"],
  ["cpp", "C++"],
  ["csharp", "C#"],
  ["css", "CSS"],
  ["diff", "Diff"],
  ["go", "Go"],
  ["graphql", "GraphQL"],
  ["ini", "INI, TOML"],
  ["java", "Java"],
  ["javascript", "JavaScript"],
  ["json", "JSON"],
  ["kotlin", "Kotlin"],
  ["less", "Less"],
  ["lua", "Lua"],
  ["makefile", "Makefile"],
  ["markdown", "Markdown"],
  ["objectivec", "Objective-C"],
  ["perl", "Perl"],
  ["php", "PHP"],
  ["python", "Python"],
  ["r", "R"],
  ["ruby", "Ruby"],
  ["rust", "Rust"],
  ["scss", "SCSS"],
  ["shell", "Shell session"],
  ["sql", "SQL"],
  ["swift", "Swift"],
  ["typescript", "TypeScript"],
  ["vbnet", "VB.NET"],
  ["wasm", "WebAssembly"],
  ["xml", "HTML, XML"],
  ["yaml", "YAML"],
]

/** Short names people write after a fence. */
const ALIASES: Record<string, string> = {
  js: "javascript",
  jsx: "javascript",
  ts: "typescript",
  tsx: "typescript",
  py: "python",
  sh: "bash",
  zsh: "bash",
  html: "xml",
  svg: "xml",
  yml: "yaml",
  toml: "ini",
  cs: "csharp",
  "c++": "cpp",
  rs: "rust",
  rb: "ruby",
  kt: "kotlin",
  md: "markdown",
  console: "shell",
}

/** The offered language a stored name means, or null: the name itself stays in the document either way. */
export function knownLanguage(stored: unknown): string | null {
  if (typeof stored !== "string") return null
  const name = stored.toLowerCase()
  const id = ALIASES[name] ?? name
  return LANGUAGES.some(([known]) => known === id) ? id : null
}
