"""Pictures as files that the page can show, named by their content."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from playground.messages import Image

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg"}


class PictureFiles:
    """A folder of pictures that lasts as long as the process.

    A file's name is the hash of its content, so nobody can ask for a picture that they do not have already.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gemma-playground-pictures-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, image: Image) -> Path:
        """The picture's file, written when it is not there yet."""
        path = self.folder / f"{image.digest}{ENDINGS[image.mime]}"
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_bytes(image.data)
            part.replace(path)
        return path

    def url(self, image: Image) -> str:
        """The picture's address relative to the page, so that it also works behind a proxy's path."""
        return f"gradio_api/file={self.path(image)}"
