using System.Text;
using Portolan.Cli.Doctor;
using Portolan.Linux;
using Portolan.Linux.Privilege;
using Portolan.Model.Documents;
using Portolan.Reachability.Documents;
using Portolan.Sockets.Doctor;
using Portolan.Sockets.Documents;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

public sealed class DoctorCommandTests
{
    internal static readonly EnvironmentFacts Facts = new()
    {
        Kernel = "6.1.0\u001b[31m",
        UserId = 1000,
        Capabilities = new CapabilitySet(1UL << (int)Capability.Bpf),
        Grant = new CapabilityGrant("portolan", default, IsNative: true),
        Sockets = [],
        HiddenProcesses = 0,
        VisibleProcesses = 1,
        IsFirstPidNamespace = true,
        IsFirstUserNamespace = true,
        HasBtf = false,
        Namespaces = 1,
        ReadableNamespaces = 1,
        NamespacesHiddenBy = 0,
        Settings = new KernelSettings(),
        HasSystemd = false,
    };

    private static readonly EnvironmentReport Report = new(
        Facts,
        [new("program", FindingState.Ok, "fine"),
            new(
                "owners", FindingState.Limited, "a sentence that is too long for the narrow terminal it is shown on",
                $"sudo something that is never broken because it is there to be copied")]);

    [Fact]
    public void The_first_line_is_broken_where_capabilities_are_many()
    {
        var writer = new Utf8Writer();
        var report = new EnvironmentReport(
            Facts with { Capabilities = new CapabilitySet(ulong.MaxValue) }, [new("program", FindingState.Ok, "fine")]);
        DoctorText.Write(report, "web-3", writer, 80, color: false);
        var text = writer.ToString();
        Assert.Contains("CAP_SYS_ADMIN", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), static line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void Lines_are_aligned_wrapped_and_safe_to_show()
    {
        var writer = new Utf8Writer();
        DoctorText.Write(Report, "web-3", writer, 50, color: false);
        Assert.Equal(
            """
            web-3 · Linux 6.1.0\x1b[31m · user 1000 · CAP_BPF
            ok       program  fine
            limited  owners   a sentence that is too long for
                              the narrow terminal it is shown
                              on
                              sudo something that is never broken because it is there to be copied

            """,
            writer.ToString());
    }

    [Fact]
    public void A_remedy_of_two_findings_is_printed_once()
    {
        var writer = new Utf8Writer();
        var report = new EnvironmentReport(
            Facts,
            [new("owners", FindingState.Limited, "some", $"sudo setcap"), new("bpf", FindingState.Limited, "slower", $"sudo setcap")]);

        DoctorText.Write(report, "web-3", writer, 80, color: false);

        Assert.Equal(1, writer.ToString().Split('\n').Count(line => line.Contains("sudo setcap", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_document_follows_its_schema()
    {
        using var stream = new MemoryStream();
        JsonOutput.WriteDocument(
            stream, DoctorDocument.Of(Report, DateTimeOffset.UnixEpoch, "web-3"), ReachabilityDocuments.Default.DoctorDocument);
        var root = JsonSchema.AssertValid(Encoding.UTF8.GetString(stream.ToArray()));
        Assert.Equal("1970-01-01T00:00:00.000Z", root.GetProperty("takenAt").GetString());
        Assert.Equal(2, root.GetProperty("findings").GetArrayLength());
    }
}
