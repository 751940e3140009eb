using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// Files that a person names are opened by <c>NamedFile</c>, and capabilities are raised by the kernel's layer, which opens no such file.
/// </summary>
public sealed partial class NamedFileRuleTests
{
    /// <summary>Who opens files by other means, and which: paths that are constants, or that the kernel told.</summary>
    private static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["src/Portolan.Model/Files/NamedFile.cs"] = "the place itself",
        ["src/Portolan.Cli/Scanning/Machine/HardwareVendors.cs"] = "/usr/share/ieee-data/oui.txt",
        ["src/Portolan.Firewall/Changing/Saving/SavedRules.cs"] = "/etc/portolan and systemd's unit",
        ["src/Portolan.Firewall/Rules/RecentList.cs"] = "/proc/thread-self/net/xt_recent",
        ["src/Portolan.Lab/Attaching/LabMounts.cs"] = "the lab's own files, inside its namespaces",
        ["src/Portolan.Reachability/Composing/Machine.cs"] = "/proc/thread-self/net/netstat",
        ["src/Portolan.Scan/Names/ResolverFiles.cs"] = "/etc/hosts and /etc/resolv.conf",
        ["src/Portolan.Server/Lab/LabProcesses.cs"] = "/proc/PID/cmdline and status",
        ["src/Portolan.Server/Lab/PlaceKeeper.cs"] = "/proc/thread-self/ns/net, settings of a new network namespace",
        ["src/Portolan.Server/Lab/RunningLab.cs"] = "/proc/PID of labs",
        ["src/Portolan.Sockets/Acquire/ProcNet/ProcNetFile.cs"] = "/proc/PID/net",
        ["src/Portolan.Sockets/Acquire/ReadContext.cs"] = "/proc/net/protocols",
        ["src/Portolan.Sockets/Chart/SocketUnits.cs"] = "systemd's units",
        ["src/Portolan.Sockets/Naming/PackageFiles.cs"] = "dpkg's lists",
        ["src/Portolan.Sockets/Origins/ConfigurationIncludes.cs"] = "lists the folder of a program's configuration; reads no file",
        ["src/Portolan.Sockets/Origins/Crontabs.cs"] = "/etc/cron.d and /var/spool/cron",
        ["src/Portolan.Sockets/Origins/UnitFiles.cs"] = "systemd's units",
        ["src/Portolan.Sockets/Owners/UserNames.cs"] = "/etc/passwd",
        ["src/Portolan.Sockets/Stopping/StopSituation.cs"] = "/proc/PID/cgroup",
        ["src/Portolan.Web/Access/StateFolder.cs"] = "the server's own state",
        ["src/Portolan.Transport.Testing/SimRunner.cs"] = "traces of a simulation, in no program",
    };

    [Fact]
    public void Only_one_place_opens_what_a_person_names()
    {
        foreach (var file in Sources().Where(static f => !f.StartsWith("src/Portolan.Linux/", StringComparison.Ordinal)))
        {
            if (!Others.ContainsKey(file))
            {
                Assert.False(
                    Opening().Match(File.ReadAllText(Repository.PathOf(file))) is { Success: true } match,
                    $"{file} opens a file by itself: use NamedFile");
            }
        }
    }

    [Fact]
    public void The_layer_that_raises_capabilities_opens_nothing_that_a_person_names()
    {
        foreach (var file in Sources().Where(static f => f.StartsWith("src/Portolan.Linux/", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain("NamedFile", WithoutComments(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_the_kernel_layer_raises_capabilities_and_never_in_a_method_that_waits()
    {
        foreach (var file in Sources())
        {
            var text = WithoutComments(file);
            if (text.Contains("RaisedCapabilities", StringComparison.Ordinal))
            {
                Assert.StartsWith("src/Portolan.Linux/", file, StringComparison.Ordinal);
                Assert.DoesNotMatch(@"\bawait\b", text);
            }
        }
    }

    [Fact]
    public void Every_text_that_names_setcap_comes_from_one_place() => Assert.Equal(
        ["src/Portolan.Linux/Privilege/CapabilityGrant.cs", "src/Portolan.Linux/Privilege/InheritedCapabilities.cs"],
        Sources().Where(static file => SetCap().IsMatch(WithoutComments(file))).Order(StringComparer.Ordinal));

    private static IEnumerable<string> Sources() =>
        Repository.Files().Where(static f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal));

    private static string WithoutComments(string file) => Comment().Replace(File.ReadAllText(Repository.PathOf(file)), "");

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bsetcap [^(]")]
    private static partial Regex SetCap();

    [GeneratedRegex(@"\bFile\.(Open|Read|Write|Append|Create)\w*\(|new FileStream\((?!input|output|error)|new StreamReader\((path|file|name)\b|Directory\.(Enumerate|GetFiles|GetDirectories)")]
    private static partial Regex Opening();
}
