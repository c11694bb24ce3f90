"""What the protocols that run a neural network share: GPU, threads, a network of the user's own."""

import os

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import GPU_LIST, USE_GPU

from deepres_plugin.protocols.protocol_base import DeepresProtocol


class NetworkMixin(DeepresProtocol):
    """A neural network that may run on a GPU, for any protocol whose command has ``--gpu``.

    It stands before the other bases of a protocol, which calls ``_defineGpuParams`` in its form.
    """

    # --------------------------- form ---------------------------------------
    @staticmethod
    def _defineGpuParams(form):
        """``useGpu`` and ``gpuList``; being hidden, they make the form's row "GPU IDs"."""
        form.addHidden(
            USE_GPU,
            params.BooleanParam,
            default=False,
            label="Use GPU for execution",
            help="Run the network on a GPU instead of the processor.",
        )
        form.addHidden(
            GPU_LIST,
            params.StringParam,
            default="0",
            label="Choose GPU ID",
            help="Yes: run the network on this GPU, one number as nvidia-smi counts them. No: run it on the processor, "
            "which is enough for the shipped networks; a GPU pays off for large maps and for the original network. It "
            "needs a TensorFlow with CUDA, installed by: pip install 'tensorflow[and-cuda]'.",
        )

    @staticmethod
    def _defineThreads(form):
        """The number of processor cores."""
        form.addParallelSection(
            threads=2, mpi=0, binThreadsHelp="Processor cores that the network may use, on the CPU."
        )

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = super()._validate()
        if self.useGpu and len(self.getGpuList()) != 1:
            errors.append("The network uses one GPU: give the number of one, such as 0.")
        return errors

    # --------------------------- utilities ----------------------------------
    def _getMachineArguments(self):
        return super()._getMachineArguments() + (["--gpu", "%(GPU)s"] if self.useGpu else [])

    def _getNetworkErrors(self, kinds):
        """One sentence if ``modelPath``, for a protocol that has it, leads nowhere; ``kinds`` says what it may be."""
        path = (self.modelPath.get() or "").strip()
        return [] if path and os.path.exists(path) else [f"There is no network at '{path}': give the path of {kinds}."]
