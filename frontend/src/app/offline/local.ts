import { LocalDatabase } from "../../local/database"

/** What this browser keeps of the one whose page this is, or null while nobody is known. */
let database: LocalDatabase | null = null

/** Once a page: it never becomes that of another account, whose page is loaded anew. */
export function openLocal(user: number): LocalDatabase {
  if (database && database.user !== user) throw new Error("this page is somebody else’s")
  database ??= new LocalDatabase(user)
  return database
}

export const local = (): LocalDatabase | null => database
