"""A whole Weft in front of real browsers: Debian's Chromium and Firefox ESR, each test in both.

`./test browser --browser firefox -k keyboard` picks; `--headed`, `--tracing on` and `--screenshot only-on-failure` are
pytest-playwright's own.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, StorageState, expect

from tests.acceptance.installation import running
from tests.browser.office import Office
from tests.browser.person import Person

# Two busy cores stretch everything; a condition that holds is seen at once whatever the patience.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)

LAUNCH: dict[str, dict[str, Any]] = {
    "chromium": {
        "programs": ("chromium", "chromium-browser"),
        "args": [
            "--no-sandbox",  # CI runs as root
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    },
    # Over WebDriver BiDi: Debian's Firefox has none of the patches that Playwright's own builds need.
    "firefox": {"programs": ("firefox-esr", "firefox"), "channel": "moz-firefox"},
}


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both browsers unless told otherwise; pytest-playwright, which comes next, would take Chromium alone."""
    metafunc.config.option.browser = metafunc.config.option.browser or list(LAUNCH)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last of all: Playwright keeps an event loop running to the end of the session, in which no other can start."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name: str, browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    launch = dict(LAUNCH[browser_name])
    program = next(filter(None, map(shutil.which, launch.pop("programs"))), None)
    if program is None:
        pytest.fail(f"{browser_name} is not installed")
    return {**browser_type_launch_args, "executable_path": program, **launch}


@pytest.fixture(scope="session")
def office(playwright: Playwright) -> Iterator[Office]:
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))  # short: a unix socket's path is bounded
    with running(home, "sqlite", documents=0) as installation:
        office = Office(installation, playwright)
        yield office
        office.close()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def base_url(office: Office) -> str:
    return office.url


@pytest.fixture(scope="session")
def browser_context_args(base_url: str) -> dict[str, Any]:
    return {
        "base_url": base_url,
        "viewport": {"width": 1280, "height": 800},
        "locale": "en-GB",
        "color_scheme": "light",
        "reduced_motion": "reduce",
    }


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[str, str], StorageState]:
    """Of who signed in before in which browser: signing in is slow on purpose, and is told by tests of its own."""
    return {}


@pytest.fixture
def stranger(new_context: Any) -> Callable[..., Person]:
    """Opens a browser of somebody's own in which nobody is signed in."""

    def open_browser(name: str = "", **options: Any) -> Person:
        context = new_context(**options)
        context.set_default_timeout(PATIENCE)
        return Person(name, context.new_page())

    return open_browser


@pytest.fixture
def person(
    stranger: Callable[..., Person], browser_name: str, sessions: dict[tuple[str, str], StorageState]
) -> Callable[..., Person]:
    """Opens a browser of somebody's own, signed in."""

    def open_browser(name: str, **options: Any) -> Person:
        known = sessions.get((browser_name, name))
        someone = stranger(name, **options, **({"storage_state": known} if known else {}))
        if known is None:
            someone.sign_in()
            sessions[browser_name, name] = someone.page.context.storage_state()
        return someone

    return open_browser


@pytest.fixture
def ann(person: Callable[..., Person]) -> Person:
    return person("ann")


@pytest.fixture
def ben(person: Callable[..., Person]) -> Person:
    return person("ben")
