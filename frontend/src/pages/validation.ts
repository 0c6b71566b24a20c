type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

/**
 * Says what is missing under the field itself, in the page's words and design, instead of the browser's bubble that one
 * can't read twice. The server checks everything again.
 */
export function explainInvalidFields(root: ParentNode = document): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form.form")) {
    form.noValidate = true
    form.addEventListener("submit", (event) => {
      const fields = [...form.querySelectorAll<Field>("input, textarea, select")]
      const invalid = fields.filter((field) => !field.validity.valid)
      fields.forEach(clear)
      invalid.forEach(explain)
      if (invalid[0]) {
        event.preventDefault()
        invalid[0].focus()
      }
    })
    form.addEventListener("input", (event) => {
      const field = event.target as Field
      if (field.getAttribute("aria-invalid") === "true" && field.validity.valid) clear(field)
    })
  }
}

export function advice(field: Field): string {
  const label = field.labels?.[0]?.firstChild?.textContent?.trim() ?? "this"
  if (field.validity.valueMissing) return `Fill in “${label}”.`
  if (field.validity.typeMismatch && field.type === "email") return "Write an address like ann@example.com."
  if (field.validity.tooLong) return "Make it shorter."
  return field.validationMessage
}

function explain(field: Field): void {
  const id = `${field.id}_error`
  const message = document.createElement("p")
  message.className = "field-error"
  message.id = id
  message.setAttribute("role", "alert")
  message.textContent = advice(field)
  const wrapper = field.closest(".field")
  wrapper?.classList.add("is-invalid")
  const help = wrapper?.querySelector(".field-help")
  if (help) help.before(message)
  else wrapper?.append(message)
  field.setAttribute("aria-invalid", "true")
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id)
  field.setAttribute("aria-describedby", [...described, id].join(" "))
}

function clear(field: Field): void {
  const wrapper = field.closest(".field")
  wrapper?.classList.remove("is-invalid")
  wrapper?.querySelectorAll(".field-error").forEach((message) => message.remove())
  field.removeAttribute("aria-invalid")
}
