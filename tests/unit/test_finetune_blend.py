from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from fixtures.tiny_models import DIM, tiny_bert, tiny_card, tiny_plain_bert

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.blend import blend
from patbench_lib.finetune.develop import encode_plainly
from patbench_lib.finetune.folder import save_tuned, training_of, tuned_card
from patbench_lib.finetune.trainable import load_whole
from patbench_lib.models.card import Card
from patbench_lib.models.encoder import load_encoder

TEXTS = ["a cane with two wheels", "one sensor near the handle", "the lamp and the query text near one handle"]


def vectors(card: Card) -> np.ndarray:
    return encode_plainly(load_encoder(card, device="cpu"), TEXTS, "query")


def moved(base: Card, folder: Path) -> Card:
    """Save a model whose every weight is a little off its base's, as one that was tuned is."""
    import torch

    whole = load_whole(base, device="cpu")
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in whole.model.parameters():
            weight += 0.1 * torch.randn_like(weight)
    return save_tuned(whole.finished(), base, folder, name="tuned", about={"recipe": "R1", "seed": 3, "key": "tuned"})


@pytest.fixture(scope="module", params=["transformer", "cut", "plain", "static"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Card:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "static":
        return Card(name="static", kind="static", path=tiny_plain_bert(folder), dim=DIM)
    if request.param == "plain":
        return tiny_card(tiny_plain_bert(folder))
    prompts = {"query": "query: "}
    return tiny_card(tiny_bert(folder), layers=1 if request.param == "cut" else None, prompts=prompts)


@pytest.fixture(scope="module")
def tuned(base: Card, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = moved(base, tmp_path_factory.mktemp("tuned") / "model").path
    assert path is not None
    return path


def test_nothing_of_the_trained_weights_is_zero_shot_and_all_of_them_the_tuned_model(
    base: Card, tuned: Path, tmp_path: Path
) -> None:
    ends = [blend(base, tuned, share, tmp_path / str(share), name="b", key="k") for share in (0.0, 1.0)]
    for end, same in zip(ends, (base, tuned_card(tuned)), strict=True):
        # The model that is normalised once more, for its base's folder does not do it, rounds anew.
        np.testing.assert_allclose(vectors(end), vectors(same), rtol=0, atol=1e-7)
        one, other = (load_whole(each, device="cpu").model.state_dict() for each in (end, same))
        assert one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)
    assert np.abs(vectors(ends[0]) - vectors(ends[1])).max() > 1e-3


def test_a_quarter_of_the_trained_weights_is_a_quarter_of_the_way(base: Card, tuned: Path, tmp_path: Path) -> None:
    card = blend(base, tuned, 0.25, tmp_path / "model", name="base+R1+blend", key="k")
    states = [load_whole(each, device="cpu").model.state_dict() for each in (base, tuned_card(tuned), card)]
    for name, weight in states[2].items():
        hand = 0.75 * states[0][name].double() + 0.25 * states[1][name].double()
        np.testing.assert_allclose(weight.double().numpy(), hand.numpy(), atol=1e-6)
    told = training_of(tmp_path / "model")
    assert told == {"recipe": "R1", "seed": 3, "key": "k", "blend": 0.25}
    assert (card.name, card.prompts, card.kind) == ("base+R1+blend", base.prompts, base.kind)


def test_a_blend_is_made_once_for_a_key(tmp_path: Path) -> None:
    base = tiny_card(tiny_bert(tmp_path / "bert"))
    tuned = moved(base, tmp_path / "tuned").path
    assert tuned is not None
    for share, key, expected in ((0.5, "one", 0.5), (0.25, "one", 0.5), (0.25, "two", 0.25)):
        blend(base, tuned, share, tmp_path / "blend", name="b", key=key)
        assert yaml.safe_load((tmp_path / "blend" / "patbench.yaml").read_text())["training"]["blend"] == expected


def test_models_of_other_shapes_are_not_blended(tmp_path: Path) -> None:
    base = tiny_card(tiny_bert(tmp_path / "bert"))
    tuned = moved(base.model_copy(update={"layers": 1}), tmp_path / "tuned").path
    assert tuned is not None
    with pytest.raises(PatbenchError, match=r"cannot be blended[\s\S]*layer\.1\..*not there"):
        blend(base, tuned, 0.5, tmp_path / "blend", name="b", key="k")
    with pytest.raises(PatbenchError, match=r"share of 1\.5"):
        blend(base, tuned, 1.5, tmp_path / "blend", name="b", key="k")
    assert not (tmp_path / "blend").exists()


def test_the_folder_of_the_trained_model_must_be_one(tmp_path: Path) -> None:
    base = tiny_card(tiny_bert(tmp_path / "bert"))
    with pytest.raises(PatbenchError, match="not the folder of a model tuned here"):
        blend(base, tmp_path, 0.5, tmp_path / "blend", name="b", key="k")
