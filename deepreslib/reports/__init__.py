"""Reports for people: one HTML file each, pictures inside, without a script, that can be sent to a reviewer."""

from deepreslib.reports.claim import Refused, Sheet, claim_report
from deepreslib.reports.page import MOST_BYTES, Picture

__all__ = ["MOST_BYTES", "Picture", "Refused", "Sheet", "claim_report"]
