using Portolan.Linux.Terminals;
using Portolan.Model;

namespace Portolan.Tests.Linux;

/// <summary>What is said of a failure.</summary>
public sealed class FailureReportTests
{
    [Fact]
    public void A_file_that_a_library_may_not_open_is_a_missing_permission_and_no_defect()
    {
        var report = FailureReport.Of(new UnauthorizedAccessException("Access to the path '/shut' is denied."), debug: false);
        Assert.Equal((ExitCode.NoPrivilege, "permission denied: Access to the path '/shut' is denied"), (report.ExitCode, report.Message));
        Assert.DoesNotContain("defect", report.Hint?.ToString(), StringComparison.Ordinal);
    }
}
