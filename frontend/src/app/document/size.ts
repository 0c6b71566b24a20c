import type { SizeNotice } from "../../sync"

/** In the unit that operators set the limit in, with as many digits as say something. */
export function bytesText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"]
  let unit = 0
  let value = bytes
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[unit]}`
}

/** What the size of a document means for who writes in it. */
export function describeSize(size: SizeNotice, waiting: number, kept: boolean): { title: string; message: string } {
  if (size.state !== "full") {
    return {
      title: "This document is getting large",
      message: `It takes ${bytesText(size.bytes)} of the ${bytesText(size.limit)} that one document may. Go on in a new one before it is full.`,
    }
  }
  const one = waiting === 1
  const lost = `${one ? "1 edit" : `${waiting} edits`} found no place and ${one ? "is" : "are"} only in this ${kept ? "browser" : "tab"}. `
  return {
    title: "This document is full",
    message: `${waiting > 0 ? lost : ""}It can be read, and not changed. Go on in a new document, or ask who runs this Weft to make room: then ${waiting > 0 ? "they are saved by themselves" : "it goes on here"}.`,
  }
}
