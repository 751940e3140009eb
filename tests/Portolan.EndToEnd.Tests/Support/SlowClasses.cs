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
    typeof(PackageTests), typeof(LabPlayTests), typeof(DocumentExampleTests), typeof(ExitCodeTests), typeof(ToolTests),
    typeof(InputBudgetTests), typeof(LabRunTests), typeof(LastingLockOutTests), typeof(ScanTruthTests), typeof(ConfirmTests),
    typeof(ListDifferentialTests), typeof(ScanLossTests), typeof(LabScoreTests), typeof(BannerTests), typeof(ScanTests),
    typeof(AllowViaTests), typeof(MemoryLimitTests), typeof(ProxyTests), typeof(CheckHttpTests), typeof(RealServerTests))]
