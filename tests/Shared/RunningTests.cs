using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using Xunit.v3;

[assembly: Portolan.Tests.Support.RunningTests]

namespace Portolan.Tests.Support;

/// <summary>
/// Notes in the file that PORTOLAN_RUNNING_TESTS names when each test begins and ends, so that <c>./test</c> sees that one hangs, and
/// which. A test that takes far too long is cancelled: what awaits with the token of its context throws, and where it throws is where it
/// hung.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class RunningTestsAttribute : BeforeAfterTestAttribute
{
    private const string Variable = "PORTOLAN_RUNNING_TESTS";

    /// <summary>Half of what <c>./test</c> waits for a sign of life.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>PORTOLAN_LONG asks for runs of hours.</summary>
    private static readonly bool IsLong = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG"));

    private static readonly ConcurrentDictionary<string, Timer> Limits = new(StringComparer.Ordinal);
    private static readonly Lock Gate = new();
    private static readonly FileStream? Notes = Open(Environment.GetEnvironmentVariable(Variable));

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        Write("begin", test);
        if (!IsLong)
        {
            var context = TestContext.Current;
            Limits[test.UniqueID] = new Timer(_ => context.CancelCurrentTest(), null, Limit, Timeout.InfiniteTimeSpan);
        }
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (Limits.TryRemove(test.UniqueID, out var limit))
        {
            limit.Dispose();
        }

        Write("end", test);
    }

    private static FileStream? Open(string? path)
    {
        // Test programs that a test starts have their own tests, and may be another user's.
        Environment.SetEnvironmentVariable(Variable, null);
        return string.IsNullOrEmpty(path)
            ? null
            : new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    private static void Write(string what, IXunitTest test)
    {
        if (Notes is null)
        {
            return;
        }

        // One line for each test, whatever its arguments are.
        var name = string.Concat(test.TestDisplayName.Select(static c => char.IsControl(c) ? ' ' : c));
        var line = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{what} {name}\n"));
        lock (Gate)
        {
            Notes.Write(line);
        }
    }
}
