"""The evals page: cases of one's own are run, judged, compared and saved, at both widths; and all by program."""

import io
import json
import zipfile

import PIL.Image
import pytest
from axe_playwright_python.sync_playwright import Axe
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from playwright.sync_api import expect

TYPED = (
    "category,prompt,check,expected\nwords,hello,contains,hello\nwords,again,contains,nothing\n<b>sums,one,number,0\n"
)


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.thorough)])
def test_own_cases_are_run_judged_compared_and_saved(visit, scripted_app, width):
    page = visit(f"{scripted_app}/evals", viewport={"width": width, "height": 900}, ready=False).page
    expect(page.locator("#evals-preview")).to_contain_text("70 cases: 14 objects")
    expect(page.locator("#evals-preview img").first).to_be_visible()
    page.get_by_role("button", name="Bring your own cases").click()
    page.locator("#evals-name textarea, #evals-name input").first.fill(f"Mine {width}")
    typed = page.locator("#evals-typed textarea")
    typed.fill("prompt\nx\n")
    expect(typed).to_have_value("prompt\nx\n")
    page.locator("#evals-keep").click()
    expect(page.locator("#evals-said")).to_contain_text("Case 1 does not say what is expected")
    page.locator("#evals-typed textarea").fill(TYPED)
    page.locator("#evals-keep").click()
    expect(page.locator("#evals-said")).to_contain_text("Saved")
    expect(page.locator("#evals-preview")).to_contain_text("3 cases: 2 words, 1 <b>sums")

    page.locator("#evals-temperatures textarea, #evals-temperatures input").first.fill("0, 0.5")
    page.locator("#evals-start").click()
    expect(page.locator("#evals-tiles")).to_contain_text("2 of 3, 3 cases")
    expect(page.locator("#evals-categories")).to_contain_text("<b>sums")
    expect(page.locator("#evals-outcomes tbody tr")).to_have_count(3)
    expect(page.locator("#evals-outcomes tr.wrong")).to_have_count(1)
    expect(page.locator("#evals-outcomes tr.wrong")).to_contain_text("lacks 'nothing'")
    page.locator("#evals-other input").click()
    page.get_by_role("option").nth(1).click()
    expect(page.locator("#evals-compared")).to_contain_text("got 1 right")
    with page.expect_download() as download:
        page.locator("#evals-csv").click()
    assert download.value.path().read_text().startswith("case,category,prompt,check,expected,passed")
    with page.expect_download() as download:
        page.locator("#evals-json").click()
    assert json.loads(download.value.path().read_text())["total"]["asked"] == 3
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert not found, [(one["id"], one["nodes"][0]["html"][:300]) for one in found]


def test_programs_save_run_compare_and_stop(scripted_app, tmp_path):
    client = Client(scripted_app, verbose=False)
    picture = io.BytesIO()
    PIL.Image.new("RGB", (8, 8)).save(picture, "PNG")
    path = tmp_path / "cases.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cases.csv", "prompt,expected,image\nlook,1 pictures,a.png\nlook,wrong,a.png\n")
        archive.writestr("a.png", picture.getvalue())
    saved = client.predict(name="Zipped", file=handle_file(path), api_name="/eval_save")
    assert saved == {"name": "Zipped", "cases": 2}
    ended = client.predict(set_name="Zipped", api_name="/eval_run")
    assert (ended["done"], ended["total"]["passed"], ended["cost"]) == (2, 1, None)
    run = ended["run"]["id"]
    assert client.predict(run=run, api_name="/eval_results")["results"][0]["answer"].startswith("Question 1")
    assert client.predict(before=run, after=run, api_name="/eval_compare") == []
    assert run in [one["id"] for one in client.predict(api_name="/eval_runs")]
    assert client.predict(api_name="/eval_stop")
    with pytest.raises(AppError, match="There is no set called 'none'"):
        client.predict(set_name="none", api_name="/eval_run")
