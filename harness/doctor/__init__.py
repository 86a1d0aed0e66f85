"""Is this machine fit for a campaign, and is a campaign's record sound?

Every check is a function that yields findings; a campaign's can repair what they find, which only
ever drops or rebuilds: what is dropped is pending again.
"""

from harness.doctor.examine import examine_campaign, examine_machine, repair_campaign
from harness.doctor.finding import Finding, Severity
