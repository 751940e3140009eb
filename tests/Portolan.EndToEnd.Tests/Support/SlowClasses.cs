using Portolan.EndToEnd.Tests;
using Portolan.EndToEnd.Tests.Budgets;
using Portolan.EndToEnd.Tests.Changing;
using Portolan.EndToEnd.Tests.Checking;
using Portolan.EndToEnd.Tests.Documents;
using Portolan.EndToEnd.Tests.Lab;
using Portolan.EndToEnd.Tests.Listing;
using Portolan.EndToEnd.Tests.Scanning;
using Portolan.EndToEnd.Tests.Servers;
using Portolan.Tests.Support;

[assembly: BeginWith(
    typeof(DocumentExampleTests), typeof(ToolTests), typeof(ScanTruthTests), typeof(ConfirmTests), typeof(ListDifferentialTests),
    typeof(LabRunTests), typeof(LabScoreTests), typeof(LastingLockOutTests), typeof(ExitCodeTests), typeof(InputBudgetTests),
    typeof(LabPlayTests), typeof(ScanLossTests), typeof(BannerTests), typeof(ScanTests), typeof(CheckHttpTests), typeof(RealServerTests))]
