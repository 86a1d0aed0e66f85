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
    names_publication as names_publication,
)
from harness.report.record_files import (
    campaign_folders as campaign_folders,
    published_films as published_films,
    read_record as read_record,
)
from harness.report.report_files import (
    write_list as write_list,
    write_report as write_report,
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
