"""The pages in a real browser, as those use them who see, who do not, and who have no mouse."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.conftest import PHONE, WIDE
from dashboard.scenes import Scene, busy_scene, record
from dashboard.serving import OPEN, TOKEN, serving
from playwright.sync_api import Browser, Page, ViewportSize, expect

from schemas.alert import AlertAction
from streams.settings import Settings

BAD = record(procedures=["V44.4", "Y53.4", "V55.1", "Z66.5"])
GOOD_CODES = ["V44.4", "V55.1", "Y53.4", "Z66.5"]
GOOD = record(procedures=GOOD_CODES)
KEY = "LV02/R0A"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def scene() -> Scene:
    return Scene(OPEN)


@pytest.fixture
def address(scene: Scene) -> Iterator[str]:
    """Serve the scene; named before a page, which then closes first and is not waited for."""
    with serving(scene) as served:
        yield served


def sign_in(page: Page) -> None:
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()


def test_a_finding_appears_and_goes_without_a_reload(
    scene: Scene, address: str, page: Page
) -> None:
    page.goto(f"{address}/alerts")
    page.evaluate("window.stayed = true")
    expect(page.get_by_text("No alerts to deal with.")).to_be_visible()
    scene.publish([BAD])
    expect(page.get_by_role("link", name=KEY)).to_be_visible()
    expect(page.get_by_role("link", name="Alerts 1 to deal with")).to_be_visible()
    scene.publish([GOOD])
    expect(page.get_by_role("link", name=KEY)).to_be_hidden()
    assert page.evaluate("window.stayed")


def test_what_has_the_focus_keeps_it_while_the_page_changes(
    scene: Scene, address: str, page: Page
) -> None:
    scene.publish([BAD])
    page.goto(f"{address}/alerts")
    page.get_by_role("link", name=KEY).focus()
    page.get_by_label("Provider").evaluate("field => field.value = 'R0'")
    scene.publish([record(episode_id="E2", provider_code="RM3", procedures=["V44.4"])])
    expect(page.get_by_role("link", name="LV01/RM3")).to_be_visible()
    expect(page.get_by_role("link", name=KEY)).to_be_focused()
    expect(page.get_by_label("Provider")).to_have_value("R0")


def test_of_links_that_lead_to_the_same_place_the_one_with_the_focus_keeps_it(
    scene: Scene, address: str, page: Page
) -> None:
    codes = ["V44.4", "Y53.4", "V55.1", "Z66.5"]
    scene.publish([record(episode_id=f"E{number}", procedures=codes) for number in range(3)])
    page.goto(f"{address}/worklist/R0A")
    links = page.get_by_role("link", name="LV02")
    links.nth(2).focus()
    scene.publish([record(episode_id="E3", procedures=codes)])
    expect(links).to_have_count(4)
    expect(links.nth(2)).to_be_focused()
    scene.publish([record(episode_id=f"E{number}", procedures=GOOD_CODES) for number in range(4)])
    expect(links).to_have_count(0)
    expect(page.locator("#list")).to_be_focused()


def test_a_part_of_a_list_that_has_gone_says_so(scene: Scene, address: str, page: Page) -> None:
    scene.publish([BAD])
    for path in "/alerts?offset=50", "/worklist/R0A?offset=50":
        page.goto(address + path)
        expect(page.get_by_text("This page of the list is empty.")).to_be_visible()
        page.get_by_role("link", name="Previous").click()
        expect(page.get_by_role("link", name="LV02").first).to_be_visible()


def test_a_filter_that_makes_no_sense_is_told_at_its_field(address: str, page: Page) -> None:
    page.goto(f"{address}/alerts")
    page.get_by_label("Provider").fill("R0")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_label("Provider")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Provider")).to_have_value("R0")
    expect(page.get_by_label("Provider")).to_have_accessible_description(
        "Error: Enter an ODS code: 3 to 12 letters and digits"
    )


def test_a_page_comes_back_to_life_when_the_dashboard_does(page: Page, scene: Scene) -> None:
    with serving(scene) as address:
        page.goto(f"{address}/alerts")
        expect(page.get_by_text("No alerts to deal with.")).to_be_visible()
    expect(page.get_by_text("Out of date since")).to_be_visible()
    scene.broadcast.closed = False
    scene.publish([BAD])
    with serving(scene, int(address.rpartition(":")[2])):
        expect(page.get_by_role("link", name=KEY)).to_be_visible()
        expect(page.get_by_text("Out of date since")).to_be_hidden()


def test_an_alert_is_acknowledged_silenced_and_resolved(
    scene: Scene, address: str, page: Page
) -> None:
    scene.publish([BAD])
    page.goto(f"{address}/alerts/{KEY}")
    page.get_by_role("link", name="Acknowledge").click()
    sign_in(page)
    page.get_by_label("Note").fill("asked the coders")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Alert acknowledged.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Acknowledged by Ann")).to_be_visible()
    expect(page.get_by_role("link", name="Acknowledge", exact=True)).to_be_hidden()

    page.get_by_role("link", name="Silence").click()
    page.get_by_role("button", name="Silence").click()
    faults = page.get_by_role("alert")
    expect(faults).to_be_focused()
    expect(faults.get_by_role("link")).to_have_text(["Choose a duration", "Enter a reason"])
    page.get_by_label("8 hours").check()
    page.get_by_label("Reason").fill("known")
    page.get_by_role("button", name="Silence").click()
    expect(page.get_by_text("Alert silenced.")).to_be_visible()
    page.get_by_role("link", name="End silence").click()
    page.get_by_role("button", name="End silence").click()

    page.get_by_role("link", name="Resolve").click()
    expect(page.get_by_text("1 episode leaves the worklist")).to_be_visible()
    page.get_by_label("Reason").fill("withdrawn")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Alert resolved.")).to_be_visible()
    alert = scene.read_model.alert(KEY)
    assert alert is not None
    assert (alert.state, alert.acknowledged_by, alert.note) == ("resolved", "Ann", "withdrawn")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{address}/alerts/{KEY}/silence")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_somebody_else_may_have_been_faster(scene: Scene, address: str, page: Page) -> None:
    scene.publish([BAD])
    page.goto(f"{address}/sign-in?to=/alerts/{KEY}/acknowledge")
    sign_in(page)
    scene.command(AlertAction.ACKNOWLEDGE, KEY, by="Ben")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("alert")).to_contain_text("acknowledged already, by Ben")


def test_a_wrong_token_is_told_at_its_field(address: str, page: Page) -> None:
    page.goto(f"{address}/sign-in?to=//elsewhere.invalid/")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Token")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("The token is wrong")
    sign_in(page)
    expect(page).to_have_url(f"{address}/alerts")


def test_everything_can_be_done_with_the_keyboard_alone(
    scene: Scene, address: str, page: Page
) -> None:
    scene.publish([BAD])
    page.goto(f"{address}/alerts")

    def tab_to(name: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.innerText || document.activeElement.id")
            if focused == name:
                return
        pytest.fail(f"{name} is not reached")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    for name, text in (
        (KEY, ""),
        ("Acknowledge", ""),
        ("name", "Ann"),
        ("token", TOKEN),
        ("Sign in", ""),
        ("Acknowledge", ""),
    ):
        tab_to(name)
        if text:
            page.keyboard.type(text)
        else:
            with page.expect_navigation():
                page.keyboard.press("Enter")
    expect(page.get_by_text("Alert acknowledged.")).to_be_visible()


def test_without_javascript_everything_is_there_too(
    browser: Browser, scene: Scene, address: str
) -> None:
    scene.publish([BAD])
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/alerts")
        page.get_by_role("link", name=KEY).click()
        page.get_by_role("link", name="Resolve").click()
        sign_in(page)
        page.get_by_label("Reason").fill("withdrawn")
        page.get_by_role("button", name="Resolve").click()
        expect(page.get_by_text("Alert resolved.")).to_be_visible()
        page.goto(f"{address}/alerts")
        page.get_by_label("Show").select_option("resolved")
        page.get_by_role("button", name="Filter").click()
        expect(page.get_by_role("link", name=KEY)).to_be_visible()


def test_an_episode_is_checked_as_text_and_from_a_file(address: str, page: Page) -> None:
    page.goto(f"{address}/check")
    page.get_by_label("Episode").fill(BAD.decode())
    page.get_by_role("button", name="Check").click()
    verdict = page.get_by_role("region")
    expect(verdict).to_be_focused()
    expect(verdict.get_by_role("heading", name="Non-compliant")).to_be_visible()
    expect(verdict.locator("mark")).to_have_text("V55.1")
    page.get_by_label("file").set_input_files(
        {"name": "good.json", "mimeType": "application/json", "buffer": GOOD}
    )
    page.get_by_role("button", name="Check").click()
    expect(verdict.get_by_role("heading", name="Compliant", exact=True)).to_be_visible()
    assert Axe().run(page, options={"runOnly": WCAG}).violations_count == 0


def test_what_people_and_publishers_write_is_shown_as_text(
    scene: Scene, address: str, page: Page
) -> None:
    script = "<script>document.title = 'taken'</script>"
    scene.publish([record(episode_id="<b>E1</b>", procedures=["V44.4", "<i>V55.1</i>"])])
    for alert in scene.read_model.alerts():
        scene.command(AlertAction.ACKNOWLEDGE, alert.key, by=script, why=script)
        page.goto(f"{address}/alerts/{alert.key}")
        assert page.title() == f"{alert.key} - ipg12"
        expect(page.get_by_text(script).first).to_be_visible()
        expect(page.get_by_text("<b>E1</b>").first).to_be_visible()


@pytest.mark.parametrize(
    "width,filled",
    [(WIDE, True), (PHONE, True), (PHONE, False)],
    ids=["busy-wide", "busy-phone", "empty-phone"],
)
def test_every_page_is_accessible_fits_and_asks_nobody_else(
    browser: Browser, *, width: ViewportSize, filled: bool
) -> None:
    scene = busy_scene(OPEN) if filled else Scene(OPEN)
    with serving(scene) as address, browser.new_context(viewport=width) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.add(request.url))
        asked: set[str] = set()
        paths = ["/", "/?span=day", "/alerts", "/alerts?show=all&limit=5", "/worklist", "/rules"]
        paths += [
            "/worklist/R0A",
            "/rules/LV02",
            "/check",
            "/sign-in",
            "/nowhere",
            "/alerts/LV02/ZZZ",
        ]
        keys = [alert.key for alert in scene.read_model.alerts()]
        if filled:
            page.goto(f"{address}/sign-in")
            sign_in(page)
            paths += [f"/alerts/{keys[0]}", f"/alerts/{keys[-1]}"]
            paths += [f"/alerts/{keys[0]}/{action}" for action in AlertAction]
        for path in paths:
            page.goto(address + path)
            found = Axe().run(page, options={"runOnly": WCAG})
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width["width"], f"{path} is {wide} wide"
        assert {url for url in asked if not url.startswith((address, "data:"))} == set()


def test_a_dashboard_without_a_token_offers_nothing_that_it_refuses(page: Page) -> None:
    scene = Scene(Settings())
    scene.publish([BAD])
    with serving(scene) as address:
        page.goto(f"{address}/alerts/{KEY}")
        expect(page.get_by_text("started without a token")).to_be_visible()
        expect(page.get_by_role("link", name="Acknowledge")).to_be_hidden()
        expect(page.get_by_role("link", name="Sign in")).to_be_hidden()
