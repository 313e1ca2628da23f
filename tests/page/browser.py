"""Headless Chromium, and the page as users find it: by names, texts and roles."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TypeVar

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from copr_chroot_fake import FakeCopr

T = TypeVar("T")

EPEL = "epel-10-s390x"

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMEDRIVER = shutil.which("chromedriver")

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
)
_WAIT = 10.0


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Start a browser with a temporary profile."""
    assert CHROMIUM is not None
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        browser = Chrome(options=options, service=Service(CHROMEDRIVER))
        try:
            # The browser's own start page may still be loading in the first test.
            browser.get("about:blank")
            yield browser
        finally:
            browser.quit()


def read_log(browser: Chrome, kind: str) -> list[dict[str, str]]:
    """Return new log entries: of the console (``browser``) or the network (``performance``)."""
    entries: list[dict[str, str]] = browser.execute("getLog", {"type": kind})["value"]
    return entries


class Page:
    """The control page of a world."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self.browser = browser
        self.url = url
        browser.get(url)

    def all(self, css: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    def find(self, css: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def texts(self, css: str) -> list[str]:
        """Return the texts of all matching elements, read at once."""
        script = "return [...document.querySelectorAll(arguments[0])].map(node => node.textContent.trim())"
        found: list[str] = self.browser.execute_script(script, css)
        return found

    def text(self, css: str) -> str:
        return " ".join(self.texts(css))

    @property
    def states(self) -> list[str]:
        """Return the displayed states of the chroots, in order."""
        return self.texts(".chroots .badge")

    def run(self, script: str, *arguments: object) -> object:
        result: object = self.browser.execute_script(script, *arguments)
        return result

    def button(self, name: str) -> WebElement:
        """Return the button with an accessible name."""
        path = f'//button[@aria-label="{name}" or (not(@aria-label) and normalize-space()="{name}")]'
        return self.browser.find_element(By.XPATH, path)

    def press(self, name: str) -> None:
        self.wait(lambda: self.button(name).is_displayed())
        self.button(name).click()

    def press_in_menu(self, name: str, item: str) -> None:
        """Open the menu of a button, and press an item."""
        self.press(name)
        path = f'//div[@role="group" and @aria-label="{name}"]/button[normalize-space()="{item}"]'
        self.wait(lambda: self.browser.find_element(By.XPATH, path).is_displayed())
        self.browser.find_element(By.XPATH, path).click()

    def fill(self, label: str, value: str) -> None:
        """Set the input or the selection with a label, as a user does."""
        script = """
            const form = document.querySelector("dialog[open]") ?? document;
            const label = [...form.querySelectorAll("label")].find(label =>
                label.checkVisibility() && (label.firstElementChild ?? label).textContent === arguments[0]);
            label.control.value = arguments[1];
            label.control.dispatchEvent(new Event("input", { bubbles: true }));
        """
        self.run(script, label, value)

    def view(self, name: str) -> None:
        """Open one of the views."""
        self.browser.find_element(By.LINK_TEXT, name).click()
        self.wait(lambda: self.find(f"#view-{name.lower()}").is_displayed())

    def type(self, *keys: str) -> None:
        """Type on the keyboard."""
        ActionChains(self.browser).send_keys(*keys).perform()

    def tab_to(self, name: str, most: int = 60) -> None:
        """Press Tab until a control with that name has the focus."""
        for _ in range(most):
            if self.focused == name:
                return
            self.type(Keys.TAB)
        raise AssertionError(f"{name!r} is not reached by {most} tabulators")

    @property
    def focused(self) -> str:
        """Return the name of the focused element."""
        script = "const node = document.activeElement; return node.ariaLabel || node.textContent.trim()"
        return str(self.run(script))

    def wait(self, condition: Callable[[], T], seconds: float = _WAIT) -> T:
        """Wait until a condition is true, and return its value."""
        waiting = WebDriverWait(self.browser, seconds, 0.03, [NoSuchElementException, StaleElementReferenceException])
        return waiting.until(lambda _: condition())

    def wait_for(self, css: str, expected: object) -> None:
        """Wait until the texts of matching elements are as expected; fail with the actual texts."""
        try:
            self.wait(lambda: self.texts(css) == expected)
        except Exception as error:
            raise AssertionError(f"{css} has {self.texts(css)}, not {expected}") from error

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, **features: str) -> None:
        """Emulate preferences of the user, such as ``color_scheme="dark"``."""
        media = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})


Open = Callable[[FakeCopr], Page]
"""Opens the page of a fake."""
