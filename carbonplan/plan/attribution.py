r"""To whom the impacts of a plan are owed: request classes by phase, or what serves nobody.

An impact is a sum over the decisions of the program, :math:`\sum_j v_j x_j`. Every summand is
owed to somebody, so that the parts sum to the impact:

- load: to its class, its phases by the energy of a request (``prompt_energy_share``);
- replicas and their starts: to those who hold them, as ``occupancy`` has it;
- powered servers: to those who hold their accelerators;
- servers that are off: to what they are off for;
- buying, making and keeping servers: as their accelerators are held through the stage;
- what concerns a site or a class, or no place at all: as the energy that is drawn there.

What replicas that are held over several slots count is taken alike in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.formulation.impacts import SUMS
from carbonplan.plan.occupancy import Occupancy, occupancy, positions
from carbonplan.plan.roles import answered_rps, answering
from carbonplan.plan.shares import Floats, Places, of_class
from carbonplan.plan.standing import standing_in_slots
from carbonplan.plan.variables import ATTRIBUTION, PHASES
from carbonplan.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from carbonplan.plan.decisions import Labelled
    from carbonplan.program import Layout, Program

ENERGY = "energy"  # as which is divided what has no place
OF_SERVERS = "embodied_carbon"  # that powered servers are charged with, but not their power
MEANS = ("latency",)  # no sums over what is served
PLACE = ("sku", "region")


def attributed_impacts(program: Program) -> list[str]:
    """Impacts that are divided, energy first; sums of others follow from them."""
    found = [name for name in program.impacts if name not in (*SUMS, *MEANS)]
    return sorted(found, key=lambda name: name != ENERGY)


def attribution(program: Program, values: Floats, data: xr.Dataset) -> dict[str, Labelled]:
    """Impacts and accelerator hours of classes and of states, by variable name.

    Parameters
    ----------
    values
        One value for each column of the program.
    data
        The plan's arrays, ``prompt_energy_share`` and ``prompt_time_share`` among them.
    """
    held = occupancy(data)
    impacts: dict[str, Floats] = {}
    for name in attributed_impacts(program):
        division = _Division(data, held, program.columns, impacts.get(ENERGY))
        impacts[name] = division.of(*program.impacts[name], values, drawn=name != OF_SERVERS)
    classes = data.sizes["request_class"]
    served = len(PHASES) * classes
    places = tuple(data.sizes[dim] for dim in PLACE)
    divided, hours = np.stack(list(impacts.values())), held.accelerator_hours
    arrays = {
        "served_impact": divided[:, :served].reshape(-1, classes, len(PHASES), *places),
        "idle_impact": divided[:, served:],
        "answered_requests": answered_requests(data),
        "served_accelerator_hours": hours[:served].reshape(classes, len(PHASES), *places),
        "idle_accelerator_hours": hours[served:],
    }
    return {name: (ATTRIBUTION[name].dims, array) for name, array in arrays.items()}


def answered_requests(data: xr.Dataset) -> Floats:
    """Requests answered over the horizon, (request_class, sku, region)."""
    import xarray as xr

    seconds = SECONDS_PER_HOUR * data["weight"] * data["slot_hours"]
    answered = xr.dot(answered_rps(data), seconds, dim="slot")
    engine = positions(data["configuration_engine"], data["engine"])[answering(data)]
    sku = positions(data["engine_sku"], data["sku"])[engine]
    found = np.zeros([data.sizes[dim] for dim in ("sku", "request_class", "region")])
    np.add.at(found, sku, answered.transpose("configuration", "request_class", "region").values)
    return found.transpose(1, 0, 2)


@dataclass(frozen=True)
class _Division:
    """How an impact is divided among the holders of a plan.

    Attributes
    ----------
    energy
        Energy as it was divided, (holder, sku, region) [kWh]; None where it is yet to be.
    """

    data: xr.Dataset
    held: Occupancy
    columns: Mapping[str, Layout]
    energy: Floats | None

    def of(self, vector: Floats, constant: float, values: Floats, *, drawn: bool) -> Floats:
        """An impact by holder, (holder, sku, region).

        Parameters
        ----------
        vector, constant
            Its coefficients over the columns of the program, and what it has without them.
        drawn
            Whether powered servers count by their power.
        """
        rates = {name: _rates(vector, layout) for name, layout in self.columns.items()}
        counted = {
            name: rate * values[self.columns[name].positions] for name, rate in rates.items()
        }
        found = np.zeros_like(self.held.accelerator_hours)
        if drawn and {"Powered", "Servers"} <= set(counted):
            found += self._taken_off(rates["Powered"], values, counted)
        placed = {name: amounts for name, amounts in counted.items() if self._is_placed(name)}
        for name, amounts in placed.items():
            if amounts.any():
                found += self._of_places(self.columns[name], amounts)
        basis = found if self.energy is None else self.energy
        added = constant * _portions(basis)
        for name in set(counted) - set(placed):
            if counted[name].any():
                added += self._as_energy(self.columns[name], counted[name], basis)
        return found + added

    def _taken_off(self, rates: Floats, values: Floats, counted: dict[str, Floats]) -> Floats:
        """What servers that are off draw, by holder; in place, taken from the decisions.

        The coefficient of a powered server is its power beyond that of one that is off, which
        every server that stands counts with.
        """
        layout, servers = self.columns["Powered"], self.columns["Servers"]
        sku, region = self._at(layout, "sku"), self._at(layout, "region")
        on_kw = (self.data["host_idle_kw"] + self.data["parked_kw"]).values[sku][:, None]
        off_kw = self.data["off_kw"].values[sku][:, None]
        beyond_kw = on_kw - off_kw
        per_kw = np.where(beyond_kw, rates / np.where(beyond_kw, beyond_kw, 1.0), 0.0)
        powered = values[layout.positions]
        standing = standing_in_slots(self.data).values[sku, region]
        counted["Powered"] = per_kw * on_kw * powered
        off = np.zeros((self.data.sizes["sku"], self.data.sizes["region"], standing.shape[1]))
        off[sku, region] = per_kw * off_kw * (standing - powered)
        of_all = np.zeros(tuple(self.data.sizes[dim] for dim in ("stage", *PLACE)))
        stage = positions(self.data["slot_stage"], self.data["stage"])
        np.add.at(of_all, (stage, sku[:, None], region[:, None]), per_kw * off_kw * standing)
        at = tuple(self._at(servers, dim) for dim in ("stage", *PLACE))
        counted["Servers"] = counted["Servers"] - of_all[at]
        return self.held.off.of(off)

    def _is_placed(self, family: str) -> bool:
        """Whether the labels of a family say on which SKU and in which region."""
        dims = self.columns[family].dims
        return "region" in dims and bool({"sku", "engine", "configuration"} & set(dims))

    def _of_places(self, layout: Layout, amounts: Floats) -> Floats:
        """What a family with places counts, by holder."""
        if "request_class" in layout.dims:
            return self._of_classes(layout, amounts)
        if "engine" in layout.dims:
            return self.held.replicas.of(self._dense(layout, amounts, "engine", "region"))
        if amounts.ndim == 2:
            return self.held.powered.of(self._dense(layout, amounts, *PLACE))
        return self.held.standing.of(self._dense(layout, amounts, "stage", *PLACE))

    def _of_classes(self, layout: Layout, amounts: Floats) -> Floats:
        """What a family of request classes counts; without a configuration, of answers."""
        k = self._at(layout, "request_class")
        prompts = np.zeros(len(k))
        if "configuration" in layout.dims:
            share = self.data["prompt_energy_share"]
            share = share.transpose("request_class", "configuration").values
            prompts = share[k, self._at(layout, "configuration")]
        by_label = amounts.reshape(len(k), -1).sum(axis=1)
        place = self._sku_at(layout), self._at(layout, "region")
        found = np.zeros_like(self.held.accelerator_hours)
        for phase, share in zip(PHASES, (prompts, 1.0 - prompts), strict=True):
            np.add.at(found, (of_class(k, phase), *place), share * by_label)
        return found

    def _as_energy(self, layout: Layout, amounts: Floats, basis: Floats) -> Floats:
        """What a family without places counts, as its class or its region draws energy."""
        by_label = amounts.reshape(len(layout.labels), -1).sum(axis=1)
        found = np.zeros_like(basis)
        for position in np.flatnonzero(by_label):
            label = dict(zip(layout.dims, layout.labels[position], strict=True))
            found += by_label[position] * _portions(basis, self._concerned(label))
        return found

    def _concerned(self, label: Mapping[str, str]) -> NDArray[np.bool_]:
        """Holders and regions that a label is about, (holder, sku, region)."""
        concerned = np.ones(self.held.accelerator_hours.shape, dtype=bool)
        if "request_class" in label:
            k = self.data["request_class"].values.tolist().index(label["request_class"])
            mine = [of_class(k, phase) for phase in PHASES]
            concerned[np.setdiff1d(np.arange(len(concerned)), mine)] = False
        if "region" in label:
            concerned[:, :, self.data["region"].values != label["region"]] = False
        return concerned

    def _dense(self, layout: Layout, amounts: Floats, *dims: str) -> Floats:
        """Amounts over dimensions of the labels and, where they vary, the slot."""
        sizes = [self.data.sizes[dim] for dim in dims]
        dense = np.zeros((*sizes, *amounts.shape[1:]))
        places = (
            self._sku_at(layout) if dim == "sku" else self._at(layout, dim) for dim in dims
        )
        np.add.at(dense, tuple(places), amounts)
        return dense

    def _at(self, layout: Layout, dim: str) -> Places:
        """Position along a dimension of each label."""
        axis = layout.dims.index(dim)
        place = {name: i for i, name in enumerate(self.data[dim].values.tolist())}
        return np.array([place[label[axis]] for label in layout.labels], dtype=np.intp)

    def _sku_at(self, layout: Layout) -> Places:
        """Position of the SKU of each label; of an upgraded server the one that it becomes."""
        for dim in ("new_sku", "sku"):
            if dim in layout.dims:
                return self._at(layout, dim)
        engine_sku = positions(self.data["engine_sku"], self.data["sku"])
        if "engine" in layout.dims:
            return engine_sku[self._at(layout, "engine")]
        engine = positions(self.data["configuration_engine"], self.data["engine"])
        return engine_sku[engine[self._at(layout, "configuration")]]


def _rates(vector: Floats, layout: Layout) -> Floats:
    """Coefficients by label and slot; of a column that stands for several slots, its part."""
    _, at, times = np.unique(layout.positions, return_inverse=True, return_counts=True)
    return vector[layout.positions] / times[at].reshape(layout.positions.shape)


def _portions(basis: Floats, among: NDArray[np.bool_] | None = None) -> Floats:
    """Shares in proportion to a basis among some of its places, or all; alike without any."""
    counted = basis if among is None else np.where(among, basis, 0.0)
    total = counted.sum()
    if total > 0.0:
        return counted / total
    places = np.ones_like(basis) if among is None else among.astype(float)
    return places / places.sum()
