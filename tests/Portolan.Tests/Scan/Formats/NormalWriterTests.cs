using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Formats;

/// <summary>-oN.</summary>
public sealed class NormalWriterTests
{
    [Fact]
    public void One_of_each_looks_as_reviewed() =>
        Golden.AssertSame("scan.nmap", Written(ScanStories.Hosts(), ScanStories.Options with { ShowReasons = true }));

    [Theory]
    [InlineData(0.000005, "0.0000050")]
    [InlineData(0.00018, "0.00018")]
    [InlineData(0.0071, "0.0071")]
    [InlineData(0.29, "0.29")]
    [InlineData(1.26, "1.3")]
    [InlineData(12.6, "13")]
    public void Latency_has_two_digits_as_nmap_writes_it(double seconds, string latency) => Assert.Contains(
        $"Host is up ({latency}s latency).\n",
        Written([new HostStory("198.18.0.1") { RoundTrip = new RoundTrip(TimeSpan.FromSeconds(seconds), default, default) }.Open("1")]),
        StringComparison.Ordinal);

    [Fact]
    public void A_name_that_was_asked_for_comes_first_and_another_reverse_name_on_a_line_of_its_own() => Assert.Contains(
        "Nmap scan report for www.example (198.18.0.1)\nHost is up.\nrDNS record for 198.18.0.1: host1.example\n",
        Written([new HostStory("198.18.0.1", "www.example") { Reverse = "host1.example" }.Open("1")]), StringComparison.Ordinal);

    [Fact]
    public void Reasons_are_shown_when_asked_for_with_vv_and_with_d()
    {
        HostStory[] hosts = [new HostStory("198.18.0.1").Open("22")];
        Assert.Contains("22/tcp open  ssh\n", Written(hosts), StringComparison.Ordinal);
        Assert.All(
            [ScanStories.Options with { ShowReasons = true }, ScanStories.Options with { Verbosity = 2 },
                ScanStories.Options with { Debugging = 1 }],
            options => Assert.Contains("22/tcp open  ssh     syn-ack ttl 64\n", Written(hosts, options), StringComparison.Ordinal));
    }

    [Fact]
    public void Looking_for_hosts_only_leaves_no_empty_lines() => Assert.DoesNotContain(
        "\n\n",
        ScanStories.Written(
            s => new WithoutParts(new NormalWriter(s, ScanStories.Options)), [new HostStory("198.18.0.1"), new HostStory("198.18.0.2")]),
            StringComparison.Ordinal);

    [Fact]
    public void Hostile_names_are_made_visible()
    {
        var text = Written(
            [new HostStory("198.18.0.1", "a\u001b[2Jb\u202e\n") { Reverse = "\u0085" }.Open("1")],
            ScanStories.Options with { Arguments = ["portolan", "\u001b]0;x\u0007"] });
        Assert.DoesNotContain(text.EnumerateRunes(), rune => TerminalText.IsHostile(rune) && rune.Value != '\n');
    }

    private static string Written(IEnumerable<HostStory> hosts, ScanOutputOptions? options = null) =>
        ScanStories.Written(s => new NormalWriter(s, options ?? ScanStories.Options), hosts);

    private sealed class WithoutParts(IScanObserver inner) : IScanObserver
    {
        public void Started(ScanStart run) => inner.Started(run with { Parts = [] });

        public void HostFound(HostResult host) => inner.HostFound(host);

        public void PortFound(Portolan.Scan.Targets.Target target, in PortResult port) => inner.PortFound(target, port);

        public void HostFinished(HostReport report) => inner.HostFinished(report);

        public void Progress(ScanProgress progress) => inner.Progress(progress);

        public void Warning(string message) => inner.Warning(message);

        public void Ended(ScanEnd balance) => inner.Ended(balance);
    }
}
