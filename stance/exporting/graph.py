"""Write an ONNX graph node by node, its weights in a file of their own that processes can map into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from stance.modeling.engine import WEIGHTS_FILE

if TYPE_CHECKING:
    from numpy.typing import NDArray

MICROSOFT = "com.microsoft"
_OPSET, _IR_VERSION = 19, 10
_PAGE = 4096  # a tensor that is to be mapped must start at one
_INLINE_BYTES = 1024


class GraphWriter:
    """Collects nodes; tensors of more than a kilobyte go straight to the file of weights."""

    def __init__(self, weights: IO[bytes]) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[TensorProto] = []
        self._small: dict[tuple[bytes, str, tuple[int, ...]], str] = {}
        self._known: dict[tuple[str, tuple[str, ...], str, str], str] = {}

    def constant(self, array: NDArray[Any]) -> str:
        """The name of a tensor that holds `array`; small equal ones are kept once."""
        array = np.ascontiguousarray(array).reshape(array.shape)
        name = f"w{len(self._tensors)}"
        if array.nbytes > _INLINE_BYTES:
            self._tensors.append(self._outside(array, name))
            return name
        key = (array.tobytes(), array.dtype.str, array.shape)
        if key not in self._small:
            self._tensors.append(onnx.numpy_helper.from_array(array, name))
            self._small[key] = name
        return self._small[key]

    def op(self, kind: str, *inputs: str, domain: str = "", attributes: Mapping[str, Any] | None = None) -> str:
        """Add a node with one output and return that output's name; equal ones are kept once."""
        key = (kind, inputs, domain, repr(sorted((attributes or {}).items())))
        if key not in self._known:
            self._known[key] = name = f"t{len(self._nodes)}"
            self._nodes.append(helper.make_node(kind, list(inputs), [name], domain=domain, **(attributes or {})))
        return self._known[key]

    def floats(self, *values: float) -> str:
        """A scalar for one value, else a vector."""
        return self.constant(np.array(values if len(values) > 1 else values[0], dtype=np.float32))

    def ints(self, *values: int) -> str:
        """A vector, as shapes and axes are given."""
        return self.constant(np.array(values, dtype=np.int64))

    def finish(
        self, path: Path, *, inputs: Mapping[str, tuple[int, Sequence[Any]]], output: str, shape: Sequence[Any]
    ) -> None:
        """Write the graph: inputs with their type and dimensions, and `output` as the float output `logits`."""
        self._nodes.append(helper.make_node("Identity", [output], ["logits"]))
        graph = helper.make_graph(
            self._nodes,
            "stance",
            [helper.make_tensor_value_info(name, *form) for name, form in inputs.items()],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, list(shape))],
            self._tensors,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION), path)

    def _outside(self, array: NDArray[Any], name: str) -> TensorProto:
        self._weights.write(b"\0" * (-self._weights.tell() % _PAGE))
        offset = self._weights.tell()
        self._weights.write(array.tobytes())
        tensor = TensorProto(
            name=name,
            dims=array.shape,
            data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
            data_location=TensorProto.EXTERNAL,
        )
        for key, value in (("location", WEIGHTS_FILE), ("offset", offset), ("length", array.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        return tensor
