// The pages Django renders: their styles, and what plain HTML can't do. Every page works without this script too.
import "../design/tokens.css"
import "./page.css"
import "./forms.css"
import "./settings.css"
import { showColors } from "./colors"
import { enableCopying } from "./copying"
import { explainPasskeyFailures } from "./passkeys"
import { enablePasswordControls } from "./passwords"
import { guardSigningOut } from "./signingOut"
import { explainInvalidFields } from "./validation"

// On a phone the settings' menu is one line that scrolls.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" })
showColors()
enablePasswordControls()
explainInvalidFields()
explainPasskeyFailures()
enableCopying()
guardSigningOut()
