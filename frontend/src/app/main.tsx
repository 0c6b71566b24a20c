import "@mantine/core/styles.css"
import "@mantine/notifications/styles.css"
import "@mantine/spotlight/styles.css"
import "../design/tokens.css"
import "./base.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./App"

const root = document.getElementById("app")
if (!root) throw new Error("the page has no #app")
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
