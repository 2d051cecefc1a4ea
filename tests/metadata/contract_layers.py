"""What all metadata promises about what was found out about layers."""

import random

import pytest

from tests.metadata.samples import digest, link

LAYER = digest("layer")


class LayersContract:
    @pytest.mark.parametrize("content", [b"", b"\0\xff", random.Random(1).randbytes(2**20)])
    def test_what_was_found_out_about_a_layer_is_kept(self, read, write, content):
        write(lambda t: link(t, "layer"))
        write(lambda t: t.layers.put(LAYER, content))
        assert read(lambda t: t.layers.get(LAYER)) == content

    def test_of_other_layers_nothing_is_known(self, read, write):
        write(lambda t: link(t, "layer", "other"))
        write(lambda t: t.layers.put(LAYER, b"known"))
        assert read(lambda t: t.layers.get(digest("other"))) is None
        assert read(lambda t: t.layers.get(digest("nothing"))) is None

    def test_what_is_found_out_anew_takes_the_place(self, read, write):
        write(lambda t: link(t, "layer"))
        write(lambda t: t.layers.put(LAYER, b"old"))
        write(lambda t: t.layers.put(LAYER, b"new"))
        assert read(lambda t: t.layers.get(LAYER)) == b"new"

    def test_without_the_blob_nothing_is_kept(self, read, write):
        write(lambda t: t.layers.put(LAYER, b"known"))
        assert read(lambda t: t.layers.get(LAYER)) is None
