using System.Globalization;
using System.Reflection;
using System.Text;
using Xunit.v3;

[assembly: Portolan.Tests.Support.RunningTests]

namespace Portolan.Tests.Support;

/// <summary>Notes in the file that PORTOLAN_RUNNING_TESTS names when each test begins and ends, so that <c>./test</c> sees that one hangs, and which.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class RunningTestsAttribute : BeforeAfterTestAttribute
{
    private const string Variable = "PORTOLAN_RUNNING_TESTS";
    private static readonly Lock Gate = new();
    private static readonly FileStream? Notes = Open(Environment.GetEnvironmentVariable(Variable));

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => Write("begin", test);

    public override void After(MethodInfo methodUnderTest, IXunitTest test) => Write("end", test);

    private static FileStream? Open(string? path)
    {
        // Test programs that a test starts have their own tests, and may be another user's.
        Environment.SetEnvironmentVariable(Variable, null);
        return string.IsNullOrEmpty(path) ? null : new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
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
