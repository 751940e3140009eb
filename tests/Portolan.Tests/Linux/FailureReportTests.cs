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
        Assert.Equal(
            (ExitCode.NoPrivilege, "cannot open /shut: permission denied: no read permission, or no search permission on a folder above"),
            (report.ExitCode, report.Message));
        Assert.Equal("permission denied: Not so", FailureReport.Of(new UnauthorizedAccessException("Not so."), debug: false).Message);
        Assert.DoesNotContain("defect", report.Hint?.ToString(), StringComparison.Ordinal);
    }
}
