"""Tables in a target's terms: metrics against scikit-learn, encodings, cuts, refusals."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics as sk
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from dashjax.errors import InputError
from dashjax.pools.lazy import LazyDataset
from dashjax.rewards.columns import Rows, columns_of
from dashjax.rewards.encoding import Encoding
from dashjax.rewards.gain import Gain, Learner, Sample, sample_of
from dashjax.rewards.metrics import METRICS, metric_named, predictions
from dashjax.rewards.models import model_named
from dashjax.rewards.target_rows import Shares, read_target, split_of

DRAW = np.random.default_rng(0)
TRUTH = np.arange(30) % 3
CHANCES = DRAW.dirichlet([1, 1, 1], 30)
TARGET = pa.table(
    {
        "age": pa.array([50, 61, None, 47] * 10),
        "sex": ["f", "m", None, "f"] * 10,
        "ill": ["no", "yes", "yes", "no"] * 10,
    }
)


def test_metrics_are_those_of_scikit_learn():
    binary, two = TRUTH == 1, np.stack([1 - CHANCES[:, 1], CHANCES[:, 1]], 1).round(1)
    score = {name: metric.score for name, metric in METRICS.items()}
    assert score["auroc"](binary, two) == pytest.approx(sk.roc_auc_score(binary, two[:, 1]))
    assert score["auroc"](TRUTH, CHANCES) == pytest.approx(
        sk.roc_auc_score(TRUTH, CHANCES, multi_class="ovr")
    )
    assert score["auprc"](binary, two) == sk.average_precision_score(binary, two[:, 1])
    assert score["log-loss"](TRUTH, CHANCES) == pytest.approx(sk.log_loss(TRUTH, CHANCES))
    assert score["spearman"](TRUTH, np.ones(30)) == 0
    assert score["spearman"](TRUTH, TRUTH**3.0) == pytest.approx(1)
    assert [name for name, metric in METRICS.items() if not metric.higher] == ["log-loss", "rmse"]


def test_what_is_not_said_is_inferred():
    assert metric_named(None, "classification", 2).name == "auroc"
    assert metric_named(None, "classification", 3).name == "balanced-accuracy"
    assert metric_named(None, "regression", 0).name == "rmse"
    columns = columns_of(TARGET, "mine", "ill", (), None)
    assert (columns.numbers, columns.texts, columns.classes) == (("age",), ("sex",), ("no", "yes"))
    ages = columns_of(pa.table({"x": [1, 2], "y": [0.5, 3.0]}), "mine", "y", (), None)
    assert ages.kind == "regression"


def test_features_are_as_the_training_rows_say():
    numbers = DRAW.normal(5, 2, (20, 3))
    numbers[3, 1], numbers[:, 2] = np.nan, 7
    texts = np.array([["a"], ["b"], [""], ["a"]] * 5, object)
    other = Rows(np.array([[1.0, np.nan, 9.0]]), np.array([["unseen"]], object), np.zeros(1))
    encoding = Encoding(Rows(numbers, texts, np.zeros(20)))
    imputed = SimpleImputer().fit(numbers)
    scaled = StandardScaler().fit(imputed.transform(numbers))
    features = encoding.features(other)
    np.testing.assert_allclose(features[:, :3], scaled.transform(imputed.transform(other.numbers)))
    assert features.shape == (1, 6)
    assert not features[:, 3:].any()


def test_a_replicate_is_a_cut_within_classes_that_is_the_same_for_all_datasets():
    target = read_target(
        TARGET, "mine", columns_of(TARGET, "m", "ill", (), None), None, (Shares(), 0)
    )
    trained, judges = target.replicate(1)
    assert not set(trained) & set(judges) | set(target.test) & {*trained, *judges}
    assert len(trained) + len(judges) + len(target.test) == 40
    assert target.rows.labels[judges].mean() == 0.5
    np.testing.assert_array_equal(target.replicate(1)[1], judges)
    assert list(target.replicate(2)[1]) != list(judges)
    assert target.inflation(10) == pytest.approx(np.sqrt(0.1 + len(judges) / len(trained)))


def test_parts_of_its_own_are_kept_and_validated_on_with_replacement():
    parts = split_of(pa.table({"part": ["train", "val", "Test", "dev"] * 10}), "part", "mine")
    columns = columns_of(TARGET, "m", "ill", (), None)
    labels = TARGET.set_column(2, "ill", pa.array(["no"] * 4 + ["yes"] * 4 + ["no", "yes"] * 16))
    target = read_target(labels, "mine", columns, parts, (Shares(), 0))
    trained, judges = target.replicate(0)
    np.testing.assert_array_equal(trained, np.arange(0, 40, 4))
    assert set(judges) < set(range(1, 40, 4)) | set(range(3, 40, 4))
    assert len(judges) == 20
    assert len(target.test) == 10


def test_a_gain_is_above_zero_for_more_of_the_same_in_either_direction():
    def rows(count, sign=1.0):
        x = DRAW.normal(size=(count, 4))
        return pa.table({f"x{at}": x[:, at] for at in range(4)} | {"y": sign * x.sum(1)})

    mine, good = rows(16), LazyDataset("good", "g", lambda: rows(200))
    bad = LazyDataset("bad", "g", lambda: rows(200, -1.0))
    columns = columns_of(mine, "mine", "y", (), None)
    target = read_target(mine, "mine", columns, None, (Shares(), 0))
    for name in ("rmse", "r2"):
        gain = Gain(Learner(target, model_named("linear", "regression"), METRICS[name]), Sample(50))
        assert gain(good, 0) > 0 > gain(bad, 0)
        assert gain(good, 0) == gain(good, 0) != gain(good, 1)


def test_a_class_that_a_model_was_never_shown_has_no_chance():
    class Model:
        classes_ = np.array([0, 2])

        def predict_proba(self, features):
            return np.tile([0.25, 0.75], (len(features), 1))

    found = predictions(Model(), np.zeros((2, 1)), METRICS["auroc"], 3)
    assert found.tolist() == [[0.25, 0, 0.75]] * 2


@pytest.mark.parametrize(
    ("text", "rows", "size"), [("all", 90, 90), ("40", 90, 40), ("40", 9, 9), ("50%", 90, 45)]
)
def test_a_sample_follows_the_size_of_a_dataset(text, rows, size):
    assert sample_of(text).size(rows) == size


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sex": None}, "has no column 'sex', which the target has"),
        ({"more": [1] * 40}, "has a column 'more', which the target lacks"),
        ({"age": ["old"] * 40}, "holds string, where the target has numbers"),
        ({"age": [np.inf] * 40}, "column 'age' of there has 40 infinite values"),
        ({"ill": ["no", None] * 20}, "20 rows of there have no ill"),
        ({"ill": ["maybe"] * 40}, "label 'maybe' in ill, where the target has no, yes"),
        ({"ill": None}, "has no column 'ill' of labels"),
    ],
)
def test_a_dataset_that_is_not_like_the_target_is_refused(change, words):
    columns = columns_of(TARGET, "mine", "ill", (), None)
    table = TARGET
    for name, values in change.items():
        if name in table.column_names:
            table = table.drop_columns([name])
        if values is not None:
            table = table.append_column(name, pa.array(values))
    with pytest.raises(InputError, match=r"^[^\n]*$") as raised:
        columns.rows(table, "there")
    assert words in str(raised.value)


def test_labels_are_called_as_at_the_target():
    columns = columns_of(TARGET, "mine", "ill", (), None)
    table = TARGET.set_column(2, "state", pa.array(["N", "Y"] * 20))
    found = columns.rows(table, "there", "state", {"N": "no", "Y": "yes"})
    assert found.labels.tolist() == [0, 1] * 20


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({"x": [1.0, 2.0], "y": [1, 1]}), "all rows of mine are of class '1'"),
        (pa.table({"y": [0, 1]}), "has no feature beside the label"),
        (pa.table({"x": [[1], [2]], "y": [0, 1]}), "holds list<item: int64>"),
        (pa.table({"x": [1, 2], "y": [0, 1], "label": [0, 1]}), "say which column of mine"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(table, words):
    with pytest.raises(InputError) as raised:
        columns_of(table, "mine", None, (), None)
    assert words in str(raised.value)


def test_a_multilayer_perceptron_learns_what_no_line_tells():
    x = DRAW.choice([-1.0, 1.0], (80, 2)) + DRAW.normal(0, 0.1, (80, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    made = model_named("mlp", "classification", 2)(3).fit(x, y)
    chances = made.predict_proba(x)
    assert (made.predict(x) == y).mean() > 0.95
    np.testing.assert_array_equal(chances.argmax(1), made.predict(x))
    np.testing.assert_allclose(chances.sum(1), 1, rtol=1e-5)
    again = model_named("mlp", "classification", 2)(3).fit(x, y)
    np.testing.assert_array_equal(again.predict_proba(x), chances)
    values = model_named("mlp", "regression")(3).fit(x, 100 + 50.0 * y).predict(x)
    assert METRICS["r2"].score(100 + 50.0 * y, values) > 0.8
