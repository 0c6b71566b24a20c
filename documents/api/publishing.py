"""Publishing by HTTP, for programs that don't reach Redis: the same envelope, and the answer at once."""

from django.http import HttpRequest
from ninja import Router

from documents import actions
from documents.api import schemas
from documents.api.throttling import refuse_guesses
from documents.envelope import Refused

router = Router(tags=["publishing"])


# The envelope's signature is all the proof there is.
@router.post("/publish", response=schemas.Published, auth=None, openapi_extra={"security": [{}]})
def publish(request: HttpRequest, payload: schemas.SignedEnvelope) -> schemas.Published:
    """Tell somebody something, in the name of the installation. docs/publishing.md describes the envelope."""
    try:
        # Half a surrogate pair can be in JSON; as bytes it fits no signature and is no text.
        verdict = actions.publish(payload.payload.encode(errors="surrogatepass"), payload.signature)
    except Refused as refusal:
        if refusal.code == "bad_signature":
            refuse_guesses(request)
        raise
    return schemas.Published(verdict="accepted" if verdict == "accepted" else "replayed")
