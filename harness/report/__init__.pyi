from harness.report.campaign_views import (
    CampaignView as CampaignView,
    Film as Film,
    Films as Films,
    campaign_view as campaign_view,
)
from harness.report.comparison_views import ComparisonView as ComparisonView
from harness.report.history_views import HistoryView as HistoryView
from harness.report.paper.paper_folder import write_paper as write_paper
from harness.report.publications import write_publication as write_publication
from harness.report.published_reports import (
    check_file as check_file,
    check_folder as check_folder,
    check_publication as check_publication,
)
from harness.report.record_files import (
    PublishedCampaign as PublishedCampaign,
    campaign_folders as campaign_folders,
    read_publication as read_publication,
)
from harness.report.report_files import (
    write_list as write_list,
    write_single_file as write_single_file,
    write_site as write_site,
)
from harness.report.several_campaigns import (
    write_comparison as write_comparison,
    write_history as write_history,
)
from harness.report.trust import (
    Check as Check,
    gate as gate,
    known_gates as known_gates,
)
