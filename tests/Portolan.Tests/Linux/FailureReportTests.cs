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

    /// <summary>As the runtime hands it on: from a type's initializer, a scheduler of tasks, a call of the kernel.</summary>
    public static TheoryData<string, Exception> Shortages { get; } = new()
    {
        { "out of memory", new OutOfMemoryException() },
        { "out of memory", new TypeInitializationException("Any", new OutOfMemoryException()) },
        { "out of memory", new TaskSchedulerException(new InvalidOperationException("", new OutOfMemoryException())) },
        { "out of memory", new AggregateException(new OutOfMemoryException()) },
        { "cannot map a ring: Cannot allocate memory", new LinuxException(Errno.NoMemory, "map a ring") },
    };

    [Theory]
    [MemberData(nameof(Shortages))]
    public void A_shortage_of_memory_is_said_with_its_remedy_and_is_no_defect(string expected, Exception exception)
    {
        var report = FailureReport.Of(exception, debug: false);

        Assert.Equal(ExitCode.Failed, report.ExitCode);
        Assert.StartsWith(expected, report.Message, StringComparison.Ordinal);
        Assert.Contains("raise the limit", report.Hint?.ToString(), StringComparison.Ordinal);
    }
}
