using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Documents;

/// <summary>
/// The examples of README and docs are run in a situation of their own (<see cref="Situation"/>), and what comes is what the page says.
/// </summary>
public sealed class DocumentExampleTests
{
    private static readonly IReadOnlyDictionary<string, Situation> Situations = Situation.All();

    /// <summary>Examples that cannot be run, each with the reason.</summary>
    private static readonly Dictionary<string, string> NotRun = new(StringComparer.Ordinal)
    {
        ["README.md: ./portolan"] = "builds the program for minutes: LauncherTests run it in a copy of the checkout",
        ["README.md: ./test"] = "this test is a part of it",
        ["docs/who.md: portolan who 8384"] = "needs systemd with a user's manager: ContainerEngineTests, which compare this page too",
        ["docs/who.md: sudo portolan who 8081"] = "needs Podman's own control groups: ContainerEngineTests, which compare this page too",
        ["docs/firewall.md: portolan allow 8080/tcp --via ufw"] =
            "asks on a terminal: AllowViaTests answer there, and compare these lines with ufw's own",
        ["docs/lab-library.md: block: portolan/scripts/pack-libraries"] = "PackageTests run every block of this page",
        ["docs/scan.md: block: Missed at most 0.04 % of ports and 0.3 % of hosts that would answer (95 %)"] =
            "one line for each cause, which no single run has: LiveOutputTests compare each",
        ["docs/scan.md: block: Missed at most 87 % of ports that would answer (95 %)"] =
            "where a run is cut short is the machine's: ScanEndingTests cut some and compare the lines",
        ["docs/scan.md: block: Note: it stopped answering after about 100 probes; it may block this scanner"] =
            "the number is the machine's: ScanEndingTests scan a host that blocks and compare the line",
        ["docs/check.md: portolan check redis://198.18.0.2 postgres://198.18.0.2:80"] =
            "needs Redis and nginx, which are not there everywhere: CheckServiceTests ask both, RealServerCheckTests each server",
        ["docs/scan.md: block: TRACEROUTE (using port 80/tcp)"] =
            "a part of a report: RouteTraceTests trace these routers and firewalls beside nmap, TraceFormatTests compare each line's form",
        ["docs/lab-truth.md: portolan lab run shop.yaml -- masscan 198.18.1.0/28 -p 22,80,81,443 -oL result.txt -e lab0 --adapter-ip "
            + "198.18.0.250 --adapter-mac 02-00-00-00-00-01 --router-mac 02-00-00-00-00-02"] =
            "masscan may wait for ever at its end, as the page says; a result of it is in the page and is scored",
        ["docs/traffic.md: block: PORT      ROLE    SERVICE      OWNER       IN    OUT   IN/S  OUT/S  CONNS  NEW/S  RETRANS     RTT"] =
            "rates of three programs at work: TrafficOutputTests hold the table, the kernel's tests each figure",
        ["docs/lab-truth.md: block: #masscan"] = "a result to score; the example below it is its score",
        ["docs/transport.md: block: portolan/scripts/pack-libraries"] = "PackageTests run every block of this page",
        ["docs/transport.md: block: dotnet add package Portolan.Transport.Testing --prerelease --source ../portolan/artifacts/feed"] =
            "PackageTests run every block of this page",
        ["docs/packetdrill.md: block: tests/packetdrill/run PATH_TO_PACKETDRILL [--profile linux|freebsd] SCRIPT..."] =
            "./test runs it where packetdrill and its scripts are, which are not part of this repository",
    };

    public static TheoryData<string> Examples => [.. DocumentExample.All().Select(e => e.Key).Where(Situations.ContainsKey)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_shows_what_comes(string key)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for namespaces of its own");
        var example = DocumentExample.All().First(e => e.Key == key);
        var situation = Situations[key];
        foreach (var program in situation.Needs)
        {
            Programs.Find(program, $"/usr/bin/{program}", $"/usr/sbin/{program}", $"/bin/{program}", $"/sbin/{program}");
        }

        var result = situation.Run(example);

        Assert.True(
            result.ExitCode == situation.ExitCode,
            $"{key} ended with {result.ExitCode}, not {situation.ExitCode}:\n{result.Output}{result.Error}");

        // Some pages show the lines of stderr too, others the data alone.
        Assert.True(
            example.Output.Count == 0
                || new[] { result.Output, result.Output + result.Error, result.Error + result.Output }
                    .Any(came => example.IsShownBy(came, situation.Masks, situation.IsUnordered, situation.IsPart)),
            $"{key}\nshows\n{Masked(string.Join('\n', example.Output))}\n\nand there came\n{Masked(result.Output)}\n--- stderr\n"
                + $"{Masked(result.Error)}");

        string Masked(string text) => string.Join('\n', ExampleMasks.Lines(text, situation.Masks));
    }

    [Fact]
    public void Each_example_is_run_or_has_a_reason()
    {
        var keys = DocumentExample.All().Select(e => e.Key).ToList();

        Assert.Empty(keys.Where(key => !Situations.ContainsKey(key) && !NotRun.ContainsKey(key)));
        Assert.Empty(Situations.Keys.Concat(NotRun.Keys).Where(key => !keys.Contains(key)));
        Assert.Empty(Situations.Keys.Intersect(NotRun.Keys));
    }

    [Fact]
    public void Masks_hide_what_differs_between_two_runs_and_nothing_else()
    {
        Assert.Equal(
            ["tcp LISTEN 0.0.0.0:53 dnsmasq PID", "process web PID, user www, started AGO (TIME)", "scanned in DURATION",
                "by inet fw input handle N", "0.0.0.0:8080 :EPHEMERAL 10.0.0.9"],
            ExampleMasks.Lines("tcp   LISTEN  0.0.0.0:53 dnsmasq 48\n  process  web 7, user www, started 2s ago "
                + "(2026-11-20T09:43:19.120Z)\nscanned in 0.54 s\nby inet fw input handle 7\n^C\n0.0.0.0:8080 :40123 10.0.0.9"));
        var example = new DocumentExample("", "", ["one", "…", "port 80 is open"]);
        Assert.True(example.IsShownBy("one\ntwo\nthree\nport 80 is open\n"));
        Assert.False(example.IsShownBy("one\ntwo\nport 81 is open\n"));
        Assert.False(example.IsShownBy("zero\none\ntwo\nport 80 is open\n"));
        Assert.True(example.IsShownBy("zero\none\ntwo\nport 80 is open\nfour\n", isPart: true));
        Assert.True(new DocumentExample("", "", ["a 1", "b"]).IsShownBy("b\na 7\n", [new Regex("\\d")], isUnordered: true));
    }
}
