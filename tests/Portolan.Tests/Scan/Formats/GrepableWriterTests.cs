using Portolan.Scan.Formats;

namespace Portolan.Tests.Scan.Formats;

/// <summary>-oG.</summary>
public sealed class GrepableWriterTests
{
    [Fact]
    public void One_of_each_looks_as_reviewed() => Golden.AssertSame("scan.gnmap", Written(ScanStories.Hosts()));

    [Fact]
    public void A_state_is_named_as_ignored_when_it_is_the_only_one() => Assert.Contains(
        "Host: 198.18.0.1 ()\tPorts: 22/open/tcp//ssh///\tIgnored State: closed (100)\n",
        Written([new HostStory("198.18.0.1").Open("22").Closed("101-200")]), StringComparison.Ordinal);

    [Fact]
    public void Of_several_ignored_states_none_is_named() => Assert.Contains(
        "Host: 198.18.0.1 ()\tPorts: 22/open/tcp//ssh///\n",
        Written([new HostStory("198.18.0.1").Open("22").Closed("101-200").Silent("201-300")]), StringComparison.Ordinal);

    [Fact]
    public void A_port_without_a_name_has_an_empty_field() =>
        Assert.Contains("Ports: 60000/open/tcp/////\n", Written([new HostStory("198.18.0.1").Open("60000")]), StringComparison.Ordinal);

    [Fact]
    public void A_name_cannot_make_a_line_or_a_field_of_its_own() => Assert.Contains(
        "Host: 198.18.0.1 (a\\x09Status: Up\\x0aHost: b)\tStatus: Up\n",
        Written([new HostStory("198.18.0.1") { Reverse = "a\tStatus: Up\nHost: b" }.Open("1")]), StringComparison.Ordinal);

    [Fact]
    public void An_interrupted_run_says_so() => Assert.Contains(
        "# Not complete: --max-time\n# Portolan done at",
        ScanStories.Written(
            s => new GrepableWriter(s, ScanStories.Options), [], ScanStories.End with { IsComplete = false, Incomplete = "--max-time" }),
            StringComparison.Ordinal);

    private static string Written(IEnumerable<HostStory> hosts) =>
        ScanStories.Written(s => new GrepableWriter(s, ScanStories.Options), hosts);
}
